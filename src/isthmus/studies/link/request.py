"""What ``isthmus link`` may be asked."""

from dataclasses import field

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Source, Written

METHODS = ("ridge", "procrustes", "cca", "asif")
"""Those that need no training."""


@dataclass(frozen=True)
class LinkRequest(Written):
    """Fit links from one space to another on the same items, judge them held out, keep the best.

    The link is kept in the run folder, where isthmus.load_link opens it and errors find it.
    """

    first: Positional[str]
    """Space whose vectors are to be moved, such as mini."""
    second: Positional[str]
    """Space that they are moved to, such as hf:FOLDER or arrays:PATH."""
    source: Source = field(default_factory=Source)
    modality: str = ""
    """Modality of the items that both spaces embed (default: text if both do, else the first)."""
    methods: tuple[str, ...] = METHODS
    """Ways to fit: ridge, procrustes, cca, asif, contrastive, contrastive_mlp (see: isthmus parts
    links)."""
