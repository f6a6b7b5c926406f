"""How two spaces differ on the same items: paired, the same objects left out or drawn for both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.retrieval.gains import relative_gains
from isthmus.measure.retrieval.galleries import Mixed
from isthmus.measure.retrieval.hits import hit_chances, reciprocals
from isthmus.measure.statistics import (
    Pair,
    PairSums,
    Ranks,
    change_interval,
    jackknife,
    pair_sums,
    search,
)
from isthmus.types import Axes, Null, Result, axes_or_new

QUERY_SCORES: dict[str, Callable[[Ranks], Float[np.ndarray, " q"]]] = {
    "hit@1": partial(hit_chances, k=1),
    "hit@10": partial(hit_chances, k=10),
    "reciprocal rank": reciprocals,
    "nDCG@10": partial(relative_gains, k=10),
}
"""What each query scores in a search."""

FAMILIES = {"retrieval": "Differences in retrieval", "geometry": "Differences in geometry"}
"""What is drawn together, with its title."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Difference(Result):
    """A measure of the second space minus that of the first, on the same objects."""

    first: float
    second: float
    family: str
    """A key of ``FAMILIES``."""

    paper: ClassVar[str] = "Newcombe, Statistics in Medicine 17, 1998, method 10 (paired shares)"

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval is not None and 0.0 not in self.interval

    @property
    def about(self) -> str:
        """Which space has more."""
        word = "differs" if self.differs else "does not differ beyond chance"
        return f"{self.name} {word}: {self.first:.3f} and {self.second:.3f}."


@dataclass(frozen=True, eq=False, kw_only=True)
class Forest(Result):
    """Differences below each other, each with its interval."""

    rows: tuple[Difference, ...]

    def plot(self, ax: Axes | None = None) -> Axes:
        """One line a measure; those whose interval leaves out zero in colour."""
        ax = axes_or_new(ax)
        ax.axvline(0, color="0.5", lw=1)
        for place, row in enumerate(reversed(self.rows)):
            colour = "C1" if row.differs else "0.5"
            if row.interval:
                ax.plot([row.interval.low, row.interval.high], [place, place], color=colour, lw=3)
            ax.plot([row.value], [place], "o", color=colour)
        ax.set_yticks(range(len(self.rows)), [row.name for row in reversed(self.rows)])
        ax.set_xlabel("second minus first")
        return ax


def differences(first: Pair, second: Pair, seed: int) -> tuple[Difference, ...]:
    """Second minus first for every measure whose difference has a paired interval.

    Gains and losses of queries are shares over objects with fixed galleries; means over pairs and
    the gap leave the same blocks of objects out in both spaces. Both pairs hold the same items
    in the same order.
    """
    return (*_retrieval(first, second, seed), *_geometry(first, second))


def _retrieval(one: Pair, other: Pair, seed: int) -> Iterator[Difference]:
    for pairs in ((one, other), (one.reversed, other.reversed)):
        query, answer = pairs[0].a.modality, pairs[0].b.modality
        # one seed: the same queries are drawn for both
        found = [search(pair, np.random.default_rng(seed)) for pair in pairs]
        mixed = [
            Mixed.of(pair, "linked", np.random.default_rng(seed)).search(
                np.random.default_rng(seed)
            )
            for pair in pairs
        ]
        scored = {
            **{f"{name}, {query} → {answer}": (found, name) for name in QUERY_SCORES},
            f"nDCG@10, {query} → both": (mixed, "nDCG@10"),
        }
        for name, (searches, formula) in scored.items():
            first, second = (some.scored(QUERY_SCORES[formula])[:, 0] for some in searches)
            objects = searches[0].objects
            yield Difference(
                name=name,
                value=float((second - first).mean()),
                n=len(np.unique(objects)),
                interval=change_interval(second - first, objects),
                null=Null("none", note="a difference is read against its interval"),
                first=float(first.mean()),
                second=float(second.mean()),
                family="retrieval",
            )


def _geometry(first: Pair, second: Pair) -> Iterator[Difference]:
    sums = [pair_sums(pair) for pair in (first, second)]
    columns = {
        "centroid gap, noise taken out": [_gaps(one) for one in sums],
        "matched cosine": [one.matched for one in sums],
        "unmatched cosine": [one.unmatched for one in sums],
        f"intra-modal cosine ({first.a.modality})": [one.intra_a for one in sums],
        f"intra-modal cosine ({first.b.modality})": [one.intra_b for one in sums],
    }
    for name, (x, y) in columns.items():
        value, _, interval = jackknife(y - x, debias=False)
        yield Difference(
            name=name,
            value=value,
            n=first.n,
            interval=interval,
            null=Null("none", note="a difference is read against its interval"),
            first=float(x[0]),
            second=float(y[0]),
            family="geometry",
        )


def _gaps(sums: PairSums) -> Float[np.ndarray, " g1"]:
    """Distance of the centres from means over pairs of different items, which carry no noise."""
    return np.sqrt(np.clip(sums.intra_a + sums.intra_b - 2 * sums.unmatched, 0, None))
