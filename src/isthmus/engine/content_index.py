"""Content hashes: whether an item is still what was embedded.

Files are hashed once; size and modification time tell whether a file must be read again.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isthmus.store import read_json, write_json
from isthmus.types import Count, RequestError, conform, reason

Stamp = tuple[Count, int, str]
"""Size in bytes, modification time in nanoseconds, hash of the content."""


def content_hash(item: Any) -> str:
    """Hash of an item's content: text, bytes, file, picture, or array; 16 hexadecimal digits.

    A source that is called to make its item is called here too. Whatever carries a
    ``content_key`` is known by it alone.
    """
    named: Any = getattr(item, "source", item)
    source: Any = named() if callable(named) and not hasattr(named, "content_key") else named
    if hasattr(source, "content_key"):
        source = str(source.content_key)
    if isinstance(source, str):
        return _hash(source.encode("utf-8", "surrogatepass"))
    if isinstance(source, bytes):
        return _hash(source)
    if isinstance(source, Path):
        return file_digest(source)
    if hasattr(source, "tobytes"):
        shape = getattr(source, "shape", None) or (source.mode, source.size)
        return _hash(repr(shape).encode() + source.tobytes())
    return _hash(repr(source).encode())


class ContentIndex:
    """Content hashes of files, remembered in a JSON file with size and modification time.

    Raises:
        RequestError: the file is there and is not what was remembered.
    """

    def __init__(self, path: Path, rehash: bool = False) -> None:
        self._path = path
        self._known: dict[str, Stamp] = {}
        if path.exists() and not rehash:
            try:
                self._known = conform(dict[str, Stamp], read_json(path))
            except ValueError as error:
                raise RequestError(
                    f"{path} is no index of contents: {error}. Delete it, or read every file again "
                    "with --rehash."
                ) from None
        self._seen: dict[str, Stamp] = {}

    def hashes(self, items: Sequence[Any]) -> list[str]:
        """One hash an item, in order; what cannot be read hashes as its reason."""
        return [self._of(items, row) for row in range(len(items))]

    def _of(self, items: Sequence[Any], row: int) -> str:
        try:
            item = items[row]  # a lazy payload may fail here already
            source = getattr(item, "source", item)
            if isinstance(source, Path):
                return self._file_hash(source)
            return content_hash(item)
        except BaseException as error:
            return f"unreadable: {reason(error)}"

    def _file_hash(self, path: Path) -> str:
        stat = path.stat()
        name = str(path).encode("utf-8", "backslashreplace").decode()  # names need not be UTF-8
        size, time, known = self._known.get(name, (-1, -1, ""))
        if (size, time) != (stat.st_size, stat.st_mtime_ns):
            known = file_digest(path)
        self._seen[name] = (stat.st_size, stat.st_mtime_ns, known)
        return known

    def save(self) -> None:
        """Remember what was seen."""
        if self._seen and self._seen != self._known:
            write_json(self._path, self._seen)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """Hash of a file's content, 16 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
