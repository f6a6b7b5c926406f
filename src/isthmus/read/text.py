"""Texts are Unicode strings; a file of text is UTF-8, or says by its first bytes what it is."""

import codecs
from pathlib import Path
from typing import Any

from isthmus.store import text_lines
from isthmus.types import ItemError, RequestError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins as UTF-16 does, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SUFFIXES = (".txt",)
"""Ends of the names of files that hold one text."""


def text(item: Any) -> str:
    """A text of a str (itself), bytes or a Path (the file's content); read as ``unicode`` does.

    Raises:
        ItemError: a file that cannot be read, bytes that are not UTF-8, or another type.
    """
    if isinstance(item, str):
        return item
    if isinstance(item, Path):
        try:
            return decoded(item)
        except RequestError as error:
            raise ItemError(str(error)) from error
    if isinstance(item, bytes):
        try:
            return unicode(item)
        except UnicodeDecodeError as error:
            raise ItemError(f"A text must be UTF-8, but these bytes are not: {error}.") from error
    raise ItemError(f"A text is a str, bytes or a Path; this is a {type(item).__name__}.")


def unicode(content: bytes) -> str:
    """Bytes as text: UTF-8, or UTF-16 or UTF-32 with a byte order mark.

    Raises:
        UnicodeDecodeError: they are in another encoding.
    """
    marked = (code for mark, code in _MARKS.items() if content.startswith(mark))
    return content.decode(next(marked, "utf-8"))


def decoded(path: Path) -> str:
    """The content of a text file, read as ``unicode`` does.

    Raises:
        RequestError: it is not there, or in another encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return unicode(content)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RequestError(
            f"{path} is not UTF-8 text (line {line}: {error.reason}); save it as UTF-8."
        ) from error


def words(value: Any) -> str:
    """A value of a table as text: bytes are read as ``unicode`` does."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        return unicode(value)
    except UnicodeDecodeError:
        return value.decode(errors="backslashreplace")


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
