"""Rows by position, by id, by slice or by mask: how sets and items are indexed."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

import numpy as np

from isthmus.records import amount, fitting, short
from isthmus.registry import UnknownPartError, near
from isthmus.types.errors import RequestError

One: TypeAlias = str | int | np.integer[Any]
"""An id, or a row number that may count from the end."""

K = TypeVar("K")
V = TypeVar("V")


class Named(dict[K, V]):
    """A dict that prints on one line, and says what there is where a name is not in it."""

    def __repr__(self) -> str:
        pairs = (f"{short(key)}: {short(value)}" for key, value in self.items())
        return f"{{{fitting(pairs, len(self))}}}"

    def __missing__(self, key: Any) -> Any:
        raise UnknownPartError(f"There is no {short(key)} here; {near(key, self)}")


class Names(tuple[V, ...]):
    """A tuple that prints on one line."""

    def __repr__(self) -> str:
        return f"({fitting(map(short, self), len(self))}{',' * (len(self) == 1)})"


class Listed(list[V]):
    """A list that prints on one line."""

    def __repr__(self) -> str:
        return f"[{fitting(map(short, self), len(self))}]"


def as_ids(ids: Any) -> Names[str]:
    """Ids as texts, of which numbers become some too.

    Raises:
        RequestError: one text instead of many.
    """
    if isinstance(ids, str) or not isinstance(ids, Iterable):
        raise RequestError(f"Ids are a list of texts, not {short(ids)}.")
    return ids if isinstance(ids, Names) else Names(map(str, ids))


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
    if hasattr(key, "tolist"):  # of NumPy, torch, pandas
        key = key.tolist()
    if isinstance(key, slice):
        return list(range(len(rows))[key])
    if isinstance(key, (str, int, np.integer)) and not isinstance(key, (bool, np.bool_)):
        return _row(key, rows, what)
    if not isinstance(key, Iterable):
        raise TypeError(f"Wanted ids or rows of {amount(len(rows), what)}, not {key!r}.")
    keys: list[Any] = [*key]
    if keys and all(isinstance(one, (bool, np.bool_)) for one in keys):
        if len(keys) != len(rows):
            raise RequestError(
                f"A mask of {amount(len(rows), what)} cannot have {amount(len(keys), 'value')}."
            )
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
