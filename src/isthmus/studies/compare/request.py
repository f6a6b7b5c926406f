"""The request of ``isthmus compare``."""

from dataclasses import dataclass, field
from pathlib import Path

from tyro.conf import Positional

from isthmus.types.requests import Common, Source


@dataclass(frozen=True)
class CompareRequest:
    """Measure two spaces side by side on the same items, with intervals of their differences."""

    first: Positional[str]
    """A space, such as mini."""
    second: Positional[str]
    """Another space."""
    source: Source = field(default_factory=Source)
    out: Path | None = None
    """Folder of the run (default: runs/study-FIRST-SECOND-SOURCE)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)
