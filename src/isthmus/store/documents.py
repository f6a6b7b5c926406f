"""JSON of others, read with limits: bytes, values, depth, and finite numbers only.

``json`` alone recurses as deep as a document says, makes an infinity of ``1e999`` and a NaN of
``NaN``, and two bytes of a document (``[]``) become sixty of memory.
"""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

MAX_BYTES = 256 << 20
"""Of a document; larger ones are refused before they are read."""

MAX_VALUES = 20_000_000
"""Numbers, texts, lists and objects of a document."""

MAX_DEPTH = 100
"""Lists and objects inside each other."""

_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_LONG = re.compile(rb"[0-9]{309}")
"""In a document with integers that may be beyond the largest float."""


def read_json(path: Path, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """What a JSON file holds.

    Raises:
        ValueError: one sentence: too large, as of ``parse_json``.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return parse_json(file.read(max_bytes + 1), str(path), max_bytes, max_depth)


def parse_json(
    document: bytes | str, name: str, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> Any:
    """What a JSON document holds; a byte order mark before it is passed over.

    Args:
        document: bytes in UTF-8, UTF-16 or UTF-32, or text.
        name: of the document, as its user knows it; errors begin with it.
        max_bytes: that it may have.
        max_depth: of lists and objects inside each other.

    Raises:
        ValueError: one sentence: larger or deeper than allowed, damaged, not text, or with a
            number that is not finite.
    """
    if len(document) > max_bytes:
        raise ValueError(f"{name} is larger than the {max_bytes:,} bytes of JSON that are read.")
    if isinstance(document, bytes):
        try:
            document = document.decode(json.detect_encoding(document))
        except UnicodeDecodeError as error:
            raise ValueError(f"{name} is not text in UTF-8: {error.reason}.") from None
    text = document.removeprefix("\ufeff")
    whole = _whole if _LONG.search(_bounded(text, name, max_depth)) else None
    try:
        return json.loads(text, parse_float=_finite, parse_constant=_finite, parse_int=whole)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{name} is damaged JSON: {error.msg} at {where}.") from None
    except _NotFiniteError as error:
        raise ValueError(f"{name} has the number {error}, which is not finite.") from None


class _NotFiniteError(Exception):
    """A number of a document that no float holds, shortened."""


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise _NotFiniteError(number[:20])
    return value


def _whole(number: str) -> int:
    _finite(number)
    return int(number)


def _bounded(text: str, name: str, max_depth: int) -> bytes:
    """A document without its texts, which is neither too deep nor of too many values to parse."""
    plain = _TEXT.sub(b"", text.encode("utf-8", "surrogatepass"))
    values = sum(plain.count(mark) for mark in (b"[", b"{", b","))
    if values > MAX_VALUES:
        raise ValueError(f"{name} has {values:,} values; {MAX_VALUES:,} are read.")
    brackets = np.frombuffer(plain.translate(None, _NO_BRACKETS), np.uint8)
    steps = np.where(np.isin(brackets, list(b"[{")), 1, -1).astype(np.int8)
    depth = int(np.cumsum(steps, dtype=np.int32).max(initial=0))
    if depth > max_depth:
        raise ValueError(
            f"{name} has lists and objects {depth:,} deep inside each other; {max_depth} are read."
        )
    return plain
