"""Exact search: the largest inner products of queries with rows, tile by tile.

Memory is bounded by a tile, whatever the number of rows: they may be mapped from a file.
"""

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors

TILE = 16_384
"""Rows that are scored at once."""


def nearest(
    queries: Float[np.ndarray, "q d"],
    rows: Vectors,
    top: int,
    among: Int[np.ndarray, " k"] | None = None,
    tile: int = TILE,
) -> tuple[Float[np.ndarray, "q t"], Int[np.ndarray, "q t"]]:
    """Scores and numbers of the best rows of each query, falling; of equal ones the first rows.

    Args:
        queries: unit vectors, as the rows are.
        rows: (n, d), in memory or mapped.
        top: how many of them, or as many as there are.
        among: numbers of the rows that may be found, ascending; None for all.
        tile: rows that are scored at once.
    """
    count = len(rows) if among is None else len(among)
    scores = np.empty((len(queries), 0), np.float32)
    numbers = np.empty((len(queries), 0), np.int64)
    for start in range(0, count, tile):
        stop = min(start + tile, count)
        part = np.arange(start, stop) if among is None else among[start:stop]
        some = rows[start:stop] if among is None else rows[part]
        fresh = queries @ np.asarray(some, np.float32).T
        if scores.shape[1] < top:
            scores = np.concatenate([scores, fresh], axis=1)
            numbers = np.concatenate([numbers, np.broadcast_to(part, fresh.shape)], axis=1)
            keep = _best(scores, top)
            scores, numbers = (np.take_along_axis(x, keep, axis=1) for x in (scores, numbers))
        else:
            _merge(scores, numbers, fresh, part)
    return scores, numbers


def _merge(
    scores: Float[np.ndarray, "q t"],
    numbers: Int[np.ndarray, "q t"],
    fresh: Float[np.ndarray, "q n"],
    part: Int[np.ndarray, " n"],
) -> None:
    """Put what is better than the last of the best among them; equal scores do not pass it."""
    query, column = np.nonzero(fresh > scores[:, -1:])
    for row in np.unique(query):
        more = column[query == row]
        values = np.concatenate([scores[row], fresh[row, more]])
        keep = np.argsort(-values, kind="stable")[: scores.shape[1]]
        scores[row], numbers[row] = values[keep], np.concatenate([numbers[row], part[more]])[keep]


def _best(scores: Float[np.ndarray, "q n"], top: int) -> Int[np.ndarray, "q t"]:
    """Columns of the largest scores of each row, falling; of equal ones the first columns."""
    if top >= scores.shape[1]:
        return np.argsort(-scores, axis=1, kind="stable")
    found = np.empty((len(scores), top), np.int64)
    for row, some in enumerate(scores):
        least = -np.partition(-some, top - 1)[top - 1]
        above = np.flatnonzero(some > least)
        chosen = np.concatenate([above, np.flatnonzero(some == least)[: top - len(above)]])
        found[row] = chosen[np.lexsort((chosen, -some[chosen]))]
    return found
