"""The request of ``isthmus score``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Common


@dataclass(frozen=True)
class ScoreRequest:
    """Score captions against references as the field does (BLEU, ROUGE-L, CIDEr), without Java."""

    file: Positional[Path]
    """Captions: JSON or JSON lines in a layout of the field (see docs/text_metrics.md), alone if it
    holds the references, too."""
    references: Positional[Path | None] = None
    """References, such as COCO's annotations."""
    against: Path | None = None
    """Captions of another system, to compare item by item."""
    common: Common = field(default_factory=Common)
