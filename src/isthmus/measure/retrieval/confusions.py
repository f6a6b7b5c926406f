"""Confusions: which items are taken for which, by name, so that they can be shown."""

from collections import Counter

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors
from isthmus.measure.retrieval.hits import hit_chances
from isthmus.measure.retrieval.rankings import RankingResult, ranking
from isthmus.measure.statistics import (
    Pair,
    Ranks,
    SetLike,
    as_pair,
    check_whole,
    mean_over_pairs,
    scores_between,
    searchable,
)
from isthmus.records import dataclass
from isthmus.types import Links


@dataclass(frozen=True)
class Confusion:
    """One query whose nearest item is none of its own."""

    query: str
    right: tuple[str, ...]
    """Linked items."""
    place: int
    """Where the first of them stands, from 1."""
    found: tuple[str, ...]
    """Nearest items, best first."""
    scores: tuple[float, ...]
    """Their similarity to the query."""
    right_score: float
    """That of the nearest linked item."""
    resemblance: float
    """Cosine between the nearest item and the nearest linked one: a near miss or far off."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ConfusionResult(RankingResult):
    """Share of queries whose nearest item is not theirs, and the clearest of these mistakes."""

    examples: tuple[tuple[Confusion, ...], tuple[Confusion, ...]]
    """Mistakes of queries of a, and of queries of b, those with the largest lead first."""
    magnets: tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]
    """Gallery items that are wrongly found most often, with how often, in both directions."""
    resemblance: tuple[float, float]
    """Mean cosine between the wrongly nearest item and the right one, in both directions; NaN
    without mistakes."""
    resemblance_by_chance: tuple[float, float]
    """Mean cosine between two random items of the gallery."""

    paper = "Radovanović et al. 2010, JMLR 11 (items that are found too often)"
    better = "smaller"

    @property
    def about(self) -> str:
        """One sentence for a newcomer."""
        a, b = self.directions
        sides = zip(self.directions, self.resemblance, self.resemblance_by_chance, strict=True)
        near = [
            f"{mean:.2f} among {one.gallery} items (random ones: {random:.2f})"
            for one, mean, random in sides
            if not np.isnan(mean)
        ]
        resemble = f"; its cosine with the right item is {', '.join(near)}" if near else ""
        return (
            f"{a.value:.1%} of {a.query} queries and {b.value:.1%} of {b.query} "
            f"queries find something else first{resemble}."
        )


def neighbour_confusions(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    show: int = 24,
    neighbours: int = 5,
    rng: np.random.Generator | None = None,
) -> ConfusionResult:
    """Which items are taken for which: wrong nearest neighbours by id, beside the right ones.

    Value: the share of queries whose nearest item is not linked to them, in [0, 1];
    one minus ``hit_at_k`` at k = 1.

    Args:
        a: first set.
        b: second set.
        links: which items belong together; equal ids by default.
        show: mistakes listed for each direction, those with the largest lead over the right item.
        neighbours: nearest items listed for each.
        rng: draws the bootstrap.

    Raises:
        RequestError: no link joins the sets, or ``show`` or ``neighbours`` is below 1.
        SpaceMismatchError: the sets live in different spaces.
    """
    for number in (show, neighbours):
        check_whole(number, "Mistakes and neighbours are listed")
    pair = searchable(as_pair(a, b, links))
    both = [Answers.of(p) for p in (pair, pair.reversed)]
    return ranking(
        ConfusionResult,
        "wrong nearest neighbour",
        pair,
        {0: misses},
        rng,
        examples=tuple(found.examples(show, neighbours) for found in both),
        magnets=tuple(found.magnets() for found in both),
        resemblance=tuple(found.resemblance() for found in both),
        resemblance_by_chance=tuple(_mean_cosine(found.pair.y) for found in both),
    )


def misses(ranks: Ranks) -> Float[np.ndarray, " q"]:
    """Probability that the nearest item is no linked one."""
    return 1 - hit_chances(ranks, 1)


@dataclass(frozen=True, eq=False)
class Answers:
    """The nearest item of b, and the nearest linked one, for every linked item of a."""

    pair: Pair
    rows: Int[np.ndarray, " q"]
    """Queries."""
    nearest: Int[np.ndarray, " q"]
    right: Int[np.ndarray, " q"]
    lead: Float[np.ndarray, " q"]
    """Score of the nearest minus that of the nearest linked item; above 0: a mistake."""

    @classmethod
    def of(cls, pair: Pair) -> "Answers":
        """Every linked item of a as a query."""
        links = pair.by_query
        rows, start = np.unique(links[:, 0], return_index=True)
        columns = np.split(links[:, 1], start[1:])
        nearest, right = np.empty((2, len(rows)), dtype=np.int64)
        lead = np.empty(len(rows))
        for first, tile in scores_between(pair.a, pair.b).of(rows).tiles():
            for number, line in enumerate(tile, first):
                own = columns[number]
                nearest[number], right[number] = line.argmax(), own[line[own].argmax()]
                lead[number] = line[nearest[number]] - line[right[number]]
        return cls(pair, rows, nearest, right, lead)

    def resemblance(self) -> float:
        """Mean cosine between the nearest and the right item over all mistakes."""
        wrong, y = self.lead > 0, self.pair.y
        if not wrong.any():
            return float("nan")
        return float(np.einsum("nd,nd->n", y[self.nearest[wrong]], y[self.right[wrong]]).mean())

    def magnets(self, most: int = 10) -> tuple[tuple[str, int], ...]:
        """Items that are wrongly nearest most often."""
        found = Counter(self.nearest[self.lead > 0].tolist()).most_common(most)
        return tuple((self.pair.b.ids[row], times) for row, times in found)

    def examples(self, show: int, neighbours: int) -> tuple[Confusion, ...]:
        """The mistakes with the largest lead."""
        order = np.argsort(-self.lead, kind="stable")[:show]
        worst = order[self.lead[order] > 0]
        if not len(worst):
            return ()
        scores = scores_between(self.pair.a, self.pair.b).of(self.rows[worst]).whole
        return tuple(
            self.example(int(number), line, neighbours)
            for number, line in zip(worst, scores, strict=True)
        )

    def example(self, number: int, line: Float[np.ndarray, " m"], neighbours: int) -> Confusion:
        """One mistake by name."""
        pair, right = self.pair, self.right[number]
        found = np.argsort(-line, kind="stable")[:neighbours]
        own = pair.rows[pair.rows[:, 0] == self.rows[number], 1]
        return Confusion(
            query=pair.a.ids[self.rows[number]],
            right=tuple(pair.b.ids[row] for row in own),
            place=1 + int((line > line[right]).sum()),
            found=tuple(pair.b.ids[row] for row in found),
            scores=tuple(line[found].tolist()),
            right_score=float(line[right]),
            resemblance=float(pair.y[self.nearest[number]] @ pair.y[right]),
        )


def _mean_cosine(y: Vectors) -> float:
    """Mean cosine of pairs of different unit vectors; NaN for a single one."""
    total = y.sum(axis=0, dtype=np.float64)
    return float(mean_over_pairs(total @ total, len(y))) if len(y) > 1 else float("nan")
