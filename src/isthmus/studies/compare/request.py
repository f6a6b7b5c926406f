"""The request of ``isthmus compare``."""

from dataclasses import field

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Source, Written


@dataclass(frozen=True)
class CompareRequest(Written):
    """Measure two spaces side by side on the same items, with intervals of their differences."""

    first: Positional[str]
    """A space, such as mini."""
    second: Positional[str]
    """Another space, such as fresh or mended:FOLDER (see: isthmus spaces)."""
    source: Source = field(default_factory=Source)
