"""The request of ``isthmus styles``."""

from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.studies.shared import IMAGE
from isthmus.types import Written


@dataclass(frozen=True)
class StylesRequest(Written):
    """Find the same object in another style, by every style decomposition, on unseen objects."""

    space: Positional[str] = ""
    """Space to embed the world in (default: mini)."""
    world: str = ""
    """A world whose items have the factors object and style; meshes are drawn in several styles
    (default: glyphs)."""
    modality: str = IMAGE
    """What to compare."""
    arrays: Path | None = None
    """Embeddings that you already have instead."""
    labels: Path | None = None
    """With --arrays: CSV or Parquet with a row a vector (or a column id)."""
    object_column: str = "object"
    """Column of the object."""
    style_column: str = "style"
    """Column of the style."""
    fit_on: Literal["train", "others"] = "train"
    """Fit on training objects, or on unseen objects that are not scored."""
    score: int = 200
    """Unseen objects to score."""
