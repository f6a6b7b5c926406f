"""One set as measures see it: cut into blocks of objects, sampled where pairs are too many."""

from dataclasses import replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import fingerprint, unit_rows
from isthmus.measure.statistics.nearest import nearest_rows
from isthmus.measure.statistics.resampling import BLOCKS, leave_one_out_sums, random_blocks
from isthmus.measure.statistics.streaming import CONSTANT, Moments, covariance, moments
from isthmus.records import dataclass
from isthmus.types import EmbeddingSet, RequestError

SAMPLE = 5_000
"""Rows of a modality that pairwise and neighbour measures use, whole objects at random."""
STREAMED = 20_000
"""Rows from which on a set is streamed and its objects are taken in runs."""
EPSILON = float(np.finfo(np.float64).eps)
LEAST = 8
"""Objects below which no interval is worth printing."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """The unit vectors of one set with the object that each row belongs to."""

    items: EmbeddingSet
    objects: Int[np.ndarray, " n"]
    """Object number of each row; numbers may be absent where another set holds the object."""
    total: int
    """Objects in all, those of the other set included."""

    @cached_property
    def cells(self) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " c"]]:
        """The cell of each row and the block of each cell.

        Objects are cells and go to blocks at random (seed 0); of many objects, runs are cells and
        go to blocks in turn, so that a file is read from front to back.
        """
        check_objects(self.total, self.items.modality)
        if self.total <= STREAMED:
            return self.objects, random_blocks(self.total, np.random.default_rng(0))
        run = min(2048, self.total // 400)
        return self.objects // run, np.arange((self.total - 1) // run + 1) % BLOCKS

    @cached_property
    def moments(self) -> Moments:
        """Counts, sums and second moments by block, exact also for streamed sets."""
        return moments(self.items.vectors, *self.cells)

    @cached_property
    def sampled(self) -> "Cloud":
        """This cloud or, beyond ``SAMPLE`` rows, whole objects of it drawn with seed 0."""
        if len(self.items) <= SAMPLE:
            return self
        rows = rows_of_sample([self.objects])[0]
        found, objects = np.unique(self.objects[rows], return_inverse=True)
        return Cloud(take_rows(self.items, rows), objects, len(found))

    @property
    def n(self) -> int:
        """Objects of which this cloud has rows."""
        return len(np.unique(self.objects))

    @cached_property
    def block(self) -> Int[np.ndarray, " n"]:
        """The block of objects that each row falls in."""
        cell, block = self.cells
        return block[cell]

    @cached_property
    def neighbours(self) -> tuple[Int[np.ndarray, "n k"], Float[np.ndarray, "n k"]]:
        """Nearest other rows of each row and their cosines; of a ``sampled`` cloud."""
        x = self.items.unit
        return nearest_rows(x, x, same=True, ties=self.items.modality)

    @cached_property
    def spectra(self) -> Float[np.ndarray, "g1 d"]:
        """Eigenvalues of the covariance, largest first: of all rows, then without each block."""
        m = self.moments
        covariances = map(covariance, *map(leave_one_out_sums, (m.counts, m.sums, m.grams)))
        values = np.stack([np.linalg.eigvalsh(one) for one in covariances])[:, ::-1]
        # what rounding alone gives a direction in which nothing varies
        floor = values[:, :1] * EPSILON * np.sqrt(values.shape[1])
        varies = values.sum(axis=1, keepdims=True) > CONSTANT
        return np.where((values > floor) & varies, values, 0.0)


def check_objects(objects: int, what: str) -> None:
    """Refuse to measure too few objects.

    Raises:
        RequestError: there are fewer than ``LEAST``.
    """
    if objects < LEAST:
        raise RequestError(
            f"An interval needs at least {LEAST} objects, but here are {objects} ({what}): "
            "measure more items."
        )


def cloud(
    a: EmbeddingSet, objects: Int[np.ndarray, " n"] | None = None, total: int | None = None
) -> Cloud:
    """The set as a cloud, kept on the set so that all its measures share what they compute.

    Without ``objects`` every row is one; ``total`` counts objects that another set holds too.
    """
    objects = np.arange(len(a)) if objects is None else objects
    total = int(objects.max(initial=-1)) + 1 if total is None else total
    kept: dict[str, Cloud] = vars(a).setdefault("_clouds", {})
    return kept.setdefault(fingerprint(objects, total), Cloud(a, objects, total))


def rows_of_sample(objects: list[np.ndarray]) -> list[np.ndarray]:
    """Rows of whole objects, as many as fit in ``SAMPLE`` rows of each set, drawn with seed 0."""
    total = max(int(labels.max()) for labels in objects) + 1
    sizes = np.stack([np.bincount(labels, minlength=total) for labels in objects])
    order = np.random.default_rng(0).permutation(np.flatnonzero(sizes.min(axis=0)))
    fits = np.count_nonzero(np.cumsum(sizes[:, order], axis=1).max(axis=0) <= SAMPLE)
    chosen = np.zeros(total, dtype=bool)
    chosen[order[: max(1, int(fits))]] = True
    return [np.flatnonzero(chosen[labels]) for labels in objects]


def take_rows(items: EmbeddingSet, rows: Int[np.ndarray, " s"]) -> EmbeddingSet:
    """These rows of a set, read into memory."""
    vectors = unit_rows(items.vectors, rows)
    return replace(items, vectors=vectors, ids=tuple(items.ids[row] for row in rows))
