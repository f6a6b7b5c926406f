"""Retrieval within one modality: does an item find others of its class, and how many of them?"""

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.measure.retrieval.gains import average_precisions, relative_gains
from isthmus.measure.retrieval.hits import hit_chances, shares_found
from isthmus.measure.statistics import (
    DRAWS,
    LEAST,
    Labels,
    Ranks,
    SetLike,
    above_and_tied,
    chance,
    labelled,
    permuted_labels,
    sampled_rows,
    scores_between,
    seeded,
    wilson_interval,
)
from isthmus.measure.statistics.labels import Labelled
from isthmus.records import dataclass
from isthmus.types import RequestError, Result

KS = (1, 5, 10)
MOST_RELEVANT = 4_000_000
"""Pairs of a query and an item of its class beyond which whole objects are sampled as queries."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassRetrievalResult(Result):
    """Share of items whose nearest item of another object is of their class."""

    hits: tuple[float, ...]
    """hit@k (RR@k), share of queries with one of their class among the first k, k of ``ks``."""
    recalls: tuple[float, ...]
    """recall@k, share of those of their class that are among the first k."""
    ks: tuple[int, ...]
    ndcg5: float
    """nDCG@5, every item of the class being worth 1."""
    mean_average_precision: float
    queries: int
    """Items whose class has another object; others are searched, but not asked."""
    candidates: int
    """Items that a query ranks, at most: those of its own object are left out."""

    paper = "Chen et al. 2018, arXiv 1803.08495, section 5.2 (RR@k and NDCG@5)"
    sentence = (
        "Share of items whose nearest other object is of their class: {self.value:.1%}, among the "
        "first five {self.hits[1]:.1%}, by chance {self.null.mean:.1%}; nDCG@5 {self.ndcg5:.3f}, "
        "mAP {self.mean_average_precision:.3f} ({self.queries} queries)."
    )


def class_retrieval(
    a: SetLike,
    labels: Labels,
    *,
    objects: Labels | None = None,
    rng: np.random.Generator | None = None,
) -> ClassRetrievalResult:
    """Every item searches its own set: is what it finds of its class?

    Items of the query's own object are no candidates. The null permutes labels among objects.

    Args:
        a: items of one modality.
        labels: class name of every item, in order or by id; equal names are relevant.
        objects: which items are of one object (views, styles), in order or by id.
        rng: draws the permuted labels and, of very many items, the queries.

    Raises:
        RequestError: an item has no label, or no class has two objects.
    """
    rng = seeded(rng)
    shown = labelled(a, labels, objects, rng)
    _, numbers = np.unique(shown.names, return_inverse=True)
    several, rows = _asked(shown, numbers, rng)
    ranks, (query, item, weight) = _searched(shown, numbers, rows)

    def share(own: Int[np.ndarray, " n"]) -> float:
        asked = several[own[rows]]
        found = np.bincount(query, weight * (own[rows[query]] == own[item]), len(rows))
        return float(found[asked].sum() / max(asked.sum(), 1))

    hits = hit_chances(ranks, 1)
    draws = np.array([share(one) for one in permuted_labels(numbers, shown.objects, rng, DRAWS)])
    units = shown.objects[rows]
    n, alike = len(np.unique(units)), _together(units, query, shown.objects[item])
    return ClassRetrievalResult(
        name="class retrieval, hit@1",
        value=float(hits.mean()),
        n=n,
        interval=wilson_interval(hits, alike) if n >= LEAST else None,
        null=chance("label", float(hits.mean()), draws, note="class labels dealt anew to objects"),
        hits=tuple(float(hit_chances(ranks, k).mean()) for k in KS),
        recalls=tuple(float(shares_found(ranks, k).mean()) for k in KS),
        ks=KS,
        ndcg5=float(relative_gains(ranks, 5).mean()),
        mean_average_precision=float(average_precisions(ranks).mean()),
        queries=len(rows),
        candidates=len(shown.items) - 1,
    )


def _together(
    units: Int[np.ndarray, " q"], query: Int[np.ndarray, " k"], nearest: Int[np.ndarray, " k"]
) -> Int[np.ndarray, " q"]:
    """Objects as one where each is the other's nearest: they are right or wrong together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = int(max(units.max(), nearest.max())) + 1
    own = units[query]
    there = coo_array((np.ones(len(own), bool), (own, nearest)), shape=(size, size)).tocsr()
    mutual = there.multiply(there.T)
    return connected_components(mutual, directed=False)[1][units]


def _asked(
    shown: Labelled, numbers: Int[np.ndarray, " n"], rng: np.random.Generator
) -> tuple[Bool[np.ndarray, " c"], Int[np.ndarray, " q"]]:
    """Which classes have several objects, and the items of these, of very many a sample."""
    own = np.unique(np.stack([numbers, shown.objects], axis=1), axis=0)
    several = np.bincount(own[:, 0]) > 1
    rows = np.flatnonzero(several[numbers])
    if not len(rows):
        raise RequestError(
            "An item is asked for others of its class, but no class has two objects: label several "
            "objects alike."
        )
    relevant = int((np.bincount(numbers)[numbers[rows]] - 1).sum())
    most = max(1, MOST_RELEVANT * len(rows) // max(relevant, 1))
    return several, sampled_rows(rows, shown.objects, most, rng)


Nearest = tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"], Float[np.ndarray, " k"]]
"""Query, item, and the probability that the item comes first: equal scores share it."""


def _searched(
    shown: Labelled, numbers: Int[np.ndarray, " n"], rows: Int[np.ndarray, " q"]
) -> tuple[Ranks, Nearest]:
    """Where the items of each query's class stand among those of other objects, and the nearest."""
    found: list[tuple[np.ndarray, ...]] = []
    nearest: list[tuple[np.ndarray, ...]] = []
    for start, tile in scores_between(shown.items, shown.items).of(rows).tiles():
        here = rows[start : start + len(tile)]
        other = shown.objects[here][:, None] != shown.objects
        scores = np.where(other, tile, -np.inf)
        query, item = np.nonzero(scores == scores.max(axis=1, keepdims=True))
        nearest.append((query + start, item, 1 / np.bincount(query)[query]))
        query, item = np.nonzero(other & (numbers[here][:, None] == numbers))
        found.append((query + start, *above_and_tied(scores, query, item)))
    query, above, tied = map(np.concatenate, zip(*found, strict=True))
    first, item, weight = map(np.concatenate, zip(*nearest, strict=True))
    return Ranks.of_items(query, above, tied, (len(rows), len(numbers))), (first, item, weight)
