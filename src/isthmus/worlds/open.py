"""Your own data: one function that finds the door by what it is given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from isthmus.types import RequestError, World
from isthmus.worlds import coco, folders, memory, shards, sheets
from isthmus.worlds.near_duplicates import copies


def open_world(
    images: Any = None,
    texts: Any = None,
    labels: Iterable[Any] | None = None,
    columns: Mapping[str, str] | None = None,
) -> World:
    """A world of your own pictures and texts.

    What can be given:

    * ``images=FOLDER``: subfolders are classes, ``NAME.txt`` holds captions of ``NAME.jpg``;
    * ``images=FOLDER, texts=FILE``: a COCO caption file (``.json``) or a table (``.csv``, ``.tsv``,
      ``.parquet``) whose paths begin in the folder; ``texts=TABLE`` alone begins at the table;
    * ``images="shard-{000..012}.tar"``, or a folder of ``.tar`` files: webdataset;
    * ``images=[...], texts=[...], labels=[...]``: lists in memory.

    Pictures that are missing, unlinked or copies of another are named in ``World.faults``.

    Args:
        images: a path, a pattern, or a list of pictures.
        texts: a path or a list of texts.
        labels: classes of pictures in memory.
        columns: names of a table's columns ``image``, ``text`` and ``label``.

    Raises:
        RequestError: nothing was given, it cannot be read, or it does not fit together.
    """
    if isinstance(images, (str, Path)) or isinstance(texts, (str, Path)):
        if labels is not None:
            raise RequestError("Labels of files are subfolders or a column, not a list.")
        world = _files(images, texts, columns)
    else:
        world = memory.in_memory(images, texts, labels)
    if "image" not in world.items:
        return world
    doubled = {
        name: f"is a copy of {first}" for name, first in copies(world.items["image"]).items()
    }
    return replace(world, faults={**doubled, **world.faults})


def _files(images: Any, texts: Any, columns: Mapping[str, str] | None) -> World:
    if texts is None:
        return _pictures(str(images), columns)
    if not isinstance(texts, (str, Path)) or not isinstance(images, (str, Path, type(None))):
        raise RequestError("Give images and texts both as paths or both as lists.")
    file = Path(texts)
    folder = None if images is None else _folder(Path(images))
    if not file.is_file():
        raise RequestError(f"There is no file {file}.")
    if file.suffix.lower() in sheets.SUFFIXES:
        return sheets.sheet_world(file, folder, columns)
    if file.suffix.lower() == ".json":
        return coco.coco_captions(file, folder or file.parent)
    raise RequestError(
        f"Texts come from a table ({', '.join(sheets.SUFFIXES)}) or a COCO .json, which say whose "
        f"captions they are; {file.name} is neither."
    )


def _pictures(images: str, columns: Mapping[str, str] | None) -> World:
    path = Path(images)
    if path.is_dir():
        tars = _tars(path)
        return shards.webdataset(tars) if tars else folders.image_folder(path)
    if "{" in images or path.suffix.lower() == ".tar":
        return shards.webdataset([images])
    if path.suffix.lower() in sheets.SUFFIXES and path.is_file():
        return sheets.sheet_world(path, None, columns)
    raise RequestError(
        f"Images are a folder, a table ({', '.join(sheets.SUFFIXES)}) or .tar files; {images} is "
        + ("none of these." if path.exists() else "not there.")
    )


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise RequestError(
            f"Wanted the folder that the texts' paths begin in; {path} is no folder."
        )
    return path


def _tars(folder: Path) -> Sequence[Path]:
    """The tar files of a folder that holds nothing else but side files of theirs."""
    tars = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".tar")
    pictures = any(path.suffix.lower() in folders.SUFFIXES for path in folder.iterdir())
    return [] if pictures else tars
