"""Trade-offs of spaces: a measure against R@1, with the front that none beats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from isthmus.studies.evaluate.evaluation import RAW, Measure, Row
from isthmus.studies.evaluate.scores import K
from isthmus.types import Axes, Result, axes_or_new


@dataclass(frozen=True, eq=False, kw_only=True)
class TradeOff(Result):
    """One measure against R@1, a point a space."""

    names: tuple[str, ...]
    kind: str
    """What a point is: a remedy or a variant."""
    measure: str
    hits: Float[np.ndarray, " r"]
    values: Float[np.ndarray, " r"]
    front: tuple[str, ...]
    """Spaces that none beats in both, from the best measure to the best R@1."""
    ceiling: float | None = None
    """The most of the measure, where it is known."""

    paper = "Both axes over held-out items; see the table."

    def plot(self, ax: Axes | None = None) -> Axes:
        """All spaces as dots, those on the front joined; the space as it is is a square."""
        ax = axes_or_new(ax)
        if self.ceiling is not None:
            ax.axhline(self.ceiling, color="0.6", ls="--", label="ceiling")
        raw = np.array([name == RAW for name in self.names])
        rest = ~raw & np.array([name not in self.front for name in self.names])
        front = [self.names.index(name) for name in self.front]
        ax.plot(self.hits[rest], self.values[rest], "o", color="0.6", label=self.kind)
        ax.plot(self.hits[front], self.values[front], "o-", label="Pareto front")
        ax.plot(self.hits[raw], self.values[raw], "s", label=RAW)
        ax.set_xlabel("R@1, mean of both ways")
        ax.set_ylabel(self.measure)
        ax.legend()
        return ax


def trade_offs(rows: Mapping[str, Row], kind: str) -> list[TradeOff]:
    """The trade-off of every measure with R@1."""
    some = list(rows.values())
    traded = [
        [
            Measure(f"mixed nDCG@{K}", row.mixed),
            *row.zero_shot,
            *row.space_measures,
        ]
        for row in some
    ]
    return [trade_off(some, kind, measures) for measures in zip(*traded, strict=True)]


def trade_off(
    rows: Sequence[Row], kind: str, measures: Sequence[Measure], ceiling: float | None = None
) -> TradeOff:
    """The trade-off of one measure, given for each row, with R@1."""
    hits = np.array([row.hits.value for row in rows])
    values = np.array([one.estimate.value for one in measures])
    wanted = measures[0].wanted * values
    best = undominated(np.stack([hits, wanted], axis=1))
    order = [int(row) for row in np.argsort(-wanted, kind="stable") if best[row]]
    return TradeOff(
        name=f"R@1 and {measures[0].name}",
        value=float(best.sum()),
        n=len(rows),
        names=tuple(row.name for row in rows),
        kind=kind,
        measure=measures[0].name,
        hits=hits,
        values=values,
        front=tuple(rows[row].name for row in order),
        ceiling=ceiling,
    )


def undominated(points: Float[np.ndarray, "n k"]) -> Bool[np.ndarray, " n"]:
    """Points that no other equals or passes in all coordinates and passes in one."""
    at_least = np.all(points[None, :, :] >= points[:, None, :], axis=2)
    beyond = np.any(points[None, :, :] > points[:, None, :], axis=2)
    return ~np.any(at_least & beyond, axis=1)
