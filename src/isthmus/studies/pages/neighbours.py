"""Who is whose neighbour: the nearest items of the other modality, and where they mislead."""

from collections.abc import Callable

import numpy as np

from isthmus.records import dataclass
from isthmus.types import EmbeddingSet

MOST = 20_000
"""Items of a side at most; of larger sets whole objects are sampled, and the page says so."""
SHOWN = 10
"""Nearest answers that are kept of each query."""
CANDIDATES = 200
"""Most confident mistakes among which those with pictures come first."""
_ROWS, SCORES = 1024, 1 << 22
"""Queries answered at once, fewer where the gallery is so large that these are more scores."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest answers of every query, and how far the linked one lies behind."""

    queries: EmbeddingSet
    gallery: EmbeddingSet
    query_rows: np.ndarray
    """(q,) rows of the queries that have a linked answer."""
    nearest: np.ndarray
    """(q, k) rows of the gallery, closest first."""
    cosines: np.ndarray
    """(q, k) their cosines."""
    linked: np.ndarray
    """(q, k) whether they belong to the query."""
    best_linked: np.ndarray
    """(q,) row of the closest linked answer."""
    rank: np.ndarray
    """(q,) rank of the closest linked answer, from 1."""
    margin: np.ndarray
    """(q,) cosine of the closest linked answer minus that of the closest other one."""

    @property
    def mistakes(self) -> np.ndarray:
        """Positions of the queries whose first answer is not linked, smallest margin first."""
        missed = np.flatnonzero(~self.linked[:, 0])
        return missed[np.argsort(self.margin[missed], kind="stable")]

    @property
    def popularity(self) -> np.ndarray:
        """(m,) how many queries have each answer among their nearest."""
        return np.bincount(self.nearest.ravel(), minlength=len(self.gallery))


def neighbours(queries: EmbeddingSet, gallery: EmbeddingSet, rows: np.ndarray) -> Neighbours:
    """Answers from the gallery for every linked query; ``rows`` (k, 2) are the links' rows."""
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    query_rows, query = np.unique(rows[:, 0], return_inverse=True)
    total, kept = len(query_rows), min(SHOWN, len(gallery))
    # made before any block: what is kept of one between large blocks would split the free memory
    found = Neighbours(
        queries,
        gallery,
        query_rows,
        nearest=np.empty((total, kept), dtype=np.int64),
        cosines=np.empty((total, kept), dtype=np.float32),
        linked=np.empty((total, kept), dtype=bool),
        best_linked=np.empty(total, dtype=np.int64),
        rank=np.empty(total, dtype=np.int64),
        margin=np.empty(total, dtype=np.float32),
    )
    size = min(_ROWS, max(64, SCORES // len(gallery)))
    for start in range(0, total, size):
        first, last = np.searchsorted(query, [start, start + size])
        linked = np.stack([query[first:last] - start, rows[first:last, 1]])
        _answer(found, slice(start, min(start + size, total)), linked)
    return found


def _answer(found: Neighbours, some: slice, linked: np.ndarray) -> None:
    """Fill in the answers of some queries; ``linked`` (2, k) are their rows and columns, sorted."""
    cosines = found.queries.unit[found.query_rows[some]] @ found.gallery.unit.T
    nearest = _largest(cosines, found.nearest.shape[1])
    found.nearest[some] = nearest
    found.cosines[some] = np.take_along_axis(cosines, nearest, axis=1)
    keys, width = linked[0] * cosines.shape[1] + linked[1], np.arange(len(cosines))[:, None]
    found.linked[some] = np.isin(width * cosines.shape[1] + nearest, keys)
    own = cosines[linked[0], linked[1]]
    # of each query's links the closest, of equally close ones the first
    order = np.lexsort((linked[1], -own, linked[0]))
    closest = order[np.flatnonzero(np.diff(linked[0][order], prepend=-1))]
    best = own[closest]
    found.best_linked[some] = linked[1][closest]
    found.rank[some] = 1 + (cosines > best[:, None]).sum(axis=1)
    cosines[linked[0], linked[1]] = -np.inf
    found.margin[some] = best - cosines.max(axis=1)


def _largest(scores: np.ndarray, kept: int) -> np.ndarray:
    """Columns of the largest scores of each row, in order; of equal ones the first comes first."""
    columns = np.sort(np.argpartition(scores, -kept, axis=1)[:, -kept:], axis=1)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


@dataclass(frozen=True)
class Answer:
    """One neighbour: its id, its cosine to the query and whether it is linked to it."""

    id: str
    cosine: float
    linked: bool


@dataclass(frozen=True)
class QueryExample:
    """A query with its first answers."""

    query: str
    answers: tuple[Answer, ...]
    right: Answer
    """The closest linked answer."""
    rank: int
    """Its rank, from 1."""
    margin: float
    """Cosine of the closest linked answer minus that of the closest other one."""


@dataclass(frozen=True)
class Hub:
    """An answer that stands among the nearest of many queries."""

    id: str
    queries: int
    of: int
    """Queries in all."""
    nearest: int
    """Neighbours counted for each query."""


def query_example(found: Neighbours, position: int, answers: int = 4) -> QueryExample:
    """The query at a position of ``found.query_rows`` with its first answers."""
    row, best = found.query_rows[position], int(found.best_linked[position])
    nearest = (
        column[position][:answers] for column in (found.nearest, found.cosines, found.linked)
    )
    cosine = found.queries.unit[row] @ found.gallery.unit[best]
    return QueryExample(
        found.queries.ids[row],
        tuple(
            Answer(found.gallery.ids[column], round(float(cosine), 4), bool(linked))
            for column, cosine, linked in zip(*nearest, strict=True)
        ),
        Answer(found.gallery.ids[best], round(float(cosine), 4), True),
        int(found.rank[position]),
        round(float(found.margin[position]), 4),
    )


def random_examples(
    found: Neighbours, count: int, rng: np.random.Generator
) -> tuple[QueryExample, ...]:
    """Queries drawn at random, so that the mistakes beside them can be judged."""
    total = len(found.query_rows)
    chosen = rng.choice(total, size=min(count, total), replace=False)
    return tuple(query_example(found, int(position)) for position in np.sort(chosen))


def confident_mistakes(
    found: Neighbours, count: int, pictured: Callable[[QueryExample], int]
) -> tuple[QueryExample, ...]:
    """Mistakes with the largest cosine margin, those with most pictures first.

    A query whose linked answer is itself a near-duplicate of the first one is as much the data's
    fault as the space's; the page says so.
    """
    worst = [query_example(found, int(position)) for position in found.mistakes[:CANDIDATES]]
    return tuple(sorted(worst, key=lambda one: -pictured(one))[:count])


def swaps(
    found: Neighbours, rows: np.ndarray, count: int
) -> tuple[tuple[QueryExample, QueryExample], ...]:
    """Pairs of queries of which each has the other's linked answer first; no query twice."""
    position = {int(row): at for at, row in enumerate(found.query_rows)}
    linked = {(int(a), int(b)) for a, b in rows}
    owners: dict[int, list[int]] = {}
    for a, b in linked:
        owners.setdefault(b, []).append(a)
    pairs: list[tuple[QueryExample, QueryExample]] = []
    shown: set[int] = set()
    for at in found.mistakes:
        here, first = int(found.query_rows[at]), int(found.nearest[at, 0])
        for other in sorted(owners.get(first, [])):
            back = int(found.nearest[position[other], 0])
            crossed = (here, back) in linked and (other, back) not in linked
            if crossed and shown.isdisjoint((here, other)) and len(pairs) < count:
                pairs.append(
                    (query_example(found, int(at), 1), query_example(found, position[other], 1))
                )
                shown |= {here, other}
    return tuple(pairs)


def hubs(found: Neighbours, count: int) -> tuple[Hub, ...]:
    """The answers that most queries have among their nearest, most popular first."""
    popular = found.popularity
    order = np.argsort(-popular, kind="stable")[:count]
    queries, kept = found.nearest.shape
    return tuple(Hub(found.gallery.ids[row], int(popular[row]), queries, kept) for row in order)
