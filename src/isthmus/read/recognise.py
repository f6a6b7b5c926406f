"""What is it? The modality of whatever a user hands over, by its kind, its name and its file."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from isthmus.read import modalities
from isthmus.records import short
from isthmus.types import ItemError, RequestError

SAY = "say modality=..., such as modality='text' for words"


def modality_of(item: Any) -> str:
    """The modality of a path, a string, or an object that a reader takes.

    A string is the path of a file if that is there, or if it ends as files of a modality do; it
    must be there then. Any other string is a text. Of paths, which command lines give, messages
    name no argument of Python.

    Raises:
        RequestError: a file that is not there, a folder, or what no reader takes.
    """
    if not isinstance(item, (str, os.PathLike)):
        return _by_reader(item)
    name, there, path = os.fspath(item), _mode(item), not isinstance(item, str)
    every = modalities().values()
    named = [one for one in every if name.lower().endswith(one.suffixes or "\n")]
    known = named[0].name if named else ""
    if stat.S_ISREG(there):
        start = b"" if len(named) == 1 else _start(name)
        some = [one for one in named or every if one.known and one.known(start)]
        known = some[0].name if some else known
        if not known:
            told = "rename it, as photo.png or bark.wav" if path else SAY
            raise RequestError(
                f"{name!r} is a file whose name does not tell what it holds; {told}."
            )
        return known
    if stat.S_ISDIR(there) and name.strip(" ."):
        told = f"open it as isthmus.worlds.open_world(images={name!r}), or {SAY}"
        told = "name files in it" if path else told
        raise RequestError(f"{name!r} is a folder, not an item: {told}.")
    if known or path:
        more = "" if path else f"; if it is no file, {SAY}"
        raise RequestError(f"There is no file {name!r}{more}.")
    return next(one.name for one in every if one.spoken)


def is_file(item: Any) -> bool:
    """Whether it is the path of a file that is there."""
    return isinstance(item, (str, os.PathLike)) and stat.S_ISREG(_mode(item))


def is_file_name(item: Any, modality: str) -> bool:
    """Whether an item of this modality is the path of a file, which then names it."""
    known = modalities().get(modality)
    if not isinstance(item, str) or (known and known.spoken):
        return isinstance(item, os.PathLike)
    return known is not None or is_file(item)


def _mode(path: Any) -> int:
    """What is there; 0 for nothing, and for what is no path: a long text, say."""
    try:
        return Path(path).stat().st_mode
    except (OSError, ValueError):
        return 0


def _start(name: str) -> bytes:
    """Enough of a file to know what it is by; nothing where it cannot be read."""
    try:
        with Path(name).open("rb") as file:
            return file.read(4096)
    except OSError:
        return b""


def _by_reader(item: Any) -> str:
    every = modalities().items()
    if isinstance(item, bytes):  # which nearly every reader takes
        every = sorted(every, key=lambda one: not (one[1].known and one[1].known(item[:32])))
    for name, one in every:
        if _taken(one.read, item):
            return name
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
