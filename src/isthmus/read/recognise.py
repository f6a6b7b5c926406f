"""What is it? The modality of whatever a user hands over, by its kind, its name and its file."""

import os
import stat
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from isthmus.read import READERS, SPOKEN, SUFFIXES
from isthmus.read.image import is_picture
from isthmus.records import short
from isthmus.registry import everything, resolve
from isthmus.types import ItemError, RequestError

SAY = "say modality=..., such as modality='text' for words"


def modality_of(item: Any) -> str:
    """The modality of a path, a string, or an object that a reader takes.

    A string is the path of a file if that is there, or if it ends as files of a modality do; it
    must be there then. Any other string is a text.

    Raises:
        RequestError: a file that is not there, a folder, or what no reader takes.
    """
    if not isinstance(item, (str, os.PathLike)):
        return _by_reader(item)
    name, there = os.fspath(item), _mode(item)
    known = next((kind for kind, ends in _ends().items() if name.lower().endswith(ends)), "")
    if stat.S_ISREG(there):
        if not known and not is_picture(_start(name)):
            raise RequestError(f"{name!r} is a file whose name does not tell what it holds; {SAY}.")
        return known or "image"
    if stat.S_ISDIR(there) and name.strip(" ."):
        raise RequestError(
            f"{name!r} is a folder, not an item: open it as isthmus.worlds.open_world(images="
            f"{name!r}), or {SAY}."
        )
    if known or not isinstance(item, str):
        raise RequestError(f"There is no file {name!r}; if it is no file, {SAY}.")
    return SPOKEN[0]


def is_file(item: Any) -> bool:
    """Whether it is the path of a file that is there."""
    return isinstance(item, (str, os.PathLike)) and stat.S_ISREG(_mode(item))


def is_file_name(item: Any, modality: str) -> bool:
    """Whether an item of this modality is the path of a file, which then names it."""
    if not isinstance(item, str) or modality in SPOKEN:
        return isinstance(item, os.PathLike)
    return modality in READERS or is_file(item)


def _mode(path: Any) -> int:
    """What is there; 0 for nothing, and for what is no path: a long text, say."""
    try:
        return Path(path).stat().st_mode
    except (OSError, ValueError):
        return 0


def _start(name: str) -> bytes:
    """Enough of a file to know a picture by; nothing where it cannot be read."""
    try:
        with Path(name).open("rb") as file:
            return file.read(32)
    except OSError:
        return b""


@cache
def _ends() -> dict[str, tuple[str, ...]]:
    return {kind: resolve(ends) for kind, ends in everything("suffixes", SUFFIXES).items()}


def _by_reader(item: Any) -> str:
    for modality, target in everything("readers", READERS).items():
        if _taken(resolve(target), item):
            return modality
    raise RequestError(
        f"No reader takes {short(item)}: pictures are paths, bytes, PIL images or (h, w, 3) arrays "
        f"of uint8, texts are strings; if an encoder takes it, {SAY}."
    )


def _taken(reader: Callable[[Any], Any], item: Any) -> bool:
    try:
        reader(item)
    except (ItemError, TypeError):
        return False
    return True
