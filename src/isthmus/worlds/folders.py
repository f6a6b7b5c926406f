"""A folder of pictures: subfolders are classes, text files beside pictures are captions."""

import os
from collections.abc import Iterator
from pathlib import Path

from isthmus.read.image import SUFFIXES, Picture
from isthmus.read.text import decoded
from isthmus.types import RequestError, World
from isthmus.worlds.drafts import Draft, readable


def image_folder(folder: Path) -> World:
    """All pictures in a folder and below it.

    A picture's id is its path in the folder. Its class is the name of the subfolder of
    ``folder`` that holds it, its captions are the lines of ``NAME.txt`` beside ``NAME.jpg``.
    Hidden files are left out, links to folders are not followed.

    Raises:
        RequestError: no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise RequestError(f"Wanted a folder of pictures, but {folder} is not a folder.")
    draft = Draft(folder.resolve().name or str(folder))
    stems: dict[Path, list[str]] = {}
    texts: list[Path] = []
    for path in _files(folder):
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


def _files(folder: Path) -> Iterator[Path]:
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
        return
    for image in images:
        draft.caption(image, lines)
