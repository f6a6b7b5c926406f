"""A folder of mesh files: subfolders are classes, file names are names."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from isthmus.types import Credit, Items, Links, RequestError, World

SUFFIXES = (".glb", ".gltf", ".obj", ".ply", ".stl", ".off")
"""What counts as a mesh file by its name; which it is, its content tells."""


def mesh_folder(folder: Path) -> World:
    """All meshes in a folder and below it, named by their files: ``arm_chair_02`` is "arm chair".

    A mesh's id is its path in the folder. Its class is the name of the subfolder of ``folder``
    that holds it. Hidden files are left out, links to folders are not followed. Files are opened
    only when their mesh is looked at.

    Raises:
        RequestError: no such folder, or no mesh in it.
    """
    if not folder.is_dir():
        raise RequestError(f"Wanted a folder of meshes, but {folder} is not a folder.")
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    if not found:
        raise RequestError(f"No mesh in {folder} or below it; looked for {', '.join(SUFFIXES)}.")
    ids = tuple(found)
    names = {name: said(Path(name).stem) for name in ids}
    factors = {name: {"name": names[name]} for name in ids}
    for name in ids:
        if len(parts := Path(name).parts) > 1:
            factors[name]["label"] = said(parts[0])
    source = folder.resolve().name or str(folder)
    return World(
        name=source,
        items={
            "mesh": Items("mesh", ids, list(found.values())),
            "text": Items("text", ids, [names[name] for name in ids]),
        },
        links={("mesh", "text"): Links([(name, name) for name in ids])},
        factors=factors,
        credits=dict.fromkeys(ids, Credit("unknown", source)),
    )


def said(stem: str) -> str:
    """A file's name as words: ``officeDesk_02`` is "office desk".

    A final number or single letter, which only tells copies apart, is left out.
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)
    words = re.sub(r"[_\W]+", " ", words).strip()
    return re.sub(r"(?<=\w)( [A-Za-z]| ?\d+)+$", "", words).strip().lower() or stem


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if path.suffix.lower() in SUFFIXES and not name.startswith(".") and path.is_file():
                yield path
