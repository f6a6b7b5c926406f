"""Texts are Unicode strings; a file of text is read as UTF-8."""

from pathlib import Path
from typing import Any

from isthmus.types import ItemError, RequestError


def text(item: Any) -> str:
    """A text of a str (itself), bytes (UTF-8) or a Path (the file's content).

    Raises:
        ItemError: a file that cannot be read, bytes that are not UTF-8, or another type.
    """
    if isinstance(item, str):
        return item
    if isinstance(item, Path):
        try:
            item = item.read_bytes()
        except OSError as error:
            raise ItemError(f"The text {item} cannot be read: {error.strerror}.") from error
    if isinstance(item, bytes):
        try:
            return item.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ItemError(f"A text must be UTF-8, but these bytes are not: {error}.") from error
    raise ItemError(f"A text is a str, bytes or a Path; this is a {type(item).__name__}.")


def decoded(path: Path) -> str:
    """The content of a text file: UTF-8, or UTF-16 with a byte order mark.

    Raises:
        RequestError: it is not there, or in another encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}.") from error
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RequestError(
            f"{path} is not UTF-8 text (line {line}: {error.reason}); save it as UTF-8."
        ) from error


def read_templates(file: Path) -> tuple[str, ...]:
    """The templates of a file, blank lines left out.

    Raises:
        RequestError: the file cannot be read, is empty, or a line lacks ``{}`` or has other
            braces; names the line.
    """
    lines = {number: line.strip() for number, line in enumerate(decoded(file).splitlines(), 1)}
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
