"""Means, second moments and cross products of unit vectors in one pass over blocks of rows.

Float32 products of at most 2,048 rows, added up in float64: what a million rows need is one
buffer and one d x d sum for each block of objects that a jackknife leaves out.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.arrays import BLOCK, Vectors, unit
from isthmus.records import dataclass


@dataclass(frozen=True, eq=False)
class Moments:
    """Counts, sums and second moments of unit vectors, by block of objects and by cell.

    A cell is one object or, in sets of more than 20,000 rows, a run of objects.
    """

    counts: Int[np.ndarray, " g"]
    sums: Float[np.ndarray, "g d"]
    """Sums of the unit vectors of each block, float64."""
    grams: Float[np.ndarray, "g d d"]
    """Sums of x x' of each block, float32; never centred."""
    cells: Float[np.ndarray, "c d"]
    """Sums of the unit vectors of each cell, float32."""
    sizes: Int[np.ndarray, " c"]
    """Rows in each cell."""

    @property
    def total(self) -> tuple[float, Float[np.ndarray, " d"], Float[np.ndarray, "d d"]]:
        """Count, sum and second moment of all rows, float64."""
        gram = self.grams.sum(axis=0, dtype=np.float64)
        return float(self.counts.sum()), self.sums.sum(axis=0), gram

    @property
    def mean(self) -> Float[np.ndarray, " d"]:
        """Mean unit vector."""
        return self.sums.sum(axis=0) / self.counts.sum()

    def covariance(self, blocks: Bool[np.ndarray, " g"]) -> Float[np.ndarray, "d d"]:
        """Covariance of the rows of some blocks."""
        gram = np.tensordot(blocks.astype(np.float32), self.grams, axes=1)
        return covariance(float(blocks @ self.counts), blocks @ self.sums, gram.astype(np.float64))

    def joined(self, other: "Moments") -> "Moments":
        """The blocks and cells of both, one after the other."""
        return Moments(
            *map(np.concatenate, zip(vars(self).values(), vars(other).values(), strict=True))
        )


def covariance(
    count: float, sums: Float[np.ndarray, " d"], gram: Float[np.ndarray, "d d"]
) -> Float[np.ndarray, "d d"]:
    """Covariance (divisor n - 1) from count, sum and uncentred second moment."""
    return (gram - np.outer(sums, sums) / count) / (count - 1)


def mean_over_pairs(square: Any, n: Any) -> Any:
    """Mean cosine of different rows, from the squared length of the sum of n unit rows."""
    return (square - n) / (n * (n - 1))


def moments(
    vectors: Vectors,
    cells: Int[np.ndarray, " n"],
    block_of_cell: Int[np.ndarray, " c"],
    size: int = BLOCK,
) -> Moments:
    """The moments of the rows at length one; ``size`` rows at a time are held in memory.

    Raises:
        ValueError: a row is zero or not finite.
    """
    g, d, c = int(block_of_cell.max()) + 1, vectors.shape[1], len(block_of_cell)
    blocks = block_of_cell[cells]
    sums, grams = np.zeros((g, d)), np.zeros((g, d, d))
    by_cell = np.zeros((c, d), dtype=np.float32)
    for rows in pieces(blocks, cells, size):
        x = _unit_rows(vectors, rows)
        block, cell = blocks[rows[0]], cells[rows]
        starts = np.flatnonzero(np.diff(cell, prepend=-1))
        of_cells = np.add.reduceat(x, starts, axis=0, dtype=np.float64)
        np.add.at(by_cell, cell[starts], of_cells.astype(np.float32))
        sums[block] += of_cells.sum(axis=0)
        grams[block] += x.T @ x
    return Moments(
        np.bincount(blocks, minlength=g),
        sums,
        grams.astype(np.float32),
        by_cell,
        np.bincount(cells, minlength=c),
    )


@dataclass(frozen=True, eq=False)
class LinkMoments:
    """What linked pairs add up to, by block of objects."""

    counts: Int[np.ndarray, " g"]
    """Links in each block."""
    cosines: Float[np.ndarray, " g"]
    """Sums of matched cosines."""
    distances: Float[np.ndarray, " g"]
    """Sums of matched Euclidean distances."""
    crosses: Float[np.ndarray, "g d d"]
    """Sums of x y' over the links, float32; never centred."""


def link_moments(
    a: Float[np.ndarray, "n d"],
    b: Float[np.ndarray, "m d"],
    rows: Int[np.ndarray, "k 2"],
    block_of_link: Int[np.ndarray, " k"],
    g: int,
    size: int = BLOCK,
) -> LinkMoments:
    """Sums over the links (row of a, row of b) of two sets at length one, in g blocks of objects.

    A block without links counts none: few objects may be linked, and many not.
    """
    d = a.shape[1]
    cosines, distances, crosses = np.zeros(g), np.zeros(g), np.zeros((g, d, d))
    for links in pieces(block_of_link, rows[:, 0], size):
        x, y = _unit_rows(a, rows[links, 0]), _unit_rows(b, rows[links, 1])
        block = block_of_link[links[0]]
        cosines[block] += np.einsum("nd,nd->n", x, y).sum(dtype=np.float64)
        distances[block] += np.linalg.norm(x - y, axis=1).sum(dtype=np.float64)
        crosses[block] += x.T @ y
    return LinkMoments(
        np.bincount(block_of_link, minlength=g), cosines, distances, crosses.astype(np.float32)
    )


def pieces(
    blocks: Int[np.ndarray, " n"], cells: Int[np.ndarray, " n"], size: int
) -> Iterator[Int[np.ndarray, " rows"]]:
    """Row numbers of one block at a time, at most ``size``, rows of a cell side by side.

    Rows keep the order of the file where blocks are runs of it, so that a file on disk is read
    from front to back.
    """
    changes = np.count_nonzero(np.diff(blocks)) + np.count_nonzero(np.diff(cells) < 0)
    in_runs = changes <= len(blocks) // 32
    order = np.arange(len(blocks)) if in_runs else np.lexsort((cells, blocks))
    cuts = np.flatnonzero(np.diff(blocks[order])) + 1
    for start, stop in pairwise([0, *cuts, len(order)]):
        for first in range(start, stop, size):
            yield order[first : min(first + size, stop)]


def _unit_rows(vectors: Vectors, rows: Int[np.ndarray, " r"]) -> Float[np.ndarray, "r d"]:
    first, last = int(rows[0]), int(rows[-1])
    if last - first + 1 == len(rows) and (len(rows) < 2 or int(rows[1]) == first + 1):
        return unit(vectors[first : last + 1])
    return unit(vectors[rows])
