"""What a mesh file mentions: other files, found around it by name alone, and textures."""

import io
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from isthmus.read.image import Picture, formats, no_format, quiet, refused
from isthmus.read.text import unicode
from isthmus.store import is_file

MAX_BYTES = 1 << 30
"""Larger files are refused before they are read."""

TEXTURE_SIDE = 1024
"""Pixels; larger textures are reduced, since views are a few hundred pixels wide."""

AROUND = (".", "textures", "texture", "..", "../textures", "../texture")
"""Folders, from the file's own, that are searched for the name of a file that it mentions."""


_BARE = re.compile(r"""^(?:["']([^"']+)["']|(.*?))(?:\s+#.*)?$""", re.DOTALL)
"""A name without quotes, and without what stands behind it."""


class Beside:
    """Files that a mesh file mentions, found around it; nothing is fetched from a network."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.missing: list[str] = []
        """Names that were not found."""
        self.left_out: list[str] = []
        """What else of the file is not in the mesh, in words."""
        self._textures: dict[str | bytes, UInt8[np.ndarray, "h w 4"] | None] = {}

    def get(self, name: str) -> bytes | None:
        """Bytes of the file of this name; None, and noted, without."""
        if (found := self.find(name)) is None:
            self.missing.append(shown(name))
        return found

    def find(self, name: str) -> bytes | None:
        """Bytes of the file of this name: in these folders of its own, or anywhere around."""
        for spelling in dict.fromkeys(_spellings(name)) if self.folder else ():
            path = PurePosixPath(spelling.strip().replace("\\", "/"))
            inside = [path] if ".." not in path.parts and not path.is_absolute() else []
            for near in (*inside, *(f"{around}/{path.name}" for around in AROUND)):
                try:
                    place = Path(self.folder or "", near)
                    if path.name and is_file(place) and place.stat().st_size <= MAX_BYTES:
                        return place.read_bytes()
                except (OSError, ValueError):  # no name that a file can have, or not for us
                    continue
        return None

    def texture(self, name: str) -> UInt8[np.ndarray, "h w 4"] | None:
        """Pixels of a texture file, sRGB and opacity; None, and noted, without."""
        if name not in self._textures:
            data = self.get(name)
            self._textures[name] = None if data is None else self.pixels(data, shown(name))
        return self._textures[name]

    def pixels(self, data: bytes, name: str) -> UInt8[np.ndarray, "h w 4"] | None:
        """Pixels of a picture's bytes, no side longer than `TEXTURE_SIDE`; None, and noted."""
        try:
            with quiet, Image.open(io.BytesIO(data), formats=formats()) as image:
                if why := refused(image):
                    raise ValueError(f"it {why}")
                image.load()
                return _reduced(image)
        except Exception as error:  # readers of damaged pictures fail in many ways
            unknown = isinstance(error, UnidentifiedImageError)  # its text names an address
            why = no_format(data) if unknown else shown(str(error))
            self.left_out.append(f"the texture {name} ({why or 'damaged'})")
            return None


def _reduced(image: Image.Image) -> UInt8[np.ndarray, "h w 4"]:
    if image.mode[0] in "IF":  # more than 8 bits a channel
        image = Picture(image).rgb()
    if max(image.size) > TEXTURE_SIDE:
        scale = TEXTURE_SIDE / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.convert("RGBA").resize(size, Image.Resampling.BOX)
    return np.asarray(image.convert("RGBA"))


def _spellings(name: str) -> Iterator[str]:
    """A name as it stands and percent-decoded, in both of Unicode's ways to write accents.

    At last it is taken to stand between quotes, or with a comment behind.
    """
    bare = _BARE.sub(lambda found: found[1] or found[2], name)
    for one in (name, bare):
        for spelling in (unquote(one), one, unquote(one, encoding="latin-1")):
            for form in ("NFC", "NFD"):
                yield spelling
                yield unicodedata.normalize(form, spelling)


def shown(text: str, most: int = 120) -> str:
    """A stranger's text as it can be printed: on one line, of so many characters at most."""
    safe = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:999]
    )
    return safe if len(safe) <= most else safe[: most - 3] + "..."


def plain(data: bytes) -> bytes:
    """Text with a byte order mark as UTF-8 without it; other bytes as they are."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        with suppress(UnicodeDecodeError):
            text = unicode(data)
            return text.encode("utf-8", "replace") if text[:80].isascii() else data
    return data.removeprefix(b"\xef\xbb\xbf")


def decoded(data: bytes) -> str:
    """Text in UTF-8, or else in Latin-1, in which all bytes are letters."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
