"""Thumbnails inside the page, within a budget of bytes."""

import base64
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 144
"""Longer side of a thumbnail in pixels."""


class Album:
    """Hands out thumbnails as data URIs until its budget is spent.

    A page that shows one picture in three places holds it three times, so every use counts.
    """

    def __init__(self, budget: int = 2_600_000) -> None:
        self._left = budget
        self._kept: dict[str, tuple[str, tuple[int, int]]] = {}
        self.refused = 0

    def kept(self, name: str) -> bool:
        """Whether this picture was made before, so that ``use`` needs no pixels."""
        return name in self._kept

    def use(self, name: str, picture: "Image | None" = None) -> tuple[str, tuple[int, int]]:
        """The thumbnail's data URI and its (width, height); empty once the budget is spent."""
        if name not in self._kept:
            if picture is None:
                return "", (0, 0)
            self._kept[name] = thumbnail(picture)
        uri, size = self._kept[name]
        if len(uri) > self._left:
            self.refused += 1
            return "", (0, 0)
        self._left -= len(uri)
        return uri, size


def thumbnail(picture: "Image") -> tuple[str, tuple[int, int]]:
    """A WebP data URI of the picture at most ``SIDE`` pixels long, and its (width, height)."""
    from PIL import Image

    small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, format="WEBP", quality=72, method=4)
    text = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/webp;base64,{text}", small.size
