"""A folder of pictures or meshes: subfolders are classes, files beside pictures are captions."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from isthmus.read.image import SUFFIXES, Picture
from isthmus.read.text import decoded
from isthmus.types import Credit, Items, Links, RequestError, World
from isthmus.worlds.drafts import Draft, readable

MESH_SUFFIXES = (".glb", ".gltf", ".obj", ".ply", ".stl", ".off")
"""What counts as a mesh file by its name; which it is, its content tells."""


def image_folder(folder: Path) -> World:
    """All pictures in a folder and below it.

    A picture's id is its path in the folder. Its class is the name of the subfolder of
    ``folder`` that holds it, its captions are the lines of ``NAME.txt`` beside ``NAME.jpg``.
    Hidden files are left out, links to folders are not followed.

    Raises:
        RequestError: no such folder, or no picture in it.
    """
    draft = Draft(folder.resolve().name or str(folder))
    stems: dict[Path, list[str]] = {}
    texts: list[Path] = []
    for path in _files(folder, "pictures"):
        if path.suffix.lower() in SUFFIXES:
            place = path.relative_to(folder)
            name = readable(place.as_posix())
            draft.pictures[name] = Picture(path)
            stems.setdefault(path.with_suffix(""), []).append(name)
            if len(place.parts) > 1:
                draft.labels[name] = readable(place.parts[0])
        elif path.suffix.lower() == ".txt":
            texts.append(path)
    if not draft.pictures:
        raise RequestError(
            f"No picture in {folder} or below it; looked for {', '.join(SUFFIXES)} in any case."
        )
    for path in texts:
        _read_captions(draft, path, stems.get(path.with_suffix(""), []), folder)
    return draft.world()


def mesh_folder(folder: Path) -> World:
    """All meshes in a folder and below it, named by their files: ``arm_chair_02`` is "arm chair".

    A mesh's id is its path in the folder. Its class is the name of the subfolder of ``folder``
    that holds it. Hidden files are left out, links to folders are not followed. Files are opened
    only when their mesh is looked at.

    Raises:
        RequestError: no such folder, or no mesh in it.
    """
    files = (path for path in _files(folder, "meshes") if path.suffix.lower() in MESH_SUFFIXES)
    found = {path.relative_to(folder).as_posix(): path for path in files if path.is_file()}
    if not found:
        raise RequestError(
            f"No mesh in {folder} or below it; looked for {', '.join(MESH_SUFFIXES)}."
        )
    ids = tuple(found)
    names = {name: said(Path(name).stem) for name in ids}
    labels = {name: {"label": said(Path(name).parts[0])} for name in ids if "/" in name}
    source = folder.resolve().name or str(folder)
    return World(
        name=source,
        items={
            "mesh": Items("mesh", ids, list(found.values())),
            "text": Items("text", ids, [names[name] for name in ids]),
        },
        links={("mesh", "text"): Links([(name, name) for name in ids])},
        factors={name: {"name": names[name], **labels.get(name, {})} for name in ids},
        credits=dict.fromkeys(ids, Credit("unknown", source)),
    )


def said(stem: str) -> str:
    """A file's name as words: ``officeDesk_02`` is "office desk".

    A final number or single letter, which only tells copies apart, is left out.
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)
    words = re.sub(r"[_\W]+", " ", words).strip()
    return re.sub(r"(?<=\w)( [A-Za-z]| ?\d+)+$", "", words).strip().lower() or stem


def _files(folder: Path, what: str) -> Iterator[Path]:
    if not folder.is_dir():
        raise RequestError(f"Wanted a folder of {what}, but {folder} is not a folder.")
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if not name.startswith(".") and (path.is_file() or not path.exists()):
                yield path  # no pipe or device; a broken link becomes a fault


def _read_captions(draft: Draft, path: Path, images: list[str], folder: Path) -> None:
    name = readable(path.relative_to(folder).as_posix())
    if not images:
        draft.faults[name] = "has no picture of the same name beside it"
        return
    try:
        lines = [line for line in decoded(path).splitlines() if line.strip()]
    except RequestError as error:
        draft.faults[name] = str(error)
    else:
        for image in images:
            draft.caption(image, lines)
