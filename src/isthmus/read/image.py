"""Pictures: sRGB, 8 bits a channel (0..255), upright, three channels.

A picture is a lazy handle: the file is opened only when an encoder asks for its pixels, at no
more than the resolution it needs.
"""

import ctypes
import io
import re
import threading
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.Image import Transpose
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from isthmus.records import a_kind, dataclass
from isthmus.store import is_file
from isthmus.types import ItemError, Modality, reason

MAX_PIXELS = 150_000_000
"""Larger pictures are refused from their header, before anything is decoded."""

SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"),
    *(".jpe", ".jfif", ".jif", ".jfi", ".mpo", ".apng", ".avifs", ".dib", ".ico", ".icns"),
    *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    *(".tga", ".icb", ".vda", ".vst", ".pcx", ".sgi", ".rgb", ".rgba", ".bw", ".qoi"),
)
"""File names that a folder of pictures is searched for; the content decides how it is read."""

USUAL = f"{', '.join(SUFFIXES[:9])} and {len(SUFFIXES) - 9} more"
"""The suffixes in words, for messages."""

_MAGIC = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|BM.{4}\0{4}|....ftypavi[fs]"
    rb"|\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51|qoif",
    re.DOTALL,
)
"""First bytes of pictures, whatever they are called. TIFF is left out: raw photographs of cameras
begin as one, and what would be read of them is their thumbnail."""

FORMATS = (
    *("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "MPO", "PPM", "TGA"),
    *("DIB", "ICO", "ICNS", "PCX", "SGI", "QOI"),
)
"""Formats that Pillow reads by itself: none that starts another program, as PostScript does."""

POLICY = "exif upright; 16-bit to 8; first frame; JPEG decoded at >= 2x the target; 32:1 at most"
"""How pixels are made of a file: part of every image preprocessing's fingerprint."""

_ORIENTATION = 0x0112
"""EXIF tag: 1 upright, 2 to 8 mirrored and turned."""

_BITS, _PHOTOMETRIC, _PLANES, _SAMPLES = 0x0102, 0x0106, 0x011C, 0x0153
"""TIFF tags: bits a sample, whether 0 is black (1) or white (0), whether channels are interleaved
(1) or planes (2), and whether samples are unsigned (1), signed (2) or floats (3)."""


def _libtiff_prints(how: int | None) -> int | None:
    """Set what Pillow's libtiff prints errors with, which is stderr's by default; the former.

    Its warnings Pillow has switched off. Where libtiff is linked out of sight nothing changes.
    """
    try:
        setter = ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):
        return None
    setter.restype, setter.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    return setter(how)


class _Quiet:
    """Ignores warnings, and what libtiff prints, while any thread is inside.

    Filters and libtiff's printer come back when the last leaves. ``warnings.catch_warnings`` alone
    keeps filters per process: two threads that overlap leave each other's filters behind.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")
                self._printer = _libtiff_prints(None)
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                _libtiff_prints(self._printer)
                self._filters.__exit__(kind, error, trace)


quiet = _Quiet()
"""``with quiet:`` around a call into a library that warns of what the result will show."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that is not decoded yet: a path, the bytes of a file, a PIL image, or a call.

    What is called gives one of the others when pixels are asked for; its ``str`` is its name.
    """

    source: Path | bytes | Image.Image | Callable[[], Path | bytes | Image.Image]

    @property
    def name(self) -> str:
        """What error messages call it."""
        named = isinstance(self.source, Path) or callable(self.source)
        return str(self.source) if named else "the picture"

    def rgb(self, at_least: int | None = None, background: int | None = None) -> Image.Image:
        """The picture as an upright 8-bit RGB image.

        Args:
            at_least: shorter side, in pixels, that the caller will scale down to. A JPEG is
                decoded at 1/2, 1/4 or 1/8 of its size if that leaves its shorter side twice as
                long as this. None decodes in full.
            background: grey value (0..255) that transparent pixels are laid on; None drops the
                alpha channel as ``convert("RGB")`` does, which is what CLIP libraries do.

        Raises:
            ItemError: not a picture, damaged, empty or too large; says which.
        """
        source = self.source
        try:
            source = source() if callable(source) else source
            with (
                quiet,
                (
                    nullcontext(source)
                    if isinstance(source, Image.Image)
                    else Image.open(_file(source), formats=formats())
                ) as image,
            ):  # a draft would change the user's own
                return self._pixels(image, None if image is source else at_least, background)
        except ItemError:
            raise
        except FileNotFoundError as error:
            raise ItemError(f"There is no picture {self.name}.") from error
        except (UnidentifiedImageError, Image.DecompressionBombError) as error:
            bomb = isinstance(error, Image.DecompressionBombError)
            said = str(error) if bomb else no_format(source)
            raise ItemError(
                f"{self.name} is not a picture that can be read ({said}); readable are {USUAL}."
            ) from error
        except BaseException as error:  # readers fail in many ways on damaged files
            raise ItemError(f"{self.name} is damaged or unreadable: {reason(error)}.") from error

    def _pixels(
        self, image: Image.Image, at_least: int | None, background: int | None
    ) -> Image.Image:
        if why := refused(image):
            raise ItemError(f"{self.name} {why}.")
        if at_least and image.format == "JPEG":
            factor = max(min(image.size) // (2 * at_least), 1)
            image.draft(None, (image.width // factor, image.height // factor))
        image = _upright(image)
        floats = np.nan_to_num(np.asarray(image)) if image.mode == "F" else np.zeros(1)
        if floats.min() < -0.1 or floats.max() > 1.1:
            raise ItemError(
                f"{self.name} has values of {floats.min():g} to {floats.max():g}, of which nothing "
                "says what is white: save it with values of 0 to 1."
            )
        return _to_rgb(image, background)


def picture(item: Any) -> Picture:
    """A picture of whatever a user has: a path, bytes, a PIL image, an (h, w, 3) uint8 array.

    Raises:
        ItemError: something else.
    """
    if isinstance(item, Picture):
        return item
    if isinstance(item, str):
        return Picture(Path(item))
    if isinstance(item, (Path, bytes, Image.Image)):
        return Picture(item)
    if not isinstance(item, np.ndarray):
        came = a_kind(item)
    elif item.dtype == np.uint8 and item.size and item.shape[2:] in ((), (3,), (4,)):
        return Picture(Image.fromarray(item))
    else:
        came = f"an array of shape {item.shape} and type {item.dtype}"
    raise ItemError(
        f"A picture is a path, bytes, a PIL image or an (h, w, 3) uint8 array; this is {came}."
    )


def is_picture(start: bytes) -> bool:
    """Whether the first sixteen bytes or more of a file are those of a picture."""
    return _MAGIC.match(start) is not None


def moves(start: bytes) -> bool:
    """Whether the first 64 bytes or more of a picture say that it has several frames.

    WebP says so in its header, PNG before its pixels, GIF where it says how often it is played.
    """
    webp = start[:4] == b"RIFF" and start[8:16] == b"WEBPVP8X" and len(start) > 20
    if webp:
        return bool(start[20] & 2)
    sign = {b"GIF8": b"NETSCAPE2.0", b"\x89PNG": b"acTL"}.get(start[:4])
    return sign is not None and sign in start[:4096]


@cache
def formats() -> list[str]:
    """Those of ``FORMATS`` that this Pillow has."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _file(source: Path | bytes) -> Path | io.BytesIO:
    if isinstance(source, bytes):
        if not source:
            raise ItemError("The picture is empty (0 bytes).")
        return io.BytesIO(source)
    if not is_file(source) and source.exists():
        raise ItemError(f"{source} is a folder or a device, not a picture.")
    if source.stat().st_size == 0:
        raise ItemError(f"{source} is empty (0 bytes).")
    return source


def no_format(source: Any) -> str:
    """What a file or bytes are that Pillow does not know, and what to do, where that is plain."""
    try:
        with quiet, source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
            start = file.read(16)
            if re.match(rb"PF\s", start):
                return "a PFM of 3 x 32 bits a pixel, floats: save it as a PNG"
            tags = ImageFileDirectory_v2(start if start[2] == 43 else start[:8])
            file.seek(tags.next)
            tags.load(file)
            bits, kind = tags[_BITS], tags.get(_SAMPLES, (1,))[0]
    except Exception:  # no TIFF, or a damaged one
        return "no format"
    samples = {1: "unsigned integers", 2: "signed integers", 3: "floats"}.get(kind, "of no kind")
    return f"a TIFF of {len(bits)} x {bits[0]} bits a pixel, {samples}: save it with 8 bits each"


def central(image: Image.Image, ratio: int = 32) -> Image.Image:
    """The middle of an extremely long picture, so that its longer side is 32 times the shorter.

    For preprocessing that scales the shorter side and keeps the middle: a strip of 1 x 20,000
    pixels would otherwise be scaled to millions of pixels, of which nearly all are cut away.
    """
    width, height = (min(side, ratio * min(image.size)) for side in image.size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height)) if left or top else image


def refused(image: Image.Image) -> str:
    """What is wrong with a picture that is not to be decoded; nothing if it may be."""
    if image.width * image.height > MAX_PIXELS:
        return (
            f"claims {image.width} x {image.height} pixels; at most {MAX_PIXELS:,} are decoded: "
            "scale it down first"
        )
    tags, tiles = getattr(image, "tag_v2", {}), getattr(image, "tile", ())
    bits = tags.get(_BITS, ())
    deep = tags.get(_PLANES) == 2 and len(bits) > 1 and max(bits) > 8
    if deep and any(tile[0] == "raw" for tile in tiles):
        what = "more than 8 bits in separate planes, which Pillow reads wrong"
    elif 2 in tags.get(_SAMPLES, ()) and min(bits, default=1) < 32:
        what = "signed integers, of which nothing says what is white"
    else:
        return ""
    return f"is a TIFF of {what}: save it with interleaved channels of 8 bits"


def _upright(image: Image.Image) -> Image.Image:
    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    named: Any = image
    name = getattr(image, "filename", None)
    if name:
        named.filename = ""  # of a named file Pillow maps grey values, those of a turned TIFF wrong
    image.load()  # turns a TIFF, and removes its tag: what is left afterwards is to be done
    if name:
        named.filename = name
    try:
        turn = turns.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged metadata fail in many ways; the pixels may still be good
        turn = None
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image.Image, background: int | None) -> Image.Image:
    if image.mode[0] in "IF":  # "I;16", "I;16B", "I" and "F": more than 8 bits a channel
        return _eight_bits(image).convert("RGB")
    transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    if background is not None and transparent:
        above = image.convert("RGBA")
        below = Image.new("RGBA", above.size, (background, background, background, 255))
        return Image.alpha_composite(below, above).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey values of 0..65535 (integers) or 0..1 (floats) as 0..255, rounded; others are cut.

    Pillow gives 12-bit values as they are, and white as 0 where a TIFF of over 8 bits says so.
    """
    values, tags = np.asarray(image), getattr(image, "tag_v2", {})
    unsigned = tags.get(_BITS) == (32,) and tags.get(_SAMPLES, (1,)) == (1,)
    if unsigned and image.mode == "I":
        values = values.view(np.uint32)
    values = values.astype(np.float32)
    top = 4095 if tags.get(_BITS) == (12,) else 2**32 - 1 if unsigned else 65535
    top = 1 if image.mode == "F" else top
    if tags.get(_PHOTOMETRIC) == 0:
        values = top - values
    return Image.fromarray((np.nan_to_num(values) / top * 255 + 0.5).clip(0, 255).astype(np.uint8))


IMAGE = Modality(
    "image",
    picture,
    about="A picture: sRGB, 8 bits a channel, upright; opened when its pixels are asked for.",
    suffixes=SUFFIXES,
    known=lambda start: is_picture(start) and not moves(start),
    pictured=True,
    shown=lambda item: picture(item).rgb(),
)
