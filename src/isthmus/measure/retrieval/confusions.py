"""Confusions: which items are taken for which, by name, so that they can be looked at."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors
from isthmus.measure.retrieval.hits import hit_chances
from isthmus.measure.retrieval.rankings import RankingResult, ranking
from isthmus.measure.statistics.inputs import Pair, SetLike, as_pair
from isthmus.measure.statistics.ranks import Ranks, Scores
from isthmus.measure.statistics.searches import scores_between, searchable
from isthmus.types import Links, RequestError


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
    """Mistakes of a asked of b, and of b asked of a, those with the largest lead first."""
    magnets: tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]
    """Gallery items that are wrongly found most often, with how often, both ways."""
    resemblance: tuple[float, float]
    """Mean cosine between the wrongly nearest item and the right one, both ways; NaN without
    mistakes."""
    resemblance_by_chance: tuple[float, float]
    """Mean cosine between two random items of the gallery."""

    paper = "Radovanović et al. 2010, JMLR 11 (items that are found too often)"
    better = "smaller"

    @property
    def about(self) -> str:
        """One sentence for a newcomer."""
        there, back = self.forward, self.backward
        sides = zip((there, back), self.resemblance, self.resemblance_by_chance, strict=True)
        near = [
            f"{mean:.2f} among {way.gallery} items (random ones: {random:.2f})"
            for way, mean, random in sides
            if not np.isnan(mean)
        ]
        resemble = f"; its cosine with the right item is {', '.join(near)}" if near else ""
        return (
            f"{there.value:.1%} of {there.query} queries and {back.value:.1%} of {back.query} "
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

    Value: the share of queries whose nearest item is not linked to them, both ways, in [0, 1];
    one minus ``hit_at_k`` at k = 1.

    Args:
        a: first set.
        b: second set.
        links: which items belong together; equal ids by default.
        show: mistakes listed each way, those with the largest lead over the right item.
        neighbours: nearest items listed for each.
        rng: draws the bootstrap.

    Raises:
        RequestError: no link joins the sets, or ``show`` or ``neighbours`` is below 1.
        SpaceMismatchError: the sets live in different spaces.
    """
    if min(show, neighbours) < 1:
        raise RequestError(
            f"Mistakes and neighbours to list are 1 or more, not {show} and {neighbours}."
        )
    pair = searchable(as_pair(a, b, links))
    ways = [Answers.of(p) for p in (pair, pair.reversed)]
    listed = [way.examples(show, neighbours) for way in ways]
    magnets = [way.magnets() for way in ways]
    resemblance = [way.resemblance() for way in ways]
    by_chance = [mean_cosine(way.pair.y) for way in ways]
    return ranking(
        ConfusionResult,
        "wrong nearest neighbour",
        pair,
        {0: misses},
        rng,
        examples=(listed[0], listed[1]),
        magnets=(magnets[0], magnets[1]),
        resemblance=(resemblance[0], resemblance[1]),
        resemblance_by_chance=(by_chance[0], by_chance[1]),
    )


def misses(ranks: Ranks) -> Float[np.ndarray, " q"]:
    """Probability that the nearest item is not a linked one."""
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
        """Ask every linked item of a."""
        links = pair.rows[np.argsort(pair.rows[:, 0], kind="stable")]
        rows, start = np.unique(links[:, 0], return_index=True)
        columns = np.split(links[:, 1], start[1:])
        nearest, right = np.empty((2, len(rows)), dtype=np.int64)
        lead = np.empty(len(rows))
        for first, tile in queries(pair, rows).tiles():
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
        count = Counter(self.nearest[self.lead > 0].tolist())
        return tuple((self.pair.b.ids[row], times) for row, times in count.most_common(most))

    def examples(self, show: int, neighbours: int) -> tuple[Confusion, ...]:
        """The mistakes with the largest lead."""
        order = np.argsort(-self.lead, kind="stable")[:show]
        worst = order[self.lead[order] > 0]
        if not len(worst):
            return ()
        tiles = [tile.copy() for _, tile in queries(self.pair, self.rows[worst]).tiles()]
        return tuple(
            self.example(int(number), line, neighbours)
            for number, line in zip(worst, np.concatenate(tiles), strict=True)
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


def queries(pair: Pair, rows: Int[np.ndarray, " q"]) -> Scores:
    """Some items of a against all of b."""
    scores = scores_between(pair.a, pair.b)
    return replace(scores, queries=scores.queries[rows])


def mean_cosine(y: Vectors) -> float:
    """Mean cosine of pairs of different unit vectors; NaN for a single one."""
    n = len(y)
    total = y.sum(axis=0, dtype=np.float64)
    return float((total @ total - n) / (n * (n - 1))) if n > 1 else float("nan")
