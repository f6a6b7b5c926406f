"""The request of ``isthmus search``."""

from dataclasses import field
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from isthmus.records import dataclass
from isthmus.types import Common, RequestError


@dataclass(frozen=True)
class SearchRequest:
    """Find items by text, or by picture if the query is an image file."""

    query: Positional[str]
    """What to look for."""
    inside: Annotated[str, arg(name="in")] = "glyphs"
    """A run folder, a saved set, arrays, a folder of pictures, or a world (see: isthmus worlds)."""
    split: str = ""
    """Only this split of a world (by default test, which the default model never saw; all for
    every item)."""
    space: str = "mini"
    """The space to search in, one that encodes the query (see: isthmus spaces)."""
    top: int = 10
    """How many items to show, 1 or more."""
    open: bool = False
    """Write a contact sheet and open it in the browser."""
    out: Path | None = None
    """Where to write the contact sheet (default with --open: a new one in runs/)."""
    common: Common = field(default_factory=Common)

    def __post_init__(self) -> None:
        if self.top < 1:
            raise RequestError(f"At least one item must be asked for, not {self.top}.")
        if not self.query.strip():
            raise RequestError(
                "An empty query finds nothing: give a text, or the path of a picture."
            )
