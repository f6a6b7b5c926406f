"""Means, second moments and cross products of unit vectors in one pass over blocks of rows.

Everything is taken about an origin near the mean of the rows, subtracted in float64: in a narrow
cone the mean is a thousand times longer than the spread, and what a float32 product of rows about
zero rounds away would be all there is to see. Second moments are added up in float64. A million
rows need one buffer and one d x d sum for each block of objects that a jackknife leaves out.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.arrays import BLOCK, Vector, Vectors, evenly_spaced, unit
from isthmus.records import dataclass

ORIGIN = 1_024
"""Evenly spaced rows whose mean is the origin."""
CHUNK = 128
"""Rows that are scaled at once: they stay in the cache."""
FEW = 20_000
"""Rows or links up to which products are taken in float64; of more, about the origin, single errors
average out."""
CONSTANT = 1e-14
"""Variance of unit rows up to which they are one direction: float32 rounds directions by 1e-7."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Counts, sums and second moments of unit vectors less the origin, by block and by cell.

    A cell is one object or, in sets of more than 20,000 rows, a run of objects.
    """

    origin: Float[np.ndarray, " d"]
    """What is subtracted from every unit vector before anything is added up; float64."""
    counts: Int[np.ndarray, " g"]
    sums: Float[np.ndarray, "g d"]
    """Sums of z = x - origin of each block, float64."""
    grams: Float[np.ndarray, "g d d"]
    """Sums of z z' of each block, float64."""
    cells: Float[np.ndarray, "c d"]
    """Sums of z of each cell, float32."""
    sizes: Int[np.ndarray, " c"]
    """Rows in each cell."""

    @property
    def total(self) -> tuple[float, Float[np.ndarray, " d"], Float[np.ndarray, "d d"]]:
        """Count, sum and second moment about the origin of all rows."""
        return float(self.counts.sum()), self.sums.sum(axis=0), self.grams.sum(axis=0)

    @property
    def uncentred(self) -> Float[np.ndarray, "g d"]:
        """Sums of the unit vectors of each block."""
        return self.sums + np.outer(self.counts, self.origin)

    @property
    def mean(self) -> Float[np.ndarray, " d"]:
        """Mean unit vector."""
        return self.origin + self.sums.sum(axis=0) / self.counts.sum()

    def covariance(self, blocks: Bool[np.ndarray, " g"]) -> Float[np.ndarray, "d d"]:
        """Covariance of the rows of some blocks."""
        gram = np.tensordot(blocks.astype(np.float64), self.grams, axes=1)
        return covariance(float(blocks @ self.counts), blocks @ self.sums, gram)

    def within(self, axes: Float[np.ndarray, "d k"]) -> "Moments":
        """The same of the coordinates along these axes; cells are left out."""
        origin, sums, none = self.origin @ axes, self.sums @ axes, np.zeros((0, axes.shape[1]))
        return Moments(origin, self.counts, sums, axes.T @ self.grams @ axes, none, self.sizes[:0])

    def joined(self, other: "Moments") -> "Moments":
        """The blocks and cells of both, one after the other, about the origin of the first."""
        away = other.origin - self.origin
        along = other.sums[:, :, None] * away
        of_away = other.counts[:, None, None] * np.outer(away, away)
        moved = (
            other.counts,
            other.sums + np.outer(other.counts, away),
            other.grams + along + along.transpose(0, 2, 1) + of_away,
            other.cells + np.outer(other.sizes, away).astype(np.float32),
            other.sizes,
        )
        mine = self.counts, self.sums, self.grams, self.cells, self.sizes
        return Moments(self.origin, *map(np.concatenate, zip(mine, moved, strict=True)))


def covariance(
    count: float, sums: Float[np.ndarray, " d"], gram: Float[np.ndarray, "d d"]
) -> Float[np.ndarray, "d d"]:
    """Covariance (divisor n - 1) from count, sum and second moment about any one origin."""
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
    blocks, origin = block_of_cell[cells], origin_of(vectors)
    sums, grams = np.zeros((g, d)), np.zeros((g, d, d))
    kind = np.float64 if len(vectors) <= FEW else np.float32
    by_cell = np.zeros((c, d), dtype=np.float32)
    buffer = np.empty((min(size, len(vectors)), d))
    for rows in pieces(blocks, cells, size):
        z = _offsets(vectors, rows, origin, buffer)
        block, cell = blocks[rows[0]], cells[rows]
        starts = np.flatnonzero(np.diff(cell, prepend=-1))
        of_cells = z if len(starts) == len(z) else _run_sums(z, starts)
        np.add.at(by_cell, cell[starts], of_cells.astype(np.float32))
        sums[block] += of_cells.sum(axis=0)
        z = z.astype(kind, copy=False)
        grams[block] += z.T @ z
    counts = np.bincount(blocks, minlength=g)
    return Moments(origin, counts, sums, grams, by_cell, np.bincount(cells, minlength=c))


@dataclass(frozen=True, eq=False)
class LinkMoments:
    """What linked pairs add up to, by block of objects."""

    counts: Int[np.ndarray, " g"]
    """Links in each block."""
    squares: Float[np.ndarray, " g"]
    """Sums of squared Euclidean distances of linked unit vectors, 2 - 2 times their cosine."""
    distances: Float[np.ndarray, " g"]
    """Sums of matched Euclidean distances."""
    crosses: Float[np.ndarray, "g d d"]
    """Sums over the links of products of both sides, each less its origin."""


def link_moments(
    a: Float[np.ndarray, "n d"],
    b: Float[np.ndarray, "m d"],
    rows: Int[np.ndarray, "k 2"],
    block_of_link: Int[np.ndarray, " k"],
    g: int,
    size: int = BLOCK,
) -> LinkMoments:
    """Sums over the links (row of a, row of b) of two sets at length one, in g blocks of objects.

    A block without links counts none: few objects may be linked, and many not. The origins are
    those of the sets' ``moments``.
    """
    d, kind = a.shape[1], np.float64 if len(rows) <= FEW else np.float32
    squares, distances = np.zeros(g), np.zeros(g)
    crosses = np.zeros((g, d, d), dtype=kind)
    origins, buffers = (origin_of(a), origin_of(b)), np.empty((2, min(size, len(rows)), d), kind)
    for links in pieces(block_of_link, rows[:, 0], size):
        block, (x, y) = block_of_link[links[0]], buffers[:, : len(links)]
        p, q = _taken(a, rows[links, 0]), _taken(b, rows[links, 1])
        for part in _chunks(len(links)):
            u, v = unit(p[part], np.float64, of=a), unit(q[part], np.float64, of=b)
            away = u - v
            square = np.einsum("nd,nd->n", away, away)
            squares[block] += square.sum()
            distances[block] += np.sqrt(square).sum()
            np.subtract(u, origins[0], out=x[part])
            np.subtract(v, origins[1], out=y[part])
        crosses[block] += x.T @ y
    return LinkMoments(np.bincount(block_of_link, minlength=g), squares, distances, crosses)


def origin_of(vectors: Vectors) -> Vector:
    """Mean of some unit rows, from which all others are measured."""
    rows = evenly_spaced(np.arange(len(vectors)), ORIGIN)
    return unit(vectors[rows], np.float64, of=vectors).mean(axis=0)


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


def _run_sums(
    z: Float[np.ndarray, "r d"], starts: Int[np.ndarray, " c"]
) -> Float[np.ndarray, "c d"]:
    """Sums over runs of rows, as products with ones: sixty times as fast as adding them up."""
    ends, ones = [*starts[1:], len(z)], np.ones(len(z))
    return np.stack(
        [ones[start:end] @ z[start:end] for start, end in zip(starts, ends, strict=True)]
    )


def _chunks(n: int) -> Iterator[slice]:
    return (slice(start, start + CHUNK) for start in range(0, n, CHUNK))


def _taken(
    vectors: Float[np.ndarray, "n d"], rows: Int[np.ndarray, " r"]
) -> Float[np.ndarray, "r d"]:
    """Some rows, which are copied only if they do not follow each other."""
    run = bool((np.diff(rows) == 1).all())
    return vectors[int(rows[0]) : int(rows[-1]) + 1] if run else vectors[rows]


def _offsets(
    vectors: Vectors, rows: Int[np.ndarray, " r"], origin: Vector, buffer: Float[np.ndarray, "s d"]
) -> Float[np.ndarray, "r d"]:
    """Some rows at length one less the origin, in float64, in the buffer."""
    found, z = _taken(vectors, rows), buffer[: len(rows)]
    for part in _chunks(len(rows)):
        np.subtract(unit(found[part], np.float64, of=vectors), origin, out=z[part])
    return z
