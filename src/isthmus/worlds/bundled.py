"""Pictures that ship with the package: Parquet files of WebP bytes, read when one is looked at."""

import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from PIL import Image

from isthmus.records import dataclass
from isthmus.store import read_table
from isthmus.types import ItemError, RequestError

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Drawing:
    """A transparent drawing of a bundled file, laid on paper when its pixels are asked for.

    It is a source of ``read.image.Picture``. Most image encoders drop an alpha channel instead of
    using it, which would show them what happens to be stored under the transparent pixels.
    """

    file: Path
    id: str
    paper: int = 255
    """Grey value of the paper, 0..255."""

    def __str__(self) -> str:
        return f"{self.id} of {self.file.name}"

    def __call__(self) -> Image.Image:
        """The drawing on its paper, RGB."""
        found = payloads(self.file).get(self.id)
        if found is None:
            raise ItemError(f"{self.file.name} has no picture {self.id!r}; install isthmus again.")
        above = Image.open(io.BytesIO(found)).convert("RGBA")
        grey = (self.paper, self.paper, self.paper, 255)
        return Image.alpha_composite(Image.new("RGBA", above.size, grey), above).convert("RGB")


@cache
def payloads(file: Path, column: str = "image") -> Mapping[str, bytes]:
    """The bytes of each item of a bundled file by its id; read once, for it never changes."""
    table = read_table(file, ["id", column])
    return dict(zip(table["id"], table[column], strict=True))


def named_column(world: str, language: str, languages: Sequence[str]) -> str:
    """The column that holds names in a language.

    Raises:
        RequestError: there is none.
    """
    if language not in languages:
        raise RequestError(f"{world}: language is one of {', '.join(languages)}, not {language!r}.")
    return "name" if language == "en" else f"name_{language}"


def check_paper(world: str, paper: int) -> None:
    """Refuse what is no grey value.

    Raises:
        RequestError: outside 0..255.
    """
    if not 0 <= paper <= 255:
        raise RequestError(
            f"{world}: paper is a grey value, 0 (black) to 255 (white), not {paper}."
        )
