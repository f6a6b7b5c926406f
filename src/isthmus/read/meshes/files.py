"""Meshes of files, bytes and calls: metres, right-handed, y up.

Files are recognised by their content, and read from around them alone.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.read.image import quiet
from isthmus.read.meshes import gltf, obj, off_stl, ply
from isthmus.read.meshes.beside import MAX_BYTES, Beside, plain, shown
from isthmus.read.meshes.triangles import Mesh
from isthmus.types import ItemError, Modality, a_kind, reason

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
    "stl_ascii": re.compile(rb"(?:solid\b.*?\b)?facet\b", re.IGNORECASE | re.DOTALL),
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
        raise ItemError(f"A mesh is a Mesh, a path or the bytes of a file; this is {a_kind(item)}.")
    return opened(Path(item) if isinstance(item, str) else item)


def opened(source: Path | bytes) -> Mesh:
    """A mesh of a file or of its bytes; materials and textures are found by the path alone.

    Raises:
        ItemError: no such file, no mesh, damaged, too large, or with points or lines only.
    """
    name = shown(str(source), 500) if isinstance(source, Path) else "the mesh"
    kind, data = recognised(content(source, name))
    if kind is None and name.lower().endswith(".stl") and b"\0" in data[:1024]:
        kind = "stl"  # cut short: its size does not show what it is
    if kind is None:
        raise ItemError(f"{name} is not a mesh: GLB, glTF, OBJ, PLY, STL or OFF is wanted.")
    beside = Beside(source.parent if isinstance(source, Path) else None)
    try:
        with quiet, np.errstate(all="ignore"):
            found = READERS[kind](data, beside)
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
        raise ItemError(f"There is no file {name}.")
    raise ItemError(f"{name} has {size:,} bytes; 1 to {MAX_BYTES:,} are read.")


def recognised(data: bytes) -> tuple[str | None, bytes]:
    """Format of a mesh file, a key of ``READERS``, and its bytes without what may stand before.

    Formats of bytes are known by their sizes and numbers: words in a header are anyone's.
    """
    text = plain(data)
    for body in (data, text) if data.startswith(BOM_UTF8) else (text,):
        if off_stl.is_stl(body):
            return "stl", body
        if body[:4] == b"glTF" and body[5:8] == bytes(3):
            return "glb", body
    text = _BEFORE.sub(b"", text, count=1)
    for kind, pattern in _STARTS.items():
        if pattern.match(text):
            return kind, text
    return "obj" if b"\0" not in text[:1024] and _OBJ.search(text) else None, text


MESH = Modality(
    "mesh",
    mesh,
    about="A mesh with its materials: metres, right-handed, y up.",
    suffixes=SUFFIXES,
    known=lambda start: start[:4] == b"glTF",
)
