"""Exact search: the largest inner products of queries with rows, tile by tile.

Memory is bounded by a tile, whatever the number of rows: they may be mapped from a file.
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

TILE = 16_384
"""Rows that are scored at once, at most."""
LEAST_TILE = 4_096
"""And at least."""
SCORES = 1 << 18
"""Scores that are made at once: more fall out of the cache before they are looked at."""


@runtime_checkable
class Rows(Protocol):
    """Vectors (n, d) in memory, mapped, or of a store, read by slices and by lists of numbers."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all."""
        ...

    def __len__(self) -> int: ...
    def __getitem__(self, key: Any, /) -> Any: ...


@runtime_checkable
class Search(Protocol):
    """A way to find the nearest rows."""

    def __call__(
        self, queries: Float[np.ndarray, "q d"], rows: Rows, top: int, /
    ) -> tuple[Float[np.ndarray, "q t"], Int[np.ndarray, "q t"]]:
        """Scores and numbers of the best rows of each query, falling; of equal ones the first."""
        ...


def nearest(
    queries: Float[np.ndarray, "q d"],
    rows: Rows,
    top: int,
    among: Int[np.ndarray, " k"] | None = None,
    tile: int = 0,
) -> tuple[Float[np.ndarray, "q t"], Int[np.ndarray, "q t"]]:
    """Scores and numbers of the best rows of each query, falling; of equal ones the first rows.

    Args:
        queries: unit vectors, as the rows are.
        rows: (n, d), in memory or mapped.
        top: how many of them, or as many as there are.
        among: numbers of the rows that may be found, ascending; None for all.
        tile: rows that are scored at once; 0 for as many as the cache holds scores of.
    """
    count = len(rows) if among is None else len(among)
    queries = np.ascontiguousarray(queries, np.float32)
    tile = tile or min(max(SCORES // max(len(queries), 1), LEAST_TILE), TILE)
    scores = np.empty((len(queries), 0), np.float32)
    numbers = np.empty((len(queries), 0), np.int64)
    room = np.empty((len(queries), min(tile, count)), np.float32)
    for start in range(0, count, tile):
        stop = min(start + tile, count)
        some = rows[start:stop] if among is None else rows[among[start:stop]]
        fresh = room if stop - start == room.shape[1] else room[:, : stop - start].copy()
        np.matmul(queries, np.asarray(some, np.float32).T, out=fresh)
        if scores.shape[1] < top:
            places = np.broadcast_to(np.arange(start, stop), fresh.shape)
            scores = np.concatenate([scores, fresh], axis=1)
            numbers = np.concatenate([numbers, places], axis=1)
            keep = _best(scores, top)
            scores, numbers = (np.take_along_axis(x, keep, axis=1) for x in (scores, numbers))
        else:
            _merge(scores, numbers, fresh, start)
    return scores, numbers if among is None else among[np.asarray(numbers, np.int64)]


def _merge(
    scores: Float[np.ndarray, "q t"],
    numbers: Int[np.ndarray, "q t"],
    fresh: Float[np.ndarray, "q n"],
    start: int,
) -> None:
    """Put what is better than the last of the best among them; equal scores do not pass it."""
    touched = np.flatnonzero(fresh.max(axis=1, initial=-np.inf) > scores[:, -1])
    if not len(touched):
        return
    row, column = _where(fresh[touched] > scores[touched, -1:])
    top = scores.shape[1]
    query = np.concatenate([np.repeat(np.arange(len(touched)), top), row])
    values = np.concatenate([scores[touched].ravel(), fresh[touched[row], column]])
    places = np.concatenate([numbers[touched].ravel(), start + column])
    order = np.lexsort((-values, query))  # stable: of equal ones those that were there stay first
    first = np.searchsorted(query[order], np.arange(len(touched)))
    keep = order[first[:, None] + np.arange(top)]
    scores[touched], numbers[touched] = values[keep], places[keep]


def _where(found: Bool[np.ndarray, "q n"]) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]:
    """``np.nonzero``, which is several times as fast in one dimension."""
    flat = np.flatnonzero(found)
    return flat // found.shape[1], flat % found.shape[1]


def _best(scores: Float[np.ndarray, "q n"], top: int) -> Int[np.ndarray, "q t"]:
    """Columns of the largest scores of each row, falling; of equal ones the first columns."""
    if top >= scores.shape[1]:
        return np.argsort(-scores, axis=1, kind="stable")
    found = np.empty((len(scores), top), np.int64)
    for row, some in enumerate(scores):
        least = np.partition(some, -top)[-top]
        above = np.flatnonzero(some > least)
        chosen = np.concatenate([above, np.flatnonzero(some == least)[: top - len(above)]])
        found[row] = chosen[np.lexsort((chosen, -some[chosen]))]
    return found
