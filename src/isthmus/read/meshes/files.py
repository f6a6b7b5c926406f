"""Meshes of files, bytes and calls: metres, right-handed, y up.

Files are recognised by their content, and read from around them alone.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.read.image import quiet
from isthmus.read.meshes import gltf, obj, off_stl, ply
from isthmus.read.meshes.beside import MAX_BYTES, Beside, plain, shown
from isthmus.read.meshes.triangles import Mesh
from isthmus.types import ItemError, reason

READERS: dict[str, Callable[[bytes, Beside], Mesh | None]] = {
    "glb": gltf.read,
    "gltf": gltf.read,
    "obj": obj.read,
    "ply": ply.read,
    "off": off_stl.read_off,
    "stl": off_stl.read_stl,
    "stl_ascii": off_stl.read_stl_text,
}

SUFFIXES = (".glb", ".gltf", ".obj", ".ply", ".stl", ".off")
"""What counts as a mesh file by its name; which it is, its content tells."""

_BEFORE = re.compile(rb"(?:\s|#[^\r\n]*+)*+")
"""Blanks and comments, which text formats may begin with."""
_STARTS = {
    "ply": re.compile(rb"ply[ \t]*[\r\n]", re.IGNORECASE),
    "off": re.compile(rb"(?:ST)?C?N?4?n?OFF(?![a-z_])", re.IGNORECASE),
    "gltf": re.compile(rb'\{[^\0]*"asset"\s*:', re.DOTALL),
    "stl_ascii": re.compile(rb"facet\b|solid\b[^\0]*?\bfacet\b", re.IGNORECASE | re.DOTALL),
}
_OBJ = re.compile(rb"(?:^|[\r\n])[ \t]*(?:v|vt|vn|f|o|g|mtllib|usemtl)[ \t]+\S", re.IGNORECASE)


def mesh(item: Any) -> Mesh:
    """A mesh of a Mesh (itself), a Path, the bytes of a file, or a call that gives one of these.

    GLB and glTF, OBJ with its MTL, PLY, STL and OFF are recognised by their content. What a file
    holds and the mesh does not, ``missing`` and ``left_out`` say.

    Raises:
        ItemError: none of these formats, damaged, empty, not finite or too large; says which.
    """
    item = item() if callable(item) else item
    if isinstance(item, Mesh):
        return item
    if not isinstance(item, str | Path | bytes):
        raise ItemError(
            f"A mesh is a Mesh, a path or the bytes of a file; this is a {type(item).__name__}."
        )
    return opened(Path(item) if isinstance(item, str) else item)


def opened(source: Path | bytes) -> Mesh:
    """A mesh of a file or of its bytes; materials and textures are found by the path alone.

    Raises:
        ItemError: no such file, no mesh, damaged, too large, or with points or lines only.
    """
    name = shown(str(source), 500) if isinstance(source, Path) else "the mesh"
    data = plain(content(source, name))
    kind = kind_of(data)
    if kind is None and name.lower().endswith(".stl") and b"\0" in data[:1024]:
        kind = "stl"  # cut short: its size does not show what it is
    if kind is None:
        raise ItemError(f"{name} is not a mesh: GLB, glTF, OBJ, PLY, STL or OFF is wanted.")
    beside = Beside(source.parent if isinstance(source, Path) else None)
    start = 0 if kind in ("glb", "stl") else _start(data)
    try:
        with quiet, np.errstate(all="ignore"):
            found = READERS[kind](data[start:] if start else data, beside)
    except ItemError:
        raise
    except BaseException as error:  # damaged files fail in many ways, and libraries below panic
        why = reason(error)
        said = str(error) if type(error) is ValueError else f"it is damaged ({why})"
        said = shown(said, 300).rstrip(".")
        raise ItemError(f"{name} cannot be read as {kind}: {said}.") from error
    if found is None:
        raise ItemError(f"{name} has no faces: a surface is wanted, not points or lines alone.")
    missing, left_out = (tuple(dict.fromkeys(names)) for names in (beside.missing, beside.left_out))
    return replace(found, missing=missing, left_out=left_out)


def content(source: Path | bytes, name: str) -> bytes:
    """Bytes of a file that is not too large."""
    if isinstance(source, bytes):
        return source
    try:
        there = source.is_file()
        size = source.stat().st_size if there else 0
        if there and 0 < size <= MAX_BYTES:
            return source.read_bytes()
    except (OSError, ValueError) as error:
        raise ItemError(f"{name} cannot be read: {shown(str(error))}.") from error
    if not there:
        raise ItemError(f"There is no mesh file {name}.")
    raise ItemError(f"{name} has {size:,} bytes; 1 to {MAX_BYTES:,} are read.")


def _start(data: bytes) -> int:
    """Where the first byte is that is no blank and in no comment."""
    found = _BEFORE.match(data)
    return found.end() if found else 0


def kind_of(data: bytes) -> str | None:
    """Format of a mesh file by its bytes: a key of ``READERS``."""
    data = plain(data)
    facets = struct.unpack_from("<I", data, 80)[0] if len(data) >= 84 else 0
    if data[:4] == b"glTF":
        return "glb"
    if facets and len(data) == 84 + 50 * facets:
        return "stl"
    start = _start(data)
    for kind, pattern in _STARTS.items():
        if pattern.match(data, start):
            return kind
    if facets and 84 + 50 * facets <= len(data) <= 2 * (84 + 50 * facets):  # and bytes behind
        some = np.frombuffer(data, off_stl.FACET, min(facets, 1000), 84)["corners"]
        if b"\0" in data[:1024] and np.isfinite(some).all() and np.abs(some).max() < 1e30:
            return "stl"
    return "obj" if _OBJ.search(data) else None
