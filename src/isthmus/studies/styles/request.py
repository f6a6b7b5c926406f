"""The request of ``isthmus styles``."""

from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import RequestError, Written


@dataclass(frozen=True)
class StylesRequest(Written):
    """Find the same object in another style, by every style decomposition, on unseen objects."""

    space: Positional[str] = ""
    """Space to embed the world in (default: mini)."""
    world: str = ""
    """A world whose items have the factors object and style; meshes are drawn in several styles
    (default: glyphs)."""
    images: Path | None = None
    """Your pictures instead, in folders of classes inside folders of styles, or the reverse."""
    style_level: int = 0
    """With --images: the level of folders that are styles, 1 for the outermost, 2 for those inside
    (default: the level of the fewest names)."""
    modality: str = "image"
    """What to compare: a modality that the space encodes, such as image or text."""
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
    """Unseen objects to score, 2 or more."""

    seen: bool = False
    """Also score objects that the space was fitted or chosen on, which flatter it."""

    def __post_init__(self) -> None:
        if self.score < 2 or self.style_level < 0:
            raise RequestError(
                f"--score wants 2 objects or more and --style-level 1 or more, not {self.score} "
                f"and {self.style_level}."
            )
        if self.style_level and self.images is None:
            raise RequestError("--style-level is a level of the folders of --images.")
