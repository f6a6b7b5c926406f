"""Pictures: sRGB, 8 bits a channel (0..255), upright, three channels.

A picture is a lazy handle: the file is opened only when an encoder asks for its pixels, at no
more than the resolution it needs.
"""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.types import ItemError

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 150_000_000
"""Larger pictures are refused from their header, before anything is decoded."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""File names that a folder of pictures is searched for; the content decides how it is read."""

POLICY = "exif upright; 16-bit to 8; first frame; JPEG decoded at >= 2x the target"
"""How pixels are made of a file: part of every image preprocessing's fingerprint."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that is not decoded yet: a path, the bytes of a file, a PIL image, or a call.

    What is called gives one of the others, when it is asked for pixels; its ``str`` is its name.
    """

    source: "Path | bytes | Image | Callable[[], Path | bytes | Image]"

    @property
    def name(self) -> str:
        """What error messages call it."""
        named = isinstance(self.source, Path) or callable(self.source)
        return str(self.source) if named else "the picture"

    def rgb(self, at_least: int | None = None, background: int | None = None) -> "Image":
        """The picture as an upright 8-bit RGB image.

        Args:
            at_least: shorter side, in pixels, that the caller will scale down to. JPEGs that are
                twice as large or more are decoded at a fraction of their size, never below
                twice this. None decodes in full.
            background: grey value (0..255) that transparent pixels are laid on; None drops the
                alpha channel as ``convert("RGB")`` does, which is what CLIP libraries do.

        Raises:
            ItemError: not a picture, damaged, empty or too large; says which.
        """
        from PIL import Image, ImageOps, UnidentifiedImageError

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # damaged metadata: the pixels decide
                with self._open() as image:
                    _check_size(self.name, image.size)
                    if at_least and image.format == "JPEG" and min(image.size) >= 2 * at_least:
                        image.draft("RGB", _at_least(image.size, 2 * at_least))
                    upright = ImageOps.exif_transpose(image)
                    return _to_rgb(upright, background)
        except (UnidentifiedImageError, Image.DecompressionBombError) as error:
            raise ItemError(f"{self.name} is not a picture that can be read: {error}.") from error
        except (OSError, SyntaxError, ValueError, EOFError, TypeError) as error:
            if isinstance(error, ItemError):
                raise
            raise ItemError(f"{self.name} is damaged or unreadable: {error}.") from error

    def _open(self) -> "Image":
        from PIL import Image

        source = self.source() if callable(self.source) else self.source
        if isinstance(source, Image.Image):
            return source.copy()
        if isinstance(source, bytes):
            return Image.open(io.BytesIO(source))
        if source.stat().st_size == 0:
            raise ItemError(f"{source} is empty (0 bytes).")
        return Image.open(source)


def picture(item: Any) -> Picture:
    """A picture of whatever a user has: a path, bytes, a PIL image, an (h, w, 3) uint8 array.

    Raises:
        ItemError: something else.
    """
    import numpy as np
    from PIL import Image

    if isinstance(item, Picture):
        return item
    if isinstance(item, str):
        return Picture(Path(item))
    if isinstance(item, (Path, bytes, Image.Image)):
        return Picture(item)
    if isinstance(item, np.ndarray) and item.dtype == np.uint8 and item.ndim in (2, 3):
        return Picture(Image.fromarray(item))
    raise ItemError(
        "A picture is a path, bytes, a PIL image or an (h, w, 3) uint8 array; "
        f"this is a {type(item).__name__}."
    )


def _check_size(name: str, size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise ItemError(
            f"{name} claims {width} x {height} pixels; at most {MAX_PIXELS:,} are decoded. "
            "Scale it down first."
        )


def _at_least(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / min(size)
    return int(size[0] * scale), int(size[1] * scale)


def _to_rgb(image: "Image", background: int | None) -> "Image":
    from PIL import Image

    if image.mode.startswith("I"):  # 16 and 32 bits a channel hold 0..65535
        return image.point(lambda value: value / 257).convert("L").convert("RGB")
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    if background is not None and transparent:
        above = image.convert("RGBA")
        below = Image.new("RGBA", above.size, (background, background, background, 255))
        return Image.alpha_composite(below, above).convert("RGB")
    return image.convert("RGB")
