"""From a drawing in any file format to a small square picture, and from that to WebP bytes.

Pictures keep their transparency: whoever looks at them chooses the background. Colour is sRGB
0..255, alpha is straight (not premultiplied).
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

SIDE = 96  # pixels; see DATA_LICENSES.md, "what was changed"


def rasterise(path: Path, side: int = SIDE) -> Image.Image:
    """A drawing, fitted whole into a transparent square of `side` pixels, centred, aspect kept."""
    picture = _render(path, side) if path.suffix == ".svg" else Image.open(path).convert("RGBA")
    if max(picture.size) != side:
        picture = _fit(picture, side)
    return _centre(picture, side)


def drawn(vector: Path, bitmap: Path, prefer_bitmap: bool, side: int = SIDE) -> Image.Image | None:
    """A drawing without the empty paper around it, fitted into the square; None if all is paper.

    Of old clip art many a page is A4 with the drawing in a corner. The ready-made bitmap serves
    where text is drawn with a font that is not at hand, or the vector file is beyond repair.
    """
    try:
        picture = _open_bitmap(bitmap) if prefer_bitmap else _render(vector, 4 * side)
    except ValueError:
        picture = _open_bitmap(bitmap)
    visible = picture.getchannel("A").point(lambda alpha: 255 * (alpha > 8)).getbbox()
    if visible is None:
        return None
    return _centre(_fit(picture.crop(visible), side), side)


def smaller_webp(picture: Image.Image, quality: int) -> bytes:
    """Lossless where that is no larger, as for icons of few colours."""
    return min(webp(picture, None), webp(picture, quality), key=len)


def thumb(data: bytes, side: int = 24) -> np.ndarray:
    """Ink of a small copy: each value's distance from white paper, whole numbers in float64."""
    small = on_white(decode(data)).resize((side, side), Image.Resampling.BOX)
    return 255 - np.asarray(small, dtype=np.float64).ravel()


def webp(picture: Image.Image, quality: int | None) -> bytes:
    """Lossless if `quality` is None: for flat drawings that is both exact and the smallest.

    (For lossless, libwebp's `quality` is effort: 100 saves one byte in a thousand and takes 45
    times as long.)
    """
    out = io.BytesIO()
    if quality is None:
        picture.save(out, "WEBP", lossless=True, quality=80, method=6)
    else:
        picture.save(out, "WEBP", quality=quality, alpha_quality=80, method=6)
    return out.getvalue()


def decode(data: bytes) -> Image.Image:
    """The picture in an image file's bytes."""
    return Image.open(io.BytesIO(data)).convert("RGBA")


def on_white(picture: Image.Image) -> Image.Image:
    """The picture laid on white paper."""
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def ink(picture: Image.Image) -> float:
    """Distance from blank paper: the mean over pixels of the channel farthest from white."""
    pixels = np.asarray(on_white(picture), dtype=np.int32)
    return float((255 - pixels).max(axis=2).mean())


def _render(path: Path, side: int) -> Image.Image:
    # the view box keeps its aspect in width and height; without dpi lengths in mm are refused
    png = resvg_py.svg_to_bytes(
        svg_path=str(path), width=side, height=side, dpi=96, skip_system_fonts=True
    )
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def _open_bitmap(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        small = picture.convert("RGBA")
    small.thumbnail((4 * SIDE, 4 * SIDE), Image.Resampling.LANCZOS)
    return small


def _centre(picture: Image.Image, side: int) -> Image.Image:
    if picture.size == (side, side):
        return picture
    square = Image.new("RGBA", (side, side))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def _fit(picture: Image.Image, side: int) -> Image.Image:
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)
