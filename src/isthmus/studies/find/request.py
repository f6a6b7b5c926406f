"""The request of ``isthmus find``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Common, RequestError


@dataclass(frozen=True)
class FindRequest:
    """Say whether something is in files, and where: boxes, seconds, pieces; or that it is not."""

    query: Positional[str]
    """What to look for, in words."""
    files: Positional[tuple[Path, ...]]
    """Pictures, sounds, videos, meshes or texts."""
    space: str = "mini"
    """Space to look in (see: isthmus spaces)."""
    candidates: str = "regions"
    """Where in a picture it could be: regions (crops, in any space), tokens (patches of a ViT of
    hf: or openclip:), boxes (of an OWL-ViT or OWLv2 of hf:), ssd:FILE or centernet:FILE (crops of
    what a detector proposes; see docs/find.md)."""
    false_alarms: float = 0.05
    """Share of things that are not there which may be reported all the same, above 0 and below
    1."""
    learn: int = 40
    """Things put together that presence is learned from at the first use of a space, 4 or more."""
    places: int = 5
    """Places that are named in a file, 1 or more."""
    open: bool = False
    """Draw what was found in each file on a page, and open it in the browser."""
    out: Path | None = None
    """Where to write the page (default with --open: a new one in runs/)."""
    common: Common = field(default_factory=Common)

    def __post_init__(self) -> None:
        if not self.query.strip():
            raise RequestError("An empty query finds nothing: say what to look for.")
        if not self.files:
            raise RequestError("There is nothing to look in: name files after the query.")
        if not 0 < self.false_alarms < 1 or self.places < 1 or self.learn < 4:
            raise RequestError(
                "--false-alarms is above 0 and below 1, --places is 1 or more, --learn 4 or more."
            )
