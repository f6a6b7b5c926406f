"""Files that are either whole or absent."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_LONGEST = 150
"""Bytes of a name that is made of a text."""
MARKER = ".isthmus"
"""File by which a folder that isthmus made is known."""
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?:(?P<pid>\d+)\.part|isthmus-(?P<run>\d*).*)", re.DOTALL)


def mark(folder: Path, about: Any = None) -> None:
    """Make a folder that is known as isthmus' own from its first moment on.

    Args:
        folder: one that is marked already keeps what its marker says, unless ``about`` is given.
        about: what the marker says, as JSON values.
    """
    path = folder / MARKER
    if about is not None or not path.is_file():
        write_json(path, {"format": "isthmus-folder/1", **(about or {})})


def marked(folder: Path) -> bool:
    """Whether isthmus made the folder; a symbolic link to one is none."""
    return not folder.is_symlink() and (folder / MARKER).is_file()


def sweep(folder: Path, deep: bool = False, of: str = "") -> None:
    """Remove temporaries that a killed process left in a folder; no symbolic link is followed.

    Args:
        folder: one that only this process writes to now, or with ``of`` any folder.
        deep: in the folders below, too.
        of: only temporaries of the file of this name, and only of processes that have ended.
    """
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        found = _TEMPORARY.fullmatch(path.name)
        if found and of and (found["name"] != of or _running(found["pid"] or found["run"])):
            continue
        if found and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif found:
            path.unlink(missing_ok=True)
        elif deep and path.is_dir():
            sweep(path, deep)


def _running(number: str) -> bool:
    """Whether a process of that number is there; on a system that cannot tell, all are."""
    if not number or os.name != "posix":
        return bool(number)
    with suppress(PermissionError):  # it is there, and somebody else's
        try:
            os.kill(int(number), 0)
        except (ProcessLookupError, OverflowError):
            return False
    return True


@contextmanager
def atomic(path: Path) -> Generator[Path]:
    """A temporary path beside ``path`` that takes its place if the block succeeds.

    The data is on the disk before the name appears; a failed or killed block leaves no file
    that a reader could mistake for a whole one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, values: Any) -> None:
    """Write sorted, indented JSON atomically; NaN is refused (it is not JSON)."""
    text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    r"""Write text as UTF-8, atomically; half of a surrogate pair as its escape: ``\ud83d``."""
    with atomic(path) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace")


def is_file(path: Path) -> bool:
    """Whether a file is there; a name that is too long to be looked up is none."""
    return os.path.isfile(path)  # noqa: PTH113 - which asks no more of a name


def is_folder(path: Path) -> bool:
    """Whether a folder is there, as ``is_file`` says it."""
    return os.path.isdir(path)  # noqa: PTH112


def text_lines(text: str) -> list[str]:
    r"""The lines of a text, which end in LF, CR LF or CR and nothing else.

    ``str.splitlines`` also cuts at form feeds, U+0085 and U+2028, which captions may hold.

    Example:
        >>> text_lines("a\u2028b\r\n\nc\n")
        ['a\u2028b', '', 'c']
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def readable(name: str) -> str:
    r"""A name as text that can be written anywhere.

    Bytes that are not UTF-8 are shown as ``\xff``, halves of surrogate pairs as ``\ud83d``.
    """
    return re.sub("[\ud800-\udfff]", _escape, name)


def _escape(found: re.Match[str]) -> str:
    byte = ord(found[0]) - 0xDC00  # as Python has the bytes of file names that are not UTF-8
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else f"\\u{ord(found[0]):04x}"


def slug(text: str) -> str:
    """A safe name of a file or folder from any text: letters, digits, ``-``, ``.`` and ``_``.

    Of a text that is too long for a name the end is left out for a hash.

    Example:
        >>> slug("openclip:ViT-B-32/laion2b")
        'openclip-ViT-B-32-laion2b'
    """
    safe = "".join(c if c.isalnum() or c in "-._" else "-" for c in text).strip("-")
    if len(safe.encode()) > _LONGEST:  # systems allow names of 255 bytes, suffixes included
        digest = hashlib.sha256(safe.encode()).hexdigest()[:8]
        safe = f"{safe.encode()[: _LONGEST - 9].decode(errors='ignore')}-{digest}"
    return safe if safe.strip(".") else "unnamed"
