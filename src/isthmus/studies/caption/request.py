"""The request of ``isthmus caption``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Common, RequestError


@dataclass(frozen=True)
class CaptionRequest:
    """Say in a sentence what files show: pictures, meshes, sounds, clips, any mix of them."""

    files: Positional[tuple[Path, ...]] = ()
    """Pictures, meshes, sounds, videos or texts."""
    space: str = "mini"
    """Space whose vectors are read (see: isthmus spaces)."""
    decoder: str = ""
    """What reads them: captioner (trained on the space's texts), bridged (the default space's, by
    way of a memory of sentences), nearest or memory (a sentence of the memory); by default the
    first of these that the space has."""
    box: tuple[float, float, float, float] | None = None
    """A region of pictures that is captioned instead of the whole: left, top, right and bottom, as
    shares of width and height (0.1 0.2 0.5 0.9)."""
    where: bool = False
    """Say in which part of its item each word is seen: a box, seconds, faces."""
    out: Path | None = None
    """CSV to write captions to as they are made; those that are in it already are kept, so that
    the same command goes on after it was stopped."""
    common: Common = field(default_factory=Common)

    def __post_init__(self) -> None:
        if not self.files:
            raise RequestError("There is nothing to caption: name pictures, sounds or other files.")
        if self.box is not None:
            left, top, right, bottom = self.box
            if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
                told = " ".join(f"{x:g}" for x in self.box)
                raise RequestError(
                    "--box wants left, top, right and bottom as shares of width and height, each "
                    f"from 0 to 1 and the first two below the others, not {told}."
                )
        if self.out is not None and (self.out.is_dir() or self.out.suffix.lower() != ".csv"):
            raise RequestError(f"--out wants a file whose name ends in .csv, not {self.out}.")
