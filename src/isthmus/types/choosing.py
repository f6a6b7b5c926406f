"""Rows by position, by id, by slice or by mask: how sets and items are indexed."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np

from isthmus.types.errors import RequestError

One: TypeAlias = str | int | np.integer[Any]
"""An id, or a row number that may count from the end."""


def chosen(key: Any, rows: Mapping[str, int], what: str) -> int | list[int]:
    """The row number of one id or position, or those of a slice, a mask or a list of either.

    Args:
        key: as between the brackets.
        rows: row number of each id.
        what: what errors call the collection.

    Raises:
        RequestError: an id that is not there, or a mask of another length.
        IndexError: a position outside.
    """
    if isinstance(key, slice):
        return list(range(len(rows))[key])
    if isinstance(key, (str, int, np.integer)) and not isinstance(key, (bool, np.bool_)):
        return _row(key, rows, what)
    if not isinstance(key, Iterable):
        raise TypeError(f"Wanted ids or rows of the {len(rows)} {what}s, not {key!r}.")
    keys: list[Any] = [*key]
    if keys and all(isinstance(one, (bool, np.bool_)) for one in keys):
        if len(keys) != len(rows):
            raise RequestError(f"A mask of {len(rows)} {what}s cannot have {len(keys)} values.")
        return np.flatnonzero(keys).tolist()
    return [_row(one, rows, what) for one in keys]


def _row(key: Any, rows: Mapping[str, int], what: str) -> int:
    if isinstance(key, str):
        if key not in rows:
            raise RequestError(f"No {what} is called {key!r}; there are {len(rows)}.")
        return rows[str(key)]
    whole = isinstance(key, (int, np.integer)) and not isinstance(key, bool)
    if not whole or not -len(rows) <= key < len(rows):
        raise IndexError(f"Wanted an id or a row of the {len(rows)} {what}s, not {key!r}.")
    return int(key) % len(rows)
