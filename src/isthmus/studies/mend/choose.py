"""Which remedies stand on the Pareto front, and which one is recommended."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.studies.evaluate.aggregate import Estimate, estimate
from isthmus.studies.evaluate.cross_validation import Refereed
from isthmus.studies.evaluate.rows import RAW, Means, Row, by_object, ways
from isthmus.studies.evaluate.scores import K
from isthmus.types import Result
from isthmus.types.axes import Axes

LOSS = 0.005
"""R@1 that a recommended remedy may cost, as a mean over both ways."""
FOLDS = 5
TELLS_SIDES = "match_odds"
"""The correction that learns in which modality matches are at all."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Pareto(Result):
    """Mixed search against the cost in R@1, a point a remedy."""

    names: tuple[str, ...]
    hits: Float[np.ndarray, " r"]
    mixed: Float[np.ndarray, " r"]
    front: tuple[str, ...]
    """Remedies that none beats in both."""
    ceiling: float

    paper = "Both axes over held-out items; see the table."

    def plot(self, ax: Axes) -> Axes:
        """All remedies as dots, those on the front joined; the space as it is is a square."""
        on = np.array([name in self.front for name in self.names])
        raw = np.array([name == RAW for name in self.names])
        ax.axhline(self.ceiling, color="0.6", ls="--", label="ceiling")
        rest = ~on & ~raw
        ax.plot(self.hits[rest], self.mixed[rest], "o", color="0.6", label="remedy")
        ax.plot(self.hits[on], self.mixed[on], "o-", label="Pareto front")
        ax.plot(self.hits[raw], self.mixed[raw], "s", label=RAW)
        ax.set_xlabel("R@1, mean of both ways")
        ax.set_ylabel(f"mixed gallery nDCG@{K}")
        ax.legend()
        return ax


def pareto(found: Refereed, rows: Mapping[str, Row]) -> Pareto:
    """All remedies of a table as points."""
    hits = np.array([row.hits.value for row in rows.values()])
    mixed = np.array([row.mixed.value for row in rows.values()])
    beaten = ((hits[None] >= hits[:, None]) & (mixed[None] >= mixed[:, None])) & (
        (hits[None] > hits[:, None]) | (mixed[None] > mixed[:, None])
    )
    names = tuple(row.name for row in rows.values())
    front = map(int, np.flatnonzero(~beaten.any(axis=1)))
    top = sorted(front, key=lambda place: float(hits[place]))
    order = [*top, *(place for place in range(len(names)) if place not in set(top))]
    return Pareto(
        name="mixed search and R@1",
        value=float(mixed.max()),
        n=found.case.n,
        names=tuple(names[place] for place in order),
        hits=hits[order],
        mixed=mixed[order],
        front=tuple(names[place] for place in top),
        ceiling=float(np.nanmean(by_object(found, found.bounds, ways(found, "ceiling {}")))),
    )


def by_chance(found: Refereed) -> bool:
    """Whether R@1 of the space as it is is no better than that of a random order."""
    chance = by_object(found, found.bounds, ways(found, "chance of hits {}"))
    more = estimate(_table(found)[""].hits - chance, np.arange(found.case.n))
    return more.interval is None or more.interval.low <= 0


def recommended(found: Refereed, without: str = "") -> str:
    """The chain with the best mixed search among those that cost at most ``LOSS`` of R@1.

    None, an empty chain, where the space finds partners by chance only: there is nothing to mend.

    Args:
        found: what all remedies earned.
        without: a correction that the chain must not have.
    """
    if by_chance(found):
        return ""
    table = {
        chain: one
        for chain, one in _table(found).items()
        if not without or without not in chain.split("+")
    }
    return _best(table, np.arange(found.case.n))


def honest(found: Refereed) -> Estimate:
    """What the rule of ``recommended`` earns on objects that it did not see.

    Five folds of objects: the remedy is chosen by the scores of four and scored on the fifth, so
    that the luck of the best of many is not counted.
    """
    table = _table(found)
    fold = np.random.default_rng(0).permutation(found.case.n) % FOLDS
    earned = np.full(found.case.n, np.nan)
    for part in range(FOLDS):
        best = _best(table, np.flatnonzero(fold != part))
        earned[fold == part] = table[best].mixed[fold == part]
    return estimate(earned, np.arange(found.case.n))


def _table(found: Refereed) -> dict[str, Means]:
    return {chain: Means.of(found, tally) for chain, tally in found.tallies.items()}


def _best(table: Mapping[str, Means], things: np.ndarray) -> str:
    def mean(scores: np.ndarray) -> float:
        return float(np.nanmean(scores[things]))

    least = mean(table[""].hits) - LOSS
    cheap = [chain for chain, one in table.items() if mean(one.hits) >= least]
    return max(cheap, key=lambda chain: mean(table[chain].mixed))
