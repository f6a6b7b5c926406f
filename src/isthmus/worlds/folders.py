"""A folder of pictures or meshes: subfolders are classes, files beside pictures are captions."""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from isthmus.read.image import SUFFIXES, USUAL, Picture, is_picture
from isthmus.read.meshes.files import SUFFIXES as MESH_SUFFIXES
from isthmus.read.tables import SUFFIXES as TABLES
from isthmus.read.text import decoded, read_lines
from isthmus.store import readable
from isthmus.types import Credit, Items, Links, RequestError, World
from isthmus.worlds.drafts import FLAG, Draft, Notes, check_folder, hidden, read_notes

_PARTS = (".mtl", ".bin", *SUFFIXES)
"""Files that meshes mention, which are read with them."""
_NOTES = (".txt", ".cls", ".json")
"""Files beside a picture that say something of it, in the order of their weight."""


def image_folder(folder: Path) -> World:
    """All pictures in a folder and below it.

    A picture's id is its path in the folder. Its class is the name of the subfolder of
    ``folder`` that holds it, its captions are the lines of ``NAME.txt`` beside ``NAME.jpg``;
    ``NAME.cls`` and ``NAME.json`` are read as in a webdataset. Files that no name tells of are
    taken for what their first bytes say. Hidden files are left out; links to folders are followed,
    each folder once; what else is not read is a fault.

    Raises:
        RequestError: no such folder, or no picture in it.
    """
    draft = Draft(readable(folder.resolve().name) or str(folder))
    stems: dict[Path, list[str]] = {}
    beside: list[Path] = []
    for path in files_below(folder, "pictures", draft.faults):
        place = path.relative_to(folder)
        name, suffix = readable(place.as_posix()), path.suffix.lower()
        if suffix in _NOTES:
            beside.append(path)
        elif suffix in SUFFIXES or not (why := _unread(path)):
            draft.pictures[name] = Picture(path)
            stems.setdefault(path.with_suffix(""), []).append(name)
            if len(place.parts) > 1:
                draft.labels[name] = readable(place.parts[0])
        else:
            draft.faults[name] = why
    if not draft.pictures:
        raise RequestError(f"No picture in {folder} or below it; looked for {USUAL}, in any case.")
    for path in sorted(beside, key=lambda path: _NOTES.index(path.suffix.lower())):
        name = readable(path.relative_to(folder).as_posix())
        if images := stems.get(path.with_suffix("")):
            _read_notes(draft, path, images, name)
        else:
            coco = f"; if it holds captions, name it: {FLAG} {path}"
            more = coco if path.suffix.lower() == ".json" else ""
            draft.faults[name] = f"has no picture of the same name beside it{more}"
    return draft.world()


def _unread(path: Path) -> str:
    """Why a file with none of the usual suffixes is not read; empty if it is a picture."""
    try:
        with path.open("rb") as file:
            start = file.read(32)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if is_picture(start):
        return ""
    if path.suffix.lower() in TABLES:
        return f"is a table that nothing asks for; if it holds captions, name it: {FLAG} {path}"
    return f"is of a type that is not read ({path.suffix or 'no suffix'})" if start else "is empty"


def _read_notes(draft: Draft, path: Path, images: list[str], name: str) -> None:
    """What ``NAME.txt``, ``NAME.cls`` or ``NAME.json`` says of pictures beside it."""
    suffix = path.suffix.lower()
    try:
        if suffix == ".txt":
            notes = Notes([line for line in read_lines(path) if line.strip()])
        elif suffix == ".cls":
            notes = Notes(label=decoded(path))
        else:
            notes = read_notes(path.read_bytes(), name)
    except (ValueError, OSError) as error:
        draft.faults[name] = str(error)
        return
    for image in images:
        if not draft.captions.get(image):  # of .txt, which is read first
            draft.say(image, notes.text, name)
        if suffix == ".cls" or image not in draft.labels:
            draft.call(image, notes.label)


def mesh_folder(folder: Path) -> World:
    """All meshes in a folder and below it, named by their files: ``arm_chair_02`` is "arm chair".

    A mesh's id is its path in the folder. Its class is the name of the subfolder of ``folder``
    that holds it. Hidden files are left out; links to folders are followed, each folder once. Files
    are opened only when their mesh is looked at; those of other types are faults, but for the
    materials and textures of meshes.

    Raises:
        RequestError: no such folder, or no mesh in it.
    """
    found, faults = dict[str, Path](), dict[str, str]()
    for path in files_below(folder, "meshes", faults):
        name, suffix = readable(path.relative_to(folder).as_posix()), path.suffix.lower()
        if suffix in MESH_SUFFIXES:
            found[name] = path
        elif suffix not in _PARTS:
            faults[name] = f"is of a type that is not read ({path.suffix or 'no suffix'})"
    if not found:
        raise RequestError(
            f"No mesh in {folder} or below it; looked for {', '.join(MESH_SUFFIXES)}."
        )
    ids = tuple(found)
    names = {name: said(Path(name).stem) for name in ids}
    labels = {name: {"label": said(Path(name).parts[0])} for name in ids if "/" in name}
    source = readable(folder.resolve().name) or str(folder)
    return World(
        name=source,
        items={
            "mesh": Items("mesh", ids, list(found.values())),
            "text": Items("text", ids, [names[name] for name in ids]),
        },
        links={("mesh", "text"): Links([(name, name) for name in ids])},
        factors={name: {"name": names[name], **labels.get(name, {})} for name in ids},
        credits=dict.fromkeys(ids, Credit("unknown", source)),
        faults=faults,
    )


def said(stem: str) -> str:
    """A file's name as words: ``officeDesk_02`` is "office desk".

    A final number or single letter, which only tells copies apart, is left out.
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)
    words = re.sub(r"[_\W]+", " ", words).strip()
    return re.sub(r"(?<=\w)( [A-Za-z]| ?\d+)+$", "", words).strip().lower() or stem


def files_below(folder: Path, what: str, faults: dict[str, str]) -> Iterator[Path]:
    """The files below a folder, and below those that links in it lead to, each folder once.

    Hidden ones are passed over; what cannot be looked at is added to the faults.

    Raises:
        RequestError: no such folder, or it cannot be read.
    """
    check_folder(folder, f"one of {what}")
    roots, seen = [folder], set[tuple[int, int]]()

    def name(path: Path) -> str:
        return readable(path.relative_to(folder).as_posix())

    def unreadable(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise RequestError(f"The folder {folder} cannot be read: {error.strerror}.") from error
        faults[name(Path(error.filename))] = f"is a folder that cannot be read: {error.strerror}"

    for root in roots:  # grows: links are followed after all that is no link
        for parent, folders, files in os.walk(root, onerror=unreadable):
            here = Path(parent)
            stat = here.stat()
            if (stat.st_dev, stat.st_ino) in seen:
                faults[name(here)] = "is a folder that is read already, under another name"
                folders.clear()
                continue
            seen.add((stat.st_dev, stat.st_ino))
            inside = [here / entry for entry in sorted(folders) if not hidden(PurePath(entry))]
            roots += [path for path in inside if path.is_symlink()]
            folders[:] = [path.name for path in inside if not path.is_symlink()]
            for path in (here / entry for entry in sorted(files) if not hidden(PurePath(entry))):
                if path.is_file() or not path.exists():  # a broken link fails when it is read
                    yield path
                else:
                    faults[name(path)] = "is a pipe or a device, not a file"
