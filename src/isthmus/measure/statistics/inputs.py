"""Inputs of measures, checked once: sets or plain arrays become unit vectors with links."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.arrays import Vectors
from isthmus.measure.statistics.nearest import nearest_rows
from isthmus.measure.statistics.samples import (
    SAMPLE,
    Cloud,
    check_objects,
    cloud,
    rows_of_sample,
    take_rows,
)
from isthmus.measure.statistics.streaming import LinkMoments, link_moments
from isthmus.records import dataclass, short
from isthmus.types import (
    EmbeddingSet,
    Links,
    RequestError,
    as_vectors,
    check_kind,
    objects_of,
    same_space,
)

SetLike = EmbeddingSet | np.ndarray
"""An EmbeddingSet, or a plain (n, d) array whose ids are the running number."""


def as_set(a: SetLike, modality: str = "a") -> EmbeddingSet:
    """The set, or the plain array as a set."""
    return a if isinstance(a, EmbeddingSet) else EmbeddingSet.from_rows(a, modality)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two sets of one space with their links as row numbers."""

    a: EmbeddingSet
    b: EmbeddingSet
    rows: Int[np.ndarray, "k 2"]
    """(k, 2) row numbers of linked items."""

    @property
    def x(self) -> Vectors:
        """Unit vectors of a."""
        return self.a.unit

    @property
    def y(self) -> Vectors:
        """Unit vectors of b."""
        return self.b.unit

    @cached_property
    def reversed(self) -> "Pair":
        """The same links seen from b; they keep their order, so that sums over them do too."""
        return Pair(self.b, self.a, self.rows[:, ::-1])

    @property
    def by_query(self) -> Int[np.ndarray, "k 2"]:
        """The links sorted by the row of a."""
        return self.rows[np.argsort(self.rows[:, 0], kind="stable")]

    @cached_property
    def objects(self) -> tuple[np.ndarray, np.ndarray]:
        """The object number of every row of a and of b: the exchangeable unit."""
        n, m = len(self.a), len(self.b)
        return (np.arange(n), np.arange(n)) if self._row_by_row else objects_of(self.rows, n, m)

    @property
    def _row_by_row(self) -> bool:
        """Whether each row of a is linked to the row of b of its number, and to no other."""
        n = len(self.rows)
        return n == len(self.a) == len(self.b) and bool((self.rows == np.arange(n)[:, None]).all())

    @property
    def same_object(self) -> Bool[np.ndarray, "n m"]:
        """Whether a row of a and a row of b belong to one object."""
        left, right = self.objects
        return left[:, None] == right[None, :]

    @cached_property
    def n(self) -> int:
        """Linked objects."""
        return len(np.unique(self.objects[0][self.rows[:, 0]]))

    @cached_property
    def clouds(self) -> tuple[Cloud, Cloud]:
        """Both sets as clouds of the same objects, cut into the same blocks."""
        left, right = self.objects
        total = int(max(left.max(), right.max())) + 1
        return cloud(self.a, left, total), cloud(self.b, right, total)

    @cached_property
    def link_moments(self) -> LinkMoments:
        """Sums over the links by block of objects, exact also for streamed sets."""
        check_objects(self.n, "linked ones")
        left = self.clouds[0]
        block, blocks = left.block[self.rows[:, 0]], int(left.cells[1].max()) + 1
        return link_moments(self.a.vectors, self.b.vectors, self.rows, block, blocks)

    @cached_property
    def sampled(self) -> "Pair":
        """This pair or, beyond ``SAMPLE`` rows of a set, whole linked objects drawn with seed 0.

        Pairwise and neighbour measures use this; its ``n`` is what they report.
        """
        if max(len(self.a), len(self.b)) <= SAMPLE:
            return self
        left, right = rows_of_sample(list(self.objects))
        new_a, new_b = np.full(len(self.a), -1), np.full(len(self.b), -1)
        new_a[left], new_b[right] = np.arange(len(left)), np.arange(len(right))
        rows = np.stack([new_a[self.rows[:, 0]], new_b[self.rows[:, 1]]], axis=1)
        return Pair(
            take_rows(self.a, left), take_rows(self.b, right), rows[(rows >= 0).all(axis=1)]
        )

    @cached_property
    def paired(self) -> "Pair":
        """One row an object in both sets, linked by row number: what needs pairs uses this.

        An object of several items is the direction of their mean; one without a link is left out.
        """
        if self._row_by_row:
            return self
        check_objects(self.n, "linked ones")
        pair = self.sampled
        kept = np.unique(pair.objects[0][pair.rows[:, 0]])
        a, b = (
            _object_means(items, objects, kept)
            for items, objects in zip((pair.a, pair.b), pair.objects, strict=True)
        )
        return Pair(a, b, np.repeat(np.arange(len(kept))[:, None], 2, axis=1))

    @cached_property
    def squares(self) -> Float[np.ndarray, "n m"]:
        """Squared distances (2 - 2 cosine) of all rows of a and of b; of a ``sampled`` pair.

        Taken about the middle of both sets: about zero, a narrow cone leaves float32 no digits.
        """
        means = [z.mean(axis=0, dtype=np.float64) for z in (self.x, self.y)]
        x, y = ((z - np.mean(means, axis=0)).astype(np.float32) for z in (self.x, self.y))
        found = x @ (-2 * y.T)
        found += np.einsum("nd,nd->n", x, x)[:, None]
        found += np.einsum("nd,nd->n", y, y)
        return np.maximum(found, 0, out=found)

    @cached_property
    def neighbours(
        self,
    ) -> tuple[
        tuple[Int[np.ndarray, "n k"], Float[np.ndarray, "n k"]],
        tuple[Int[np.ndarray, "m j"], Float[np.ndarray, "m j"]],
    ]:
        """Nearest rows of b for each row of a, then of a for b; of a ``sampled`` pair."""
        return nearest_rows(self.x, self.y), nearest_rows(self.y, self.x)


def as_pair(a: SetLike, b: SetLike, links: Links | None = None) -> Pair:
    """Both sets and their links.

    The last pair of a set is kept on it: the forty measures of one study share what they compute,
    and it goes when the set goes.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: no links were given and no ids are equal, no link has both its ends, or
            plain arrays differ in length.
    """
    check_kind(links, Links | None, "Links are isthmus.Links(pairs)")
    plain = links is None and not any(isinstance(some, EmbeddingSet) for some in (a, b))
    first, second = as_set(a, "a"), as_set(b, "b")
    if plain and len(first) != len(second):
        raise RequestError(
            f"Plain arrays pair row by row, but these have {len(first):,} and {len(second):,} "
            "rows: give links, or sets with ids."
        )
    same_space(first.space, second.space)
    kept: tuple[Pair, Links | None] | None = vars(first).get("_pair")
    if kept is not None and kept[0].b is second and kept[1] is links:
        return kept[0]
    pair = Pair(first, second, Links.between(first, second, links))
    vars(first)["_pair"] = (pair, links)
    return pair


def check_whole(value: Any, what: str) -> int:
    """Refuse anything but a whole number of 1 or more.

    Raises:
        RequestError: another number, or none.
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < 1:
        raise RequestError(f"{what}: a whole number, 1 or more, not {short(value)}.")
    return int(value)


def named_words(items: EmbeddingSet, words: SetLike, names: Sequence[str]) -> Vectors:
    """(v, d) float64, the vectors of a vocabulary.

    Raises:
        RequestError: names that are not as many, or vectors of other coordinates than the items'.
    """
    found = as_vectors(words)
    if found.shape != (len(names), items.space.dim):
        raise RequestError(
            f"Every word has a name, and a vector of {items.space.dim} coordinates as the items "
            f"have; these are {len(names)} names and an array of {found.shape}."
        )
    return found.astype(np.float64)


def _object_means(items: EmbeddingSet, objects: np.ndarray, kept: np.ndarray) -> EmbeddingSet:
    rows = np.flatnonzero(np.isin(objects, kept))
    rows = rows[np.argsort(objects[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(objects[rows], prepend=-1))
    means = np.add.reduceat(items.unit[rows], starts, axis=0)
    return replace(items, vectors=means, ids=tuple(map(str, kept)))
