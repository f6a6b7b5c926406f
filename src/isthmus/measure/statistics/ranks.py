"""Ranks: where the relevant items of every query stand in a gallery, ties included.

Scores are computed tile by tile, so that the whole score matrix never exists. Items of equal
score share their places: every measure of retrieval is the expectation over random orders within
ties (McSherry & Najork 2008, Computing information retrieval performance measures efficiently in
the presence of tied scores), so that a space whose vectors are all equal scores chance.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from isthmus.records import dataclass

TILE = 2**22
"""Scores per tile: 16 MB of float32."""

QUERIES = 512
"""Most queries per tile."""


@dataclass(frozen=True, eq=False)
class Ranks:
    """Relevant items of every query in groups of equal score, best group first.

    A group occupies the places above + 1 .. above + tied, in random order.
    """

    query: Int[np.ndarray, " g"]
    """Query of each group, ascending."""
    above: Int[np.ndarray, " g"]
    """Gallery items, relevant or not, that score strictly higher."""
    tied: Int[np.ndarray, " g"]
    """Gallery items of this score, the relevant ones included."""
    found: Int[np.ndarray, " g"]
    """Relevant items of this score, at least one."""
    queries: int
    gallery: int
    """Items that each query ranks."""

    @classmethod
    def of_items(
        cls, query: np.ndarray, above: np.ndarray, tied: np.ndarray, size: tuple[int, int]
    ) -> "Ranks":
        """From one entry per relevant item, queries ascending; size = (queries, gallery)."""
        order = np.lexsort((above, query))
        query, above, tied = query[order], above[order], tied[order]
        start = np.flatnonzero(
            (np.diff(query, prepend=-1) != 0) | (np.diff(above, prepend=-1) != 0)
        )
        found = np.diff(start, append=len(query))
        return cls(query[start], above[start], tied[start], found, *size)

    @cached_property
    def relevant(self) -> Float[np.ndarray, " q"]:
        """Relevant items of each query."""
        return self.total(self.found)

    @cached_property
    def first(self) -> Int[np.ndarray, " q"]:
        """The best group of each query, where each has a relevant item."""
        return np.searchsorted(self.query, np.arange(self.queries))

    @cached_property
    def before(self) -> Int[np.ndarray, " g"]:
        """Relevant items that score higher than the group."""
        so_far = np.cumsum(self.found) - self.found
        return so_far - so_far[self.first][self.query]

    def total(self, gains: np.ndarray) -> Float[np.ndarray, " q"]:
        """Sum of a quantity of the groups over each query."""
        # without any group NumPy counts in whole numbers
        return np.bincount(self.query, gains, minlength=self.queries).astype(np.float64, copy=False)

    def places(self, worth: Float[np.ndarray, " m"]) -> Float[np.ndarray, " g"]:
        """What one item of each group is worth on average, if place i is worth ``worth[i - 1]``."""
        so_far = np.concatenate([[0.0], np.cumsum(worth, dtype=np.float64)])
        return (so_far[self.above + self.tied] - so_far[self.above]) / self.tied


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of queries against a gallery, larger is closer."""

    queries: Float[np.ndarray, "q d"]
    gallery: Float[np.ndarray, "m d"]
    rule: Callable[[Any, Any], Any]
    """A similarity of ``isthmus.similarity``: (q, d), (m, d) -> (q, m)."""
    own: Int[np.ndarray, " q"] | None = None
    """Gallery row of each query itself, which it must not find; none where it is not there."""
    joint: int = 0
    """Where the second of two galleries begins whose scores are not comparable by vector alone."""

    def of(self, rows: Int[np.ndarray, " r"]) -> "Scores":
        """Some of the queries against the whole gallery."""
        own = None if self.own is None else self.own[rows]
        return replace(self, queries=self.queries[rows], own=own)

    @property
    def whole(self) -> Float[np.ndarray, "q m"]:
        """All tiles at once, for galleries that are small."""
        return np.concatenate([tile for _, tile in self.tiles()])

    @cached_property
    def duplicates(self) -> tuple[np.ndarray, np.ndarray]:
        """Gallery rows that repeat an earlier row, and those earlier rows.

        A matrix product may round equal columns differently, by their place in the matrix; ties
        must not depend on that.
        """
        whole = np.ascontiguousarray(self.gallery)
        sums = whole.view(np.uint8 if whole.itemsize % 4 else np.uint32).sum(
            axis=1, dtype=np.uint64
        )
        if len(np.unique(sums)) == len(sums):  # equal rows have equal sums: most sets end here
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        seen: dict[tuple[bool, int], int] = {}
        earlier = np.array(
            [
                seen.setdefault((number < self.joint, hash(row.tobytes())), number)
                for number, row in enumerate(self.gallery)
            ]
        )
        later = np.flatnonzero(earlier != np.arange(len(earlier)))
        return later, earlier[later]

    def tiles(self) -> Iterator[tuple[int, Float[np.ndarray, "q m"]]]:
        """Yield (first query, scores of some queries); the tile may be overwritten."""
        size = max(1, min(QUERIES, TILE // max(1, len(self.gallery))))
        later, earlier = self.duplicates
        for start in range(0, len(self.queries), size):
            tile = np.asarray(self.rule(self.queries[start : start + size], self.gallery))
            if len(later):
                tile[:, later] = tile[:, earlier]
            if self.own is not None:
                tile[np.arange(len(tile)), self.own[start : start + size]] = -np.inf
            yield start, tile


def above_and_tied(
    scores: Float[np.ndarray, "q m"], row: Int[np.ndarray, " k"], column: Int[np.ndarray, " k"]
) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]:
    """How many items of its row score higher than each wanted item, and how many as high.

    Args:
        scores: sorted in place, row by row.
        row: ascending.
        column: the wanted item.
    """
    wanted = scores[row, column]
    scores.sort(axis=1)
    above, tied = np.empty((2, len(row)), dtype=np.int32)
    start = np.searchsorted(row, np.arange(len(scores) + 1))
    for line, low, high in zip(scores, start[:-1], start[1:], strict=True):
        right = line.searchsorted(wanted[low:high], "right")
        above[low:high] = len(line) - right
        tied[low:high] = right - line.searchsorted(wanted[low:high], "left")
    return above, tied


def top_probabilities(
    scores: Float[np.ndarray, "n c"], within: float = 0.0
) -> Float[np.ndarray, "n c"]:
    """Probability that each column comes first in its row: columns with the highest score share it.

    Scores that differ by ``within`` or less are tied.
    """
    first = scores >= scores.max(axis=1, keepdims=True) - within
    return first / first.sum(axis=1, keepdims=True)


def ranked(
    scores: Scores, relevant: Int[np.ndarray, "k 2"], question: Int[np.ndarray, " k"] | None = None
) -> Ranks:
    """Exact ranks of the relevant items, given as (query, gallery item) sorted by query.

    Args:
        scores: queries against gallery.
        relevant: rows of queries and gallery.
        question: the question that each entry belongs to, ascending, where a query stands for
            several (its own links and permuted ones); every query is one by default.
    """
    query, column = relevant[:, 0], relevant[:, 1]
    question = query if question is None else question
    questions = max(len(scores.queries), int(question.max(initial=-1)) + 1)
    above, tied = np.empty((2, len(query)), dtype=np.int32)
    for start, tile in scores.tiles():
        here = slice(*np.searchsorted(query, [start, start + len(tile)]))
        above[here], tied[here] = above_and_tied(tile, query[here] - start, column[here])
    items = len(scores.gallery) - (scores.own is not None)
    return Ranks.of_items(question, above, tied, (questions, items))
