"""Nearest neighbours, deep enough that objects can be left out without a new search."""

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.types import RequestError, amount

DEPTH = 32
"""Neighbours kept per query."""
NEAR = 10
"""Neighbours that measures count (k)."""
ROWS = 512
THINNINGS = 60
"""Subsamples of objects behind the interval of a neighbour measure."""
TIE = 1e-6
"""Cosines closer than this are tied, and ties are broken at random: float32 knows no better."""


def nearest_rows(
    queries: Float[np.ndarray, "n d"],
    gallery: Float[np.ndarray, "m d"],
    *,
    same: bool = False,
    depth: int = DEPTH,
    ties: str = "",
) -> tuple[Int[np.ndarray, "n depth"], Float[np.ndarray, "n depth"]]:
    """Rows of the gallery nearest to each query and their cosines, best first.

    Unit vectors in; ``same`` leaves out each query's own row. Ties are broken at
    random, by a generator seeded with ``ties``, so that two modalities break theirs apart.

    Raises:
        RequestError: there is nothing to be near.
    """
    rng = np.random.default_rng(list(ties.encode()))
    n, m = len(queries), len(gallery)
    if m - same < 1:
        raise RequestError(
            f"A neighbour is another item, but here are {amount(m, 'item')}: measure two or more."
        )
    depth = min(depth, m - same)
    found = np.empty((n, depth), dtype=np.int32)
    cosines = np.empty((n, depth), dtype=np.float32)
    for start in range(0, n, ROWS):
        s = queries[start : start + ROWS] @ gallery.T
        if same:
            s[np.arange(len(s)), np.arange(start, start + len(s))] = -2
        least = np.partition(s, m - depth, axis=1)[:, m - depth, None]
        row, column = np.nonzero(s >= least - TIE)
        cosine = s[row, column]
        order = np.lexsort((rng.random(len(row)), -np.round(cosine / TIE), row))
        row = row[order]
        place = np.arange(len(row)) - np.searchsorted(row, np.arange(len(s)))[row]
        kept = order[place < depth]
        found[start : start + len(s)] = column[kept].reshape(len(s), depth)
        cosines[start : start + len(s)] = cosine[kept].reshape(len(s), depth)
    return found, cosines


def first_kept(
    neighbours: Int[np.ndarray, "n depth"], kept: Bool[np.ndarray, " m"], k: int = NEAR
) -> Bool[np.ndarray, "n depth"]:
    """Which entries are among the first k neighbours when only these gallery rows are kept."""
    kept_ones = kept[neighbours]
    return kept_ones & (np.cumsum(kept_ones, axis=1, dtype=np.int16) <= k)


def subsamples(blocks: int) -> Bool[np.ndarray, "t g"]:
    """Which blocks of objects stay in each of 60 subsamples of three quarters of them, seed 0.

    Leaving out single blocks overstates the variance of neighbour counts by 40 %; in spaces of
    200 items a quarter left out came within the error of the simulation.
    """
    stay = np.tile(np.arange(blocks) >= max(1, round(blocks / 4)), (THINNINGS, 1))
    return np.random.default_rng(0).permuted(stay, axis=1)
