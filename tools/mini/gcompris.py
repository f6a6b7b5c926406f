"""Photographs of GCompris (Debian) in the public domain or under CC0, for evaluation only.

They lie in Qt's binary resources; a README beside them states the licence of each.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from tools.fetch import unpacked

PACKAGE = "gcompris-qt-data"
ACTIVITIES = (
    "categorization",
    "clickgame",
    "erase",
    "explore_farm_animals",
    "explore_monuments",
    "explore_world_animals",
)
"""Those whose pictures are mostly photographs."""
FREE = re.compile(r"public domain|CC0", re.IGNORECASE)
FOLDER, ZLIB, OTHER = 2, 1, 4
"""Flags of a node of Qt's resource tree."""


def free_photographs(build: Path) -> dict[str, bytes]:
    """WebP files by path, each once; empty if Debian is not reached."""
    root = unpacked(build, PACKAGE) / "usr/share/gcompris-qt/rcc"
    found: dict[bytes, str] = {}
    for activity in ACTIVITIES if root.exists() else ():
        files = resources((root / f"{activity}.rcc").read_bytes())
        free = {
            f"{path.removesuffix('README')}{name}"
            for path, text in files.items()
            if path.endswith("/README")
            for name in listed_as_free(text.decode("utf-8", "replace"))
        }
        for path in sorted(free & files.keys()):
            if path.endswith(".webp"):
                found.setdefault(files[path], path)
    return {path: data for data, path in found.items()}


def listed_as_free(readme: str) -> Iterator[str]:
    """The files of those of its blocks whose licence is `FREE`."""
    for block in re.split(r"\n\s*\n", readme):
        licence, files = re.search(r"Licen[cs]e:(.*)", block), block.partition("Files:")[2]
        if licence and FREE.search(licence[1]):
            yield from filter(None, (line.strip() for line in files.split("\n")))


def resources(rcc: bytes) -> dict[str, bytes]:
    """The files in a binary resource of Qt (rcc, format 1 to 3), by path.

    All numbers are big-endian. The header is "qres" and four 32-bit numbers: format, and where the
    tree, the data and the names begin. A node is name, flags, and then either number and first of
    its children, or language and place of its data.
    """
    version, tree, data, names = struct.unpack(">4I", rcc[4:20])
    size = 14 if version == 1 else 22
    files: dict[str, bytes] = {}

    def walk(number: int, folder: str) -> None:
        name, flags, one, other = struct.unpack_from(">IHII", rcc, tree + number * size)
        path = folder
        if number:  # the root has no name
            letters = struct.unpack_from(">H", rcc, names + name)[0]
            start = names + name + 6  # after the length and a hash
            path += "/" + rcc[start : start + 2 * letters].decode("utf-16-be")
        if flags & FOLDER:
            for child in range(other, other + one):
                walk(child, path)
        elif not flags & OTHER:  # stored, or by zlib after the length
            start = data + other + 4
            content = rcc[start : start + struct.unpack_from(">I", rcc, start - 4)[0]]
            files[path] = zlib.decompress(content[4:]) if flags & ZLIB else content

    walk(0, "")
    return files
