"""Texts are Unicode strings; a file of text is UTF-8, or says by its first bytes what it is."""

import codecs
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from isthmus.store import text_lines
from isthmus.types import ItemError, Modality, RequestError, a_kind

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins as UTF-16 does, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NULS = {"utf-32-le": (2, 3), "utf-32-be": (0, 1), "utf-16-le": (1, 3), "utf-16-be": (0, 2)}
"""Of every four bytes those that are NUL in most texts; UTF-16 would be found in UTF-32, too."""
SUFFIXES = (".txt",)
"""Ends of the names of files that hold one text."""


def text(item: Any) -> str:
    """A text of a str (itself), bytes or a Path (the file's content); read as ``unicode`` does.

    Raises:
        ItemError: a file that cannot be read, bytes that are not UTF-8, or another type.
    """
    if isinstance(item, str):
        return item
    if not isinstance(item, (Path, bytes)):
        raise ItemError(f"A text is a str, bytes or a Path; this is {a_kind(item)}.")
    try:
        return decoded(item)
    except RequestError as error:
        raise ItemError(str(error)) from error


def unicode(content: bytes) -> str:
    """Bytes as text: UTF-8, or UTF-16 or UTF-32 by its byte order mark or the places of its NULs.

    Raises:
        UnicodeDecodeError: they are in another encoding.
    """
    marked = (code for mark, code in _MARKS.items() if content.startswith(mark))
    code = next(marked, "") or _unmarked(content[:4096])
    found = content.decode(code)
    if code in _NULS and "\0" in found:
        raise UnicodeDecodeError(code, content, 0, 1, "NULs as of UTF-16, but not of it alone")
    return found


def _unmarked(start: bytes) -> str:
    """The encoding that NULs at one, two or three of four places tell of; without them UTF-8."""
    counts = [start[place::4].count(0) for place in range(4)]
    many = len(start) / 16
    fitting = (code for code, nul in _NULS.items() if min(counts[place] for place in nul) > many)
    return next(fitting, "utf-8")


def decoded(file: Path | bytes) -> str:
    """The content of a text file, or its bytes, read as ``unicode`` does.

    Raises:
        RequestError: it is not there, or in another encoding.
    """
    try:
        content = file if isinstance(file, bytes) else file.read_bytes()
        return unicode(content)
    except OSError as error:
        raise RequestError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        name = "This" if isinstance(file, bytes) else file
        raise RequestError(
            f"{name} is not UTF-8 text (line {line}: {error.reason}); save it as UTF-8."
        ) from error


def words(value: Any) -> str:
    """A value of a table as text: bytes are read as ``unicode`` does."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        return unicode(value)
    except UnicodeDecodeError:
        return value.decode(errors="backslashreplace")


def texts_of(column: Iterable[Any], what: str) -> list[list[str]]:
    """The texts of each cell: one, those of lists of any depth, or none of None.

    Of records it is the one field that holds a text anywhere in the column.

    Args:
        column: cells of any kind.
        what: it is, for messages.

    Raises:
        RequestError: records in which no field holds a text, or several do; names all fields.
    """
    cells = [_flat(cell) for cell in column]
    records = [one for cell in cells for one in cell if isinstance(one, dict)]
    fields = {name for one in records for name, value in one.items() if isinstance(value, str)}
    if records and len(fields) != 1:
        named = ", ".join(map(repr, dict.fromkeys(name for one in records for name in one)))
        raise RequestError(
            f"{what} is a record of the fields {named}, of which {len(fields)} hold text; wanted "
            "are texts, or records with one field of text"
        )
    texts = ([one.get(*fields) if isinstance(one, dict) else one for one in cell] for cell in cells)
    return [[words(one) for one in cell if one is not None] for cell in texts]


def _flat(cell: Any) -> list[Any]:
    """What is in a list and in lists inside it; anything else as the only one."""
    several = isinstance(cell, (list, tuple))
    return [one for part in cell for one in _flat(part)] if several else [cell]


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, as ``text_lines`` cuts them.

    Raises:
        RequestError: as of ``decoded``.
    """
    return text_lines(decoded(path))


def read_templates(file: Path) -> tuple[str, ...]:
    """The templates of a file, blank lines left out.

    Raises:
        RequestError: the file cannot be read, is empty, or a line lacks ``{}`` or has other
            braces; names the line.
    """
    lines = {number: line.strip() for number, line in enumerate(read_lines(file), 1)}
    templates = {number: line for number, line in lines.items() if line}
    for number, line in templates.items():
        if line.count("{}") != 1 or line.count("{") != 1 or line.count("}") != 1:
            raise RequestError(
                f"{file}, line {number}: a template has {{}} once, where the class name goes; "
                f"this is {line!r}."
            )
    if not templates:
        raise RequestError(f"{file} holds no template; wanted lines such as 'a photo of a {{}}.'.")
    return tuple(templates.values())


TEXT = Modality(
    "text", text, about="A text: a Unicode string.", suffixes=SUFFIXES, spoken=True, shown=text
)
