"""Mixed galleries: items of both modalities searched at once."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.retrieval.gains import discounts, ideal, relative_gains
from isthmus.measure.retrieval.rankings import RankingResult, cut_offs, fields_of
from isthmus.measure.statistics import (
    Pair,
    Ranks,
    Scores,
    Search,
    SetLike,
    as_pair,
    draws_for,
    pairings,
    ranked,
    ranked_with_permuted,
    sampled_rows,
    scores_between,
    searchable,
    seeded,
    with_permuted,
)
from isthmus.records import dataclass
from isthmus.types import Axes, Links, RequestError, axes_or_new

MOST_SCORES = 20_000_000
"""Beyond this many scores of one direction, whole objects are sampled as queries."""

RELEVANT = ("linked", "cross")


@dataclass(frozen=True, eq=False, kw_only=True)
class MixedResult(RankingResult):
    """nDCG of queries of one modality in a gallery of both."""

    relevant: str
    """``linked``: every other item of the same object; ``cross``: those of the other modality."""
    other_first: tuple[float, float]
    """What the rule "all items of the other modality first" scores, for queries of a and of b."""
    ceiling: tuple[float, float]
    """The best that any merging of the two rankings, each within one modality, could score."""

    paper = "Li et al. 2025, arXiv 2507.19054 (GR-CLIP), with ideal DCG over min(k, R)"

    sentence = (
        "Searching {self.forward.query} and {self.backward.query} items together, a query of "
        "{self.forward.query} scores {self.forward.value:.3f} of {self.ceiling[0]:.3f} possible "
        "with these rankings, one of {self.backward.query} {self.backward.value:.3f} of "
        "{self.ceiling[1]:.3f}; listing the other modality first scores {self.other_first[0]:.3f} "
        "and {self.other_first[1]:.3f}."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Raw, rule and ceiling for the queries of each modality."""
        ax = axes_or_new(ax)
        rows = {
            "as it is": [one.value for one in self.directions],
            "other modality first": self.other_first,
            "ceiling": self.ceiling,
        }
        for number, (label, values) in enumerate(rows.items()):
            ax.bar(np.arange(2) + 0.27 * (number - 1), values, width=0.25, label=label)
        ax.set_xticks(range(2), [f"query: {one.query}" for one in self.directions])
        ax.set(ylabel=self.name, ylim=(0, 1.3))
        ax.legend()
        return ax


def mixed_gallery(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    k: int = 10,
    relevant: str = "linked",
    rng: np.random.Generator | None = None,
) -> MixedResult:
    """How well a query finds its matches when both modalities stand in one gallery (nDCG@k).

    The gallery is every item of both sets but the query. Raw CLIP scores near zero where the
    matches are of the other modality: everything of the query's own modality comes first.

    Args:
        a: first set; value, interval and null are those of its queries.
        b: second set.
        links: which items belong together; equal ids by default.
        k: cut-off.
        relevant: ``linked``, every other item of the query's object in either modality, or
            ``cross``, the items of its object in the other modality.
        rng: draws permuted links, the bootstrap and, in large galleries, the queries.

    Raises:
        RequestError: k < 1, an unknown ``relevant``, or no link joins the sets.
        SpaceMismatchError: the sets live in different spaces.
    """
    if relevant not in RELEVANT:
        raise RequestError(f"What is relevant is one of {RELEVANT}, not {relevant!r}.")
    rng, pair, formulas = seeded(rng), searchable(as_pair(a, b, links)), cut_offs(relative_gains, k)
    sides = [Mixed.of(p, relevant, rng) for p in (pair, pair.reversed)]

    (rule_a, best_a), (rule_b, best_b) = (np.mean(side.bounds(k), axis=1) for side in sides)
    return MixedResult(
        name=f"mixed gallery nDCG@{k}",
        n=pair.n,
        **fields_of((side.search(rng) for side in sides), formulas, MixedResult, rng),
        relevant=relevant,
        other_first=(float(rule_a), float(rule_b)),
        ceiling=(float(best_a), float(best_b)),
    )


@dataclass(frozen=True, eq=False)
class Mixed:
    """Queries of a with what is relevant to them in a and in b, as (query, row) pairs."""

    pair: Pair
    rows: Int[np.ndarray, " q"]
    same: Int[np.ndarray, "k 2"]
    other: Int[np.ndarray, "l 2"]

    @classmethod
    def of(cls, pair: Pair, relevant: str, rng: np.random.Generator) -> "Mixed":
        """Every linked item of a as a query, or those of sampled objects."""
        left, right = pair.objects
        most = MOST_SCORES // (len(left) + len(right))
        rows = sampled_rows(np.unique(pair.rows[:, 0]), left, most, rng)
        same = rows_of_same_object(left[rows], left)
        same = same[rows[same[:, 0]] != same[:, 1]] if relevant == "linked" else same[:0]
        return cls(pair, rows, same, rows_of_same_object(left[rows], right))

    def scores(self, gallery: str) -> Scores:
        """The queries against ``same``, ``other`` or ``both`` modalities, never themselves."""
        across = scores_between(self.pair.a, self.pair.b)
        if gallery == "other":
            return across.of(self.rows)
        mine = replace(scores_between(self.pair.a, self.pair.a).of(self.rows), own=self.rows)
        return mine if gallery == "same" else merged(mine, across)

    def search(self, rng: np.random.Generator) -> Search:
        """The queries in the gallery of both, with links and permuted links.

        Permuted links exchange what is relevant in the other modality only.
        """
        pair = self.pair
        draws = draws_for(max(len(self.same) + len(self.other), len(pair.b)))
        found, objects = self.ranks(pairings(pair, rng, draws)), pair.objects[0][self.rows]
        return Search(found, draws, objects, pair.a.modality, "both", uniform=False)

    def ranks(self, moved: Int[np.ndarray, "b m"] | None = None) -> Ranks:
        """Ranks in the gallery of both: each query with its links, then with permuted ones."""
        moved = np.empty((0, len(self.pair.b)), dtype=np.int32) if moved is None else moved
        stay = np.repeat(self.same[:, 1:], 1 + len(moved), axis=1)
        go = with_permuted(self.other[:, 1], moved) + len(self.pair.a)
        query = np.concatenate([self.same[:, 0], self.other[:, 0]])
        order = np.argsort(query, kind="stable")
        return ranked_with_permuted(
            self.scores("both"), query[order], np.concatenate([stay, go])[order]
        )

    def listed(self, gallery: str, k: int) -> Float[np.ndarray, "q k"]:
        """Expected relevant items at each of the first k places of one modality alone."""
        found = ranked(self.scores(gallery), self.same if gallery == "same" else self.other)
        return np.stack([occupied(found, place) for place in range(k)], axis=1)

    def best(self, k: int) -> Float[np.ndarray, " q"]:
        """The gain of the first k places if all of them were relevant, as far as there are any."""
        count = np.bincount(np.concatenate([self.same[:, 0], self.other[:, 0]]))
        return ideal(k, len(self.pair.a) + len(self.pair.b) - 1)[count]

    def bounds(self, k: int) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " q"]]:
        """nDCG@k of every query by the rule "other modality first", and by the best merging."""
        same, other = self.listed("same", k), self.listed("other", k)
        items = len(self.pair.b)
        worth = discounts(k, items + k)
        rule = other @ worth[:k] + same @ worth[items : items + k]
        return rule / self.best(k), best_merge(same, other) / self.best(k)


def merged(first: Scores, second: Scores) -> Scores:
    """The queries of the first against both galleries, each scored by its own rule."""
    gallery = np.concatenate([first.gallery, second.gallery])
    if first.rule is second.rule:
        return replace(first, gallery=gallery)
    n = len(first.gallery)

    def rule(queries: np.ndarray, items: np.ndarray) -> np.ndarray:
        parts = first.rule(queries, items[:n]), second.rule(queries, items[n:])
        return np.concatenate(parts, axis=1)

    return replace(first, gallery=gallery, rule=rule, joint=n)


def rows_of_same_object(
    objects: Int[np.ndarray, " q"], gallery: Int[np.ndarray, " m"]
) -> Int[np.ndarray, "k 2"]:
    """(query, gallery row) of the same object, queries ascending."""
    order = np.argsort(gallery, kind="stable")
    low, high = (np.searchsorted(gallery[order], objects, side) for side in ("left", "right"))
    query = np.repeat(np.arange(len(objects)), high - low)
    within = np.arange(len(query)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    return np.stack([query, order[low[query] + within]], axis=1)


def occupied(ranks: Ranks, place: int) -> Float[np.ndarray, " q"]:
    """Probability that a relevant item stands at a place, counted from 0."""
    here = (ranks.above <= place) & (place < ranks.above + ranks.tied)
    return ranks.total(np.where(here, ranks.found / ranks.tied, 0))


def best_merge(
    same: Float[np.ndarray, "q k"], other: Float[np.ndarray, "q k"]
) -> Float[np.ndarray, " q"]:
    """The largest gain of the first k places over all mergings that keep both orders.

    gain[j] is the best for i items of the one list and j of the other, filled row by row.
    """
    k = same.shape[1]
    worth = discounts(k, k)
    gain = np.full((k + 1, len(same)), -np.inf)
    best = np.zeros(len(same))
    for i in range(k + 1):
        for j in range(k + 1 - i):
            place = i + j - 1
            options = [np.zeros(len(same))] if place < 0 else []
            if i:
                options.append(gain[j] + same[:, i - 1] * worth[place])
            if j:
                options.append(gain[j - 1] + other[:, j - 1] * worth[place])
            gain[j] = np.max(options, axis=0)
            best = np.maximum(best, gain[j])
    return best
