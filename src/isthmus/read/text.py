"""Texts are Unicode strings; a file of text is read as UTF-8."""

from pathlib import Path
from typing import Any

from isthmus.types import ItemError


def text(item: Any) -> str:
    """A text of a str (itself), bytes (UTF-8) or a Path (the file's content).

    Raises:
        ItemError: bytes that are not UTF-8, or another type.
    """
    if isinstance(item, str):
        return item
    if isinstance(item, Path):
        item = item.read_bytes()
    if isinstance(item, bytes):
        try:
            return item.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ItemError(f"A text must be UTF-8, but these bytes are not: {error}.") from error
    raise ItemError(f"A text is a str, bytes or a Path; this is a {type(item).__name__}.")
