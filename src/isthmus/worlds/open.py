"""Your own data: one function that opens files of several kinds, and lists in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from isthmus.read.image import SUFFIXES, Picture, picture
from isthmus.read.tables import SUFFIXES as TABLES
from isthmus.store import is_file, is_folder, readable
from isthmus.types import Credit, ItemError, Items, RequestError, World, a_kind, amount, check_kind
from isthmus.worlds import folders, shards, sheets
from isthmus.worlds.drafts import FLAG, Draft, check_folder, hidden
from isthmus.worlds.near_duplicates import copies

_BESIDE = (".json", ".parquet", ".txt", ".csv", ".tsv", ".idx")
"""Files that lie beside tar files and tell of them, which is passed over."""


def open_world(
    images: Any = None,
    texts: Any = None,
    labels: Iterable[Any] | None = None,
    columns: Mapping[str, str] | None = None,
    max_bytes: int = 0,
) -> World:
    """A world of your own pictures and texts.

    What it opens:

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
        max_bytes: that a Parquet table may unfold to; 0 for 2 GiB.

    Raises:
        RequestError: nothing was given, it cannot be read, or it does not fit together.
    """
    if isinstance(images, (str, Path)) or isinstance(texts, (str, Path)):
        if labels is not None:
            raise RequestError("Labels of files are subfolders or a column, not a list.")
        world = _files(images, texts, columns, max_bytes)
    else:
        world = in_memory(images, texts, labels)
    if "image" not in world.items:
        return world
    doubled = {
        name: f"is a copy of {first}" for name, first in copies(world.items["image"]).items()
    }
    faults = {**doubled, **world.faults}.items()
    return replace(world, faults=dict(sorted(faults, key=lambda one: FLAG not in one[1])))


def _files(images: Any, texts: Any, columns: Mapping[str, str] | None, max_bytes: int) -> World:
    if texts is None:
        return _pictures(str(images), columns, max_bytes)
    if not isinstance(texts, (str, Path)) or not isinstance(images, (str, Path, type(None))):
        raise RequestError("Give images and texts both as paths or both as lists.")
    file = Path(texts)
    folder = None if images is None else Path(images)
    if folder is not None:
        check_folder(folder, "one that the texts' paths begin in")
    if not is_file(file):
        raise RequestError(f"There is no file {file}.")
    if file.suffix.lower() in TABLES:
        return sheets.sheet_world(file, folder, columns, max_bytes)
    if file.suffix.lower() == ".json":
        return sheets.coco_captions(file, folder or file.parent)
    raise RequestError(
        f"Texts come from a table ({', '.join(TABLES)}) or a COCO .json, which say whose "
        f"captions they are; {file.name} is neither."
    )


def _pictures(images: str, columns: Mapping[str, str] | None, max_bytes: int) -> World:
    path = Path(images)
    if is_folder(path):
        tars, left_out = _tars(path)
        if not tars:
            return folders.image_folder(path)
        world = shards.webdataset(tars)
        return replace(world, faults={**world.faults, **left_out})
    if "{" in images or path.suffix.lower() == ".tar":
        return shards.webdataset([images])
    if path.suffix.lower() in TABLES and is_file(path):
        return sheets.sheet_world(path, None, columns, max_bytes)
    wanted = f"a folder, a table ({', '.join(TABLES)}) or .tar files"
    if not is_file(path):
        raise RequestError(f"There is no file or folder {images}; images are {wanted}.")
    raise RequestError(f"Images are {wanted}; {images} is none of these.")


def _tars(folder: Path) -> tuple[Sequence[Path], dict[str, str]]:
    """The tar files of a folder that holds no pictures, and what else is there."""
    there = sorted(path for path in folder.iterdir() if not hidden(PurePath(path.name)))
    tars = [path for path in there if path.suffix.lower() == ".tar"]
    pictures = any(path.suffix.lower() in SUFFIXES for path in there)
    others = (path for path in there if path.suffix.lower() not in (".tar", *_BESIDE))
    why = "is not read, for the folder has .tar files"
    return [] if pictures else tars, {readable(path.name): why for path in others}


def in_memory(
    images: Iterable[Any] | None = None,
    texts: Iterable[Any] | None = None,
    labels: Iterable[Any] | None = None,
) -> World:
    """A world of lists; an item's id is its running number, and row i of each belongs together.

    Args:
        images: PIL images, (h, w, 3) uint8 arrays, bytes of files, or paths.
        texts: one string per image, or a list of strings per image.
        labels: class of each image (of each text where there are no images).

    Raises:
        RequestError: nothing was given, or the lists differ in length.
    """
    every = {"images": images, "texts": texts, "labels": labels}
    for name, some in every.items():
        check_kind(some, Iterable | None, f"The {name} of a world are a path or a list")
    lists = {name: list(some) for name, some in every.items() if some is not None}
    lengths = {name: len(some) for name, some in lists.items()}
    if not lengths.get("images") and not lengths.get("texts"):
        raise RequestError("A world needs at least one image or one text.")
    if len(set(lengths.values())) > 1:
        counts = ", ".join(amount(count, name[:-1]) for name, count in lengths.items())
        raise RequestError(f"Row i of each list belongs together, but there are {counts}.")
    if "images" not in lists:
        return _texts_only(lists["texts"], lists.get("labels"))
    texts_of = lists.get("texts", [])
    draft = Draft("in memory", numbered=any(isinstance(some, (list, tuple)) for some in texts_of))
    for number, item in enumerate(lists["images"]):
        try:
            draft.pictures[str(number)] = _checked(item)
        except ItemError as error:
            draft.faults[str(number)] = str(error)
    for number, some in enumerate(texts_of):
        said = list(some) if isinstance(some, (list, tuple)) else [some]
        draft.caption(str(number), [one for one in said if isinstance(one, str)])
        if wrong := [one for one in said if not isinstance(one, str)]:
            draft.faults[str(number)] = f"a text is {a_kind(wrong[0])}, not a string"
    for number, one in enumerate(lists.get("labels", ())):
        draft.call(str(number), one)
    return draft.world()


def _checked(item: Any) -> Picture:
    found = picture(item)
    if isinstance(found.source, Path) and not is_file(found.source):
        raise ItemError("there is no such file")
    return found


def _texts_only(texts: Sequence[str | Sequence[str]], labels: Sequence[Any] | None) -> World:
    ids = tuple(str(number) for number in range(len(texts)))
    if not all(isinstance(text, str) for text in texts):
        raise RequestError("Texts without images are a list of strings, not of lists.")
    return World(
        name="in memory",
        items={"text": Items("text", ids, texts)},
        factors={
            name: {"label": readable(str(one))}
            for name, one in zip(ids, labels or (), strict=False)
        },
        credits=dict.fromkeys(ids, Credit("NOASSERTION", "in memory")),
    )
