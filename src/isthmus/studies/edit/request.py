"""The request of ``isthmus edit``."""

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from isthmus.records import dataclass
from isthmus.types import RequestError, Written


@dataclass(frozen=True)
class EditRequest(Written):
    """Replace a picture's coordinates in a corpus by those of a word, and find what lies there.

    Beside it what lies nearest to the picture and to the word alone. The targets are kept as
    vectors that a generator can aim at.
    """

    photo: Positional[Path]
    """The picture."""
    to: str
    """What it should become: a word or phrase."""
    corpus: str = "emotions"
    """Words of that kind: emotions, colours, hair, styles, weather or materials; a file with a
    phrase a line; or phrases with commas."""
    template: str = "{}"
    """Sentence that phrases are put into, with {} in it for the phrase."""
    strength: float = 1.0
    """Share of the coordinate in the corpus that is replaced, 0 to 1."""
    basis: Literal["pca", "svd", "gram_schmidt", "atoms"] = "pca"
    """How the corpus's directions are found."""
    projector: Literal["affine", "linear", "geodesic"] = "affine"
    """How coordinates in them are counted."""
    rank: int = 10
    """Directions at most, 1 or more."""
    inside: Annotated[str, arg(name="in")] = "glyphs"
    """A run folder, a saved set, arrays, a folder of pictures, or a world (see: isthmus worlds)."""
    space: str = "mini"
    """The space to edit in, one that encodes images and texts (see: isthmus spaces)."""
    top: int = 5
    """How many items to show, 1 or more."""

    def __post_init__(self) -> None:
        if "{}" not in self.template or not self.to.strip():
            raise RequestError(
                f"An edit wants a word to edit to and a template with {{}} in it, not "
                f"{self.to!r} and {self.template!r}."
            )
        if min(self.top, self.rank) < 1 or not 0 <= self.strength <= 1:
            raise RequestError(
                f"--top and --rank want 1 or more and --strength 0 to 1, not {self.top}, "
                f"{self.rank} and {self.strength:g}."
            )
