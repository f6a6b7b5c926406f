"""The request of ``isthmus search``."""

from dataclasses import field
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from isthmus.records import dataclass
from isthmus.types import Common, RequestError


@dataclass(frozen=True)
class SearchRequest:
    """Find items by words, or by a file of any modality: a picture, a sound, a shape."""

    query: Positional[str]
    """What to look for."""
    inside: Annotated[str, arg(name="in")] = "glyphs"
    """An index, a run folder, a saved set, arrays, a folder of pictures, or a world (see: isthmus
    worlds)."""
    plus: tuple[str, ...] = ()
    """Further words or files whose vectors are added to the query's, such as night."""
    minus: tuple[str, ...] = ()
    """Words or files whose vectors are taken from it, such as person."""
    only: tuple[str, ...] = ()
    """Modalities of an index to look among, such as image audio (default: all)."""
    exclude: tuple[str, ...] = ()
    """Modalities of an index to leave out, such as text."""
    where: bool = False
    """Say where in each item of an index the query is seen: boxes, seconds, pieces."""
    split: str = ""
    """Only this split of a world (by default test, which the default model never saw; all for
    every item)."""
    space: str = ""
    """The space to search in, one that encodes the query (default: that of an index, else mini)."""
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
