"""What ``isthmus link`` may be asked."""

from dataclasses import field

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import RequestError, Source, Written

METHODS = ("ridge", "procrustes", "cca", "asif")
"""Those that need no training."""
JOINING = ("exmcr", "cmcr")
"""Those that need what else the spaces know."""


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
    """Ways to fit: ridge, procrustes, cca, asif, contrastive, contrastive_mlp, and with --through
    exmcr and cmcr, which leads both spaces into a new one (see: isthmus parts links)."""
    through: tuple[str, ...] = ()
    """Join by the shared modality what else the first and the second space know, one name for each
    or one for both: a modality of the items, vectors (a saved set or file), a folder or a world."""

    def __post_init__(self) -> None:
        joining = [name for name in self.methods if name in JOINING]
        if len(self.through) > 2 or (joining and not self.through):
            raise RequestError(
                f"--through names what else the two spaces know, one name each, such as image audio"
                f"{f', and {joining[0]} wants it' if joining else ''}."
            )
