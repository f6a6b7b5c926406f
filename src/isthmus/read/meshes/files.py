"""Meshes of files, bytes and calls: metres, right-handed, y up.

Files go through trimesh, are recognised by their content, and read from around them alone.
"""

import io
import json
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from isthmus.read.image import quiet
from isthmus.read.meshes.surfaces import joined
from isthmus.read.meshes.triangles import Mesh
from isthmus.types import ExtraMissingError, ItemError

if TYPE_CHECKING:
    import trimesh

SUFFIXES = (".glb", ".gltf", ".obj", ".ply", ".stl", ".off")
"""What counts as a mesh file by its name; which it is, its content tells."""

MAX_BYTES = 1 << 30
"""Larger files are refused before they are read."""

MAX_FACES = 5_000_000
"""Triangles; larger meshes are refused before anything is drawn."""

AROUND = (".", "textures", "texture", "..", "../textures", "../texture")
"""Folders, from the file's own, that are searched for the name of a file that it mentions."""


def mesh(item: Any) -> Mesh:
    """A mesh of a Mesh (itself), a Path, the bytes of a file, or a call that gives one of these.

    GLB and glTF, OBJ with its MTL, PLY, STL and OFF are recognised by their content.

    Raises:
        ItemError: none of these formats, damaged, empty, not finite or too large; says which.
        ExtraMissingError: trimesh is not installed.
    """
    item = item() if callable(item) else item
    if isinstance(item, Mesh):
        return item
    if not isinstance(item, str | Path | bytes):
        raise ItemError(
            f"A mesh is a Mesh, a path or the bytes of a file; this is a {type(item).__name__}."
        )
    return checked(opened(Path(item) if isinstance(item, str) else item))


def checked(found: Mesh) -> Mesh:
    """The mesh itself.

    Raises:
        ItemError: corners that are not there, or vertices that are not finite.
    """
    if found.faces.min() < 0 or found.faces.max() >= len(found.vertices):
        raise ItemError("The mesh has faces with corners that it does not hold.")
    broken = int((~np.isfinite(found.vertices)).any(axis=1).sum())
    if broken:
        raise ItemError(f"{broken} of {len(found.vertices)} vertices are not finite numbers.")
    return found


def opened(source: Path | bytes) -> Mesh:
    """A mesh of a file or of its bytes; materials and textures are found by the path alone.

    Raises:
        ItemError: no such file, no mesh, damaged, too large, or with points or lines only.
        ExtraMissingError: trimesh is not installed.
    """
    try:
        import trimesh
    except ModuleNotFoundError as error:
        raise ExtraMissingError("trimesh", "shape") from error
    name = str(source) if isinstance(source, Path) else "the mesh"
    data = content(source)
    kind = kind_of(data)
    if kind is None:
        raise ItemError(f"{name} is not a mesh: GLB, glTF, OBJ, PLY, STL or OFF is wanted.")
    claimed(data, kind)
    beside: Any = Beside(source.parent if isinstance(source, Path) else None)
    try:
        with quiet:
            scene = trimesh.load_scene(
                io.BytesIO(data), file_type=kind, resolver=beside, process=False
            )
            found = joined(parts(scene))
    except ItemError:
        raise
    except Exception as error:  # readers of damaged files fail in many ways
        raise ItemError(f"{name} cannot be read as {kind}: {error}.") from error
    if found is None:
        raise ItemError(f"{name} has no faces: a surface is wanted, not points or lines alone.")
    return replace(found, missing=tuple(dict.fromkeys(beside.missing)))


def content(source: Path | bytes) -> bytes:
    """Bytes of a file that is not too large."""
    if isinstance(source, bytes):
        return source
    if not source.is_file():
        raise ItemError(f"There is no mesh file {source}.")
    size = source.stat().st_size
    if not 0 < size <= MAX_BYTES:
        raise ItemError(f"{source} has {size:,} bytes; 1 to {MAX_BYTES:,} are read.")
    return source.read_bytes()


def kind_of(data: bytes) -> str | None:
    """Format of a mesh file by its first bytes; trimesh's name for it."""
    head = data[:4096]
    starts = {"glb": rb"glTF", "ply": rb"ply", "off": rb"\s*(ST|C|N|4|n)*OFF\b"}
    if found := [kind for kind, start in starts.items() if re.match(start, head)]:
        return found[0]
    if len(data) >= 84 and len(data) == 84 + 50 * struct.unpack_from("<I", data, 80)[0]:
        return "stl"
    if re.match(rb"\s*solid\b", head) and b"facet" in data[:65536]:
        return "stl_ascii"
    if head.lstrip().startswith(b"{") and is_gltf(data):
        return "gltf"
    return "obj" if re.search(rb"(?m)^\s*(v|mtllib|f|o|g)\s+\S", data[: 1 << 20]) else None


def is_gltf(data: bytes) -> bool:
    """Whether JSON is a glTF document."""
    try:
        return "asset" in json.loads(data)
    except ValueError:
        return False


def claimed(data: bytes, kind: str) -> None:
    """Refuse a file that claims more than is read: a claim costs no bytes, what it makes does.

    An accessor of a glTF without a buffer is all zeros, of any length.

    Raises:
        ItemError: more corners than `MAX_FACES` triangles have.
    """
    try:
        corners = CLAIMS[kind](data) if kind in CLAIMS else 0
    except (ValueError, KeyError, TypeError, AttributeError, struct.error):
        return  # damaged in another way, which the reader will say
    if corners > 3 * MAX_FACES:
        raise ItemError(
            f"The mesh has {corners:,} corners; {3 * MAX_FACES:,}, those of {MAX_FACES:,} "
            "triangles, are read: simplify it first."
        )


def _longest_accessor(document: bytes) -> int:
    accessors = json.loads(document).get("accessors", ())
    return max((int(one["count"]) for one in accessors), default=0)


CLAIMS: dict[str, Callable[[bytes], int]] = {
    "glb": lambda data: _longest_accessor(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]]),
    "gltf": _longest_accessor,
    "stl": lambda data: 3 * struct.unpack_from("<I", data, 80)[0],
}
"""Corners that a file of each format claims to have, before they are read."""


class Beside:
    """Files that a mesh file mentions, found around it by name; nothing is fetched from a network.

    ``missing`` are the names that were not found.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.missing: list[str] = []

    def get(self, name: str) -> bytes:
        """Bytes of the file of this name; its folders do not matter."""
        plain = PurePosixPath(name.strip().replace("\\", "/")).name
        places = [self.folder / near / plain for near in AROUND] if self.folder and plain else []
        for place in places:
            if place.is_file() and place.stat().st_size <= MAX_BYTES:
                return place.read_bytes()
        self.missing.append(name)
        raise FileNotFoundError(f"{name!r} is not beside the mesh")

    def __getitem__(self, name: str) -> bytes:
        return self.get(name)

    def __contains__(self, name: str) -> bool:
        return self.folder is not None

    def namespaced(self, namespace: str) -> "Beside":
        """The same: folders do not matter."""
        return self

    def keys(self) -> list[str]:
        """Names are not listed."""
        return []


def parts(scene: "trimesh.Scene") -> Iterator[tuple["trimesh.Trimesh", np.ndarray]]:
    """Every placed surface of a scene with its 4 x 4 pose."""
    import trimesh

    count = 0
    for node in scene.graph.nodes_geometry:
        pose, name = scene.graph[node]
        part = scene.geometry[name]
        if isinstance(part, trimesh.Trimesh) and len(part.faces):
            count += len(part.faces)
            if count > MAX_FACES:
                raise ItemError(
                    f"The mesh has more than {MAX_FACES:,} triangles: simplify it first."
                )
            yield part, np.asarray(pose)
