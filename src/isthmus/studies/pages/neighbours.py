"""Who is whose neighbour: the nearest items of the other modality, and where they mislead."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isthmus.types import EmbeddingSet

MOST = 20_000
"""Queries and answers of one look; larger sets are sampled, and the page says so."""
SHOWN = 10
_ROWS = 1024


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest answers of every query, and how far the linked one lies behind."""

    queries: EmbeddingSet
    gallery: EmbeddingSet
    asked: np.ndarray
    """(q,) rows of the queries that have a linked answer."""
    nearest: np.ndarray
    """(q, k) rows of the gallery, closest first."""
    cosines: np.ndarray
    """(q, k) their cosines."""
    linked: np.ndarray
    """(q, k) whether they belong to the query."""
    partner: np.ndarray
    """(q,) row of the closest linked answer."""
    rank: np.ndarray
    """(q,) rank of the closest linked answer, from 1."""
    margin: np.ndarray
    """(q,) cosine of the closest linked answer minus that of the closest other one."""

    @property
    def wrong(self) -> np.ndarray:
        """Positions of the queries whose first answer is not linked, the surest first."""
        missed = np.flatnonzero(~self.linked[:, 0])
        return missed[np.argsort(self.margin[missed], kind="stable")]

    @property
    def popularity(self) -> np.ndarray:
        """(m,) how many queries have each answer among their nearest."""
        return np.bincount(self.nearest.ravel(), minlength=len(self.gallery))


def neighbours(queries: EmbeddingSet, gallery: EmbeddingSet, rows: np.ndarray) -> Neighbours:
    """Answers from the gallery for every linked query; ``rows`` (k, 2) are the links' rows."""
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    asked, start = np.unique(rows[:, 0], return_index=True)
    partners = np.split(rows[:, 1], start[1:])
    kept = min(SHOWN, len(gallery))
    nearest = np.empty((len(asked), kept), dtype=np.int64)
    cosines = np.empty((len(asked), kept), dtype=np.float32)
    linked = np.empty((len(asked), kept), dtype=bool)
    partner = np.empty(len(asked), dtype=np.int64)
    rank = np.empty(len(asked), dtype=np.int64)
    margin = np.empty(len(asked), dtype=np.float32)
    for begin in range(0, len(asked), _ROWS):
        part = slice(begin, begin + _ROWS)
        block = queries.unit[asked[part]] @ gallery.unit.T
        right = np.zeros(block.shape, dtype=bool)
        for row, own in enumerate(partners[part]):
            right[row, own] = True
        first = _largest(block, kept)
        nearest[part], cosines[part] = first, np.take_along_axis(block, first, axis=1)
        linked[part] = np.take_along_axis(right, first, axis=1)
        only = np.where(right, block, -np.inf)
        partner[part], best = only.argmax(axis=1), only.max(axis=1)
        other = np.where(right, -np.inf, block).max(axis=1)
        rank[part] = 1 + ((block > best[:, None]) & ~right).sum(axis=1)
        margin[part] = best - other
    return Neighbours(queries, gallery, asked, nearest, cosines, linked, partner, rank, margin)


def _largest(scores: np.ndarray, kept: int) -> np.ndarray:
    """Columns of the largest scores of each row, in order; of equal ones the first comes first."""
    if kept < scores.shape[1]:
        columns = np.sort(np.argpartition(scores, -kept, axis=1)[:, -kept:], axis=1)
    else:
        columns = np.broadcast_to(np.arange(kept), scores.shape)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


@dataclass(frozen=True)
class Answer:
    """One neighbour: its id, its cosine to the query and whether it is linked to it."""

    id: str
    cosine: float
    linked: bool


@dataclass(frozen=True)
class Pick:
    """A query with its first answers."""

    query: str
    answers: tuple[Answer, ...]
    right: Answer
    """The closest linked answer."""
    rank: int
    """Its rank, from 1."""
    margin: float
    """Cosine of the best linked answer minus that of the best other one."""


@dataclass(frozen=True)
class Hub:
    """An answer that stands among the nearest of many queries."""

    id: str
    queries: int
    of: int
    """Queries asked."""
    nearest: int
    """Neighbours counted for each query."""


def pick(found: Neighbours, position: int, answers: int = 4) -> Pick:
    """The query at a position of ``found.asked`` with its first answers."""
    shown = tuple(
        Answer(found.gallery.ids[row], round(float(cosine), 4), bool(linked))
        for row, cosine, linked in zip(
            found.nearest[position][:answers],
            found.cosines[position],
            found.linked[position],
            strict=False,
        )
    )
    partner = int(found.partner[position])
    cosine = found.queries.unit[found.asked[position]] @ found.gallery.unit[partner]
    return Pick(
        found.queries.ids[found.asked[position]],
        shown,
        Answer(found.gallery.ids[partner], round(float(cosine), 4), True),
        int(found.rank[position]),
        round(float(found.margin[position]), 4),
    )


def typical(found: Neighbours, count: int, rng: np.random.Generator) -> tuple[Pick, ...]:
    """Queries drawn at random, so that the mistakes beside them can be judged."""
    chosen = rng.choice(len(found.asked), size=min(count, len(found.asked)), replace=False)
    return tuple(pick(found, int(position)) for position in np.sort(chosen))


def surest_mistakes(
    found: Neighbours, count: int, pictured: Callable[[Pick], int]
) -> tuple[Pick, ...]:
    """Mistakes with the largest cosine margin, those with most pictures first.

    A query whose linked answer is itself a twin of the first one is as much the data's fault
    as the space's; the page says so.
    """
    surest = [pick(found, int(position)) for position in found.wrong[:200]]
    return tuple(sorted(surest, key=lambda one: -pictured(one))[:count])


def swaps(found: Neighbours, rows: np.ndarray, count: int) -> tuple[tuple[Pick, Pick], ...]:
    """Pairs of queries of which each takes the other's linked answer first; no query twice."""
    position = {int(row): at for at, row in enumerate(found.asked)}
    linked = {(int(a), int(b)) for a, b in rows}
    owners: dict[int, list[int]] = {}
    for a, b in linked:
        owners.setdefault(b, []).append(a)
    pairs: list[tuple[Pick, Pick]] = []
    shown: set[int] = set()
    for at in found.wrong:
        here, first = int(found.asked[at]), int(found.nearest[at, 0])
        for other in sorted(owners.get(first, [])):
            back = int(found.nearest[position[other], 0])
            crossed = (here, back) in linked and (other, back) not in linked
            if crossed and shown.isdisjoint((here, other)):
                pairs.append((pick(found, int(at), 1), pick(found, position[other], 1)))
                shown |= {here, other}
            if len(pairs) == count:
                return tuple(pairs)
    return tuple(pairs)


def hubs(found: Neighbours, count: int) -> tuple[Hub, ...]:
    """The answers that most queries have among their nearest, most popular first."""
    popular = found.popularity
    order = np.argsort(-popular, kind="stable")[:count]
    asked, kept = found.nearest.shape
    return tuple(Hub(found.gallery.ids[row], int(popular[row]), asked, kept) for row in order)
