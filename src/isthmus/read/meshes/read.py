"""Mesh files, bytes and calls as a ``Mesh``: metres, right-handed, y up."""

from pathlib import Path
from typing import Any

import numpy as np

from isthmus.read.meshes.files import opened
from isthmus.read.meshes.triangles import Mesh
from isthmus.types import ItemError


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
