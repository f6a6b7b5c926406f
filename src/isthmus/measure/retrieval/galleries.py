"""Mixed galleries: items of both modalities searched at once."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.retrieval.gains import discounts, ideal, relative_gains
from isthmus.measure.retrieval.rankings import RankingResult, cut_offs, fields_of
from isthmus.measure.statistics import (
    DRAWS,
    Pair,
    Ranks,
    Scores,
    Search,
    SetLike,
    affordable,
    as_pair,
    pairings,
    ranked_with_permuted,
    sampled_rows,
    scores_between,
    searchable,
    seeded,
    with_permuted,
)
from isthmus.records import dataclass
from isthmus.types import Axes, Links, RequestError, axes_or_new

TILE = 2**20
"""Scores that are counted at once."""

FLAT = 1e-6
"""Spread below which all scores of a query are one."""

MOST_SCORES = 20_000_000
"""Beyond this many scores of one direction, whole objects are sampled as queries."""

RELEVANT = ("linked", "cross")


@dataclass(frozen=True, eq=False, kw_only=True)
class MixedResult(RankingResult):
    """nDCG of queries of one modality in a gallery of both."""

    relevant: str
    """``linked``: every other item of the same object; ``cross``: those of the other modality."""
    own_first: tuple[float, float]
    """What the rule "all items of the query's own modality first" scores; queries of a, then b."""
    other_first: tuple[float, float]
    """The same of "all items of the other modality first"."""
    interleaved: tuple[float, float]
    """The same of "one item of each modality in turn", the mean over which begins."""
    standardised: tuple[float, float]
    """The same of scores less their mean, over their spread, for each query and modality."""
    ceiling: tuple[float, float]
    """The best that any merging of the two rankings, each within one modality, could score."""

    paper = "Li et al. 2025, arXiv 2507.19054 (GR-CLIP), with ideal DCG over min(k, R)"

    sentence = (
        "Searching {self.forward.query} and {self.backward.query} items together, a query of "
        "{self.forward.query} scores {self.forward.value:.3f} of {self.ceiling[0]:.3f} possible "
        "with these rankings, one of {self.backward.query} {self.backward.value:.3f} of "
        "{self.ceiling[1]:.3f}. Rules that need no remedy: own modality first "
        "{self.own_first[0]:.3f} and {self.own_first[1]:.3f}, other first "
        "{self.other_first[0]:.3f} and {self.other_first[1]:.3f}, in turn "
        "{self.interleaved[0]:.3f} and {self.interleaved[1]:.3f}, standardised within each "
        "modality {self.standardised[0]:.3f} and {self.standardised[1]:.3f}."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Raw, rules and ceiling for the queries of each modality."""
        ax = axes_or_new(ax)
        rows = {
            "as it is": [one.value for one in self.directions],
            **{RULES[name]: getattr(self, name) for name in RULES},
            "ceiling": self.ceiling,
        }
        for number, (label, values) in enumerate(rows.items()):
            ax.bar(np.arange(2) + 0.14 * (number - 2.5), values, width=0.13, label=label)
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

    merges = [side.merges(k) for side in sides]

    def both(gains: Callable[[Merges], np.ndarray]) -> tuple[float, float]:
        first, second = (float(gains(one).mean()) for one in merges)
        return first, second

    return MixedResult(
        name=f"mixed gallery nDCG@{k}",
        n=pair.n,
        **fields_of((side.search(rng) for side in sides), formulas, MixedResult, rng),
        relevant=relevant,
        own_first=both(lambda one: one.own_first),
        other_first=both(lambda one: one.other_first),
        interleaved=both(lambda one: one.interleaved),
        standardised=both(lambda one: one.standardised),
        ceiling=both(lambda one: one.ceiling),
    )


RULES = {
    "own_first": "own modality first",
    "other_first": "other modality first",
    "interleaved": "in turn",
    "standardised": "standardised within each modality",
}
"""Rules of merging that need no remedy, as people read them."""


@dataclass(frozen=True, eq=False)
class Merges:
    """nDCG of every query by mergings of the two rankings that scores give within each modality."""

    own_first: Float[np.ndarray, " q"]
    other_first: Float[np.ndarray, " q"]
    interleaved: Float[np.ndarray, " q"]
    """One item of each modality in turn, the mean over which begins."""
    standardised: Float[np.ndarray, " q"]
    """By scores less their mean, over their spread, of this query and modality."""
    ceiling: Float[np.ndarray, " q"]
    """The best of all mergings that keep both rankings."""


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
        rows = np.unique(pair.rows[:, 0])
        sizes = np.bincount(np.concatenate([left, right]))
        count = int(sizes[left[rows]].sum())
        most = min(MOST_SCORES // (len(left) + len(right)), affordable(len(rows), count))
        rows = sampled_rows(rows, left, most, rng)
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
        found, objects = self.ranks(pairings(pair, rng)), pair.objects[0][self.rows]
        return Search(found, DRAWS, objects, pair.a.modality, "both", uniform=False)

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

    @cached_property
    def found(self) -> tuple[Ranks, Ranks, Ranks, Ranks]:
        """Ranks in the own modality, in the other, in both as scored and in both standardised.

        One pass over the scores serves all four.
        """
        n, scores = len(self.pair.a), self.scores("both")
        sides = self.same, self.other
        # by side of the relevant item: above and tied, in either modality, raw and standardised
        counts = [np.empty((2, 2, 2, len(side)), dtype=np.int32) for side in sides]
        for start, tile in scores.tiles():
            parts = Part(tile[:, :n]), Part(tile[:, n:])
            for own, relevant, found in zip(parts, sides, counts, strict=True):
                here = slice(*np.searchsorted(relevant[:, 0], [start, start + len(tile)]))
                row, column = relevant[here, 0] - start, relevant[here, 1]
                for place, part in enumerate(parts):
                    wanted = own.scores[row, column]
                    found[:, 0, place, here] = part.above_and_tied(row, wanted)
                    if part is own:
                        found[:, 1, place, here] = found[:, 0, place, here]
                    else:
                        z = own.standard(row, wanted)
                        found[:, 1, place, here] = part.above_and_tied_standard(row, z)
        return self._ranks(counts)

    def _ranks(self, counts: list[np.ndarray]) -> tuple[Ranks, Ranks, Ranks, Ranks]:
        n, m = len(self.pair.a) - 1, len(self.pair.b)
        query = [side[:, 0] for side in (self.same, self.other)]

        def ranks(of: np.ndarray, above_and_tied: np.ndarray, gallery: int) -> Ranks:
            return Ranks.of_items(of, *above_and_tied, size=(len(self.rows), gallery))

        raw, standard = (
            np.concatenate([found[:, kind].sum(axis=1) for found in counts], axis=1)
            for kind in (0, 1)
        )
        return (
            ranks(query[0], counts[0][:, 0, 0], n),
            ranks(query[1], counts[1][:, 0, 1], m),
            ranks(np.concatenate(query), raw, n + m),
            ranks(np.concatenate(query), standard, n + m),
        )

    def best(self, k: int) -> Float[np.ndarray, " q"]:
        """The gain of the first k places if all of them were relevant, as far as there are any."""
        count = np.bincount(np.concatenate([self.same[:, 0], self.other[:, 0]]))
        return ideal(k, len(self.pair.a) + len(self.pair.b) - 1)[count]

    def merges(self, k: int) -> Merges:
        """nDCG@k of every query by rules that need no remedy, and by the best merging."""
        n, m, place = len(self.pair.a) - 1, len(self.pair.b), np.arange(k)
        same, other = (
            np.stack([occupied(ranks, at) for at in range(k)], axis=1) for ranks in self.found[:2]
        )
        best, worth = self.best(k), discounts(k, n + m + 2 * k)

        def gain(of_same: np.ndarray, of_other: np.ndarray) -> np.ndarray:
            return (same @ worth[of_same] + other @ worth[of_other]) / best

        first, second = place + np.minimum(place, m), place + np.minimum(place + 1, n)
        turned = place + np.minimum(place + 1, m), place + np.minimum(place, n)
        return Merges(
            own_first=gain(place, n + place),
            other_first=gain(m + place, place),
            interleaved=(gain(first, second) + gain(*turned)) / 2,
            standardised=relative_gains(self.found[3], k),
            ceiling=best_merge(same, other) / best,
        )


class Part:
    """The scores of some queries in the gallery of one modality."""

    def __init__(self, scores: Float[np.ndarray, "q m"]) -> None:
        self.scores = scores
        there = np.isfinite(scores)  # a query does not find itself
        known, self.count = np.where(there, scores, 0), np.count_nonzero(there, axis=1)
        count = np.maximum(self.count, 1)
        self.mean = known.sum(axis=1, dtype=np.float64) / count
        square = np.einsum("ij,ij->i", known, known, dtype=np.float64) / count - self.mean**2
        self.spread = np.where(square > FLAT**2, np.sqrt(np.maximum(square, 0)), 0)

    def standard(
        self, row: Int[np.ndarray, " k"], scores: Float[np.ndarray, " k"]
    ) -> Float[np.ndarray, " k"]:
        """Scores in standard deviations of their query's; 0 where all are one."""
        spread = self.spread[row]
        away = scores - self.mean[row]
        return np.divide(away, spread, out=np.zeros(len(row)), where=spread > 0)

    def above_and_tied(
        self, row: Int[np.ndarray, " k"], wanted: Float[np.ndarray, " k"]
    ) -> Int[np.ndarray, "2 k"]:
        """How many items of its row score higher than each wanted score, and how many as high."""
        found = np.empty((2, len(row)), dtype=np.int32)
        step = max(1, TILE // max(1, self.scores.shape[1]))
        for start in range(0, len(row), step):
            some = slice(start, start + step)
            scores, level = self.scores[row[some]], wanted[some, None]
            found[0, some] = np.count_nonzero(scores > level, axis=1)
            found[1, some] = np.count_nonzero(scores == level, axis=1)
        return found

    def above_and_tied_standard(
        self, row: Int[np.ndarray, " k"], z: Float[np.ndarray, " k"]
    ) -> Int[np.ndarray, "2 k"]:
        """The same of standardised scores; where all of a row are one, they stand at 0."""
        found = self.above_and_tied(row, self.mean[row] + z * self.spread[row])
        flat, count = self.spread[row] == 0, self.count[row]
        return np.where(flat, np.stack([count * (z < 0), count * (z == 0)]), found)


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
