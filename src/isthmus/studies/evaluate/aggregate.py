"""Scores added up over the splits in which items are held out, and estimates with intervals."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.statistics.inputs import Pair
from isthmus.measure.statistics.resampling import query_bootstrap
from isthmus.studies.evaluate.scores import DirectionScores, Geometry, Scores, SpaceScores
from isthmus.studies.evaluate.splits import Rows
from isthmus.types import Interval

T = TypeVar("T")


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval."""

    value: float
    interval: Interval | None


def estimate(scores: Float[np.ndarray, " n"], objects: Int[np.ndarray, " n"]) -> Estimate:
    """Mean of item scores and its bootstrap over objects; items never held out are left out."""
    there = np.isfinite(scores)
    interval = query_bootstrap(scores[there], objects[there])
    interval = Interval(interval.low, interval.high, "bootstrap over objects, splits averaged")
    return Estimate(float(scores[there].mean()), interval)


def estimate_over_splits(*values: float) -> Estimate:
    """Mean over splits, and the range of their middle 95 %."""
    low, high = np.quantile(values, [0.025, 0.975])
    spread = Interval(float(low), float(high), "middle 95 % of the splits")
    return Estimate(float(np.mean(values)), spread)


def fieldwise(function: Callable[..., Any], *some: Any) -> Any:
    """A function of the same field of several scores, for every field.

    Goes into nested dataclasses and mappings. What is None is left out; where all is, it stays.
    """
    there = [one for one in some if one is not None]
    if not there:
        return None
    first = there[0]
    if isinstance(first, Mapping):
        return {key: fieldwise(function, *(one[key] for one in there)) for key in first}
    if dataclasses.is_dataclass(first):
        return type(first)(**fieldwise(function, *map(vars, there)))
    return function(*there)


class ScoreSums(Generic[T]):
    """Scores of every item of a pair, added up over the splits that hold it out."""

    def __init__(self, pair: Pair) -> None:
        self.sizes = len(pair.a), len(pair.b)
        self.totals: list[Any] = [None, None]

    def add(self, scores: tuple[T, T], rows: Rows) -> None:
        """Forward and backward scores of the items of some rows; NaN counts as not asked."""
        for side, (one, own, n) in enumerate(zip(scores, rows, self.sizes, strict=True)):
            added = fieldwise(partial(_sum_and_count, rows=own, n=n), one)
            self.totals[side] = fieldwise(lambda *x: sum(x), self.totals[side], added)

    @property
    def means(self) -> tuple[T, T]:
        """Each item's scores averaged over its splits; NaN where it was never held out."""
        forward, backward = (fieldwise(_mean, total) for total in self.totals)
        return forward, backward


class SpaceSums:
    """Scores of one space over splits or seeds."""

    def __init__(self, pair: Pair) -> None:
        self.items: ScoreSums[DirectionScores[Scores]] = ScoreSums(pair)
        self.numbers: list[tuple[Geometry[float], float, float]] = []

    def add(self, scores: SpaceScores[Scores, float], rows: Rows) -> None:
        """Scores of the items of some rows."""
        self.items.add(scores.directions, rows)
        self.numbers.append((scores.geometry, scores.calibration_error, scores.seconds))

    @property
    def means(self) -> SpaceScores[Scores, Estimate]:
        """Means over splits."""
        columns = zip(*self.numbers, strict=True)
        numbers = (fieldwise(estimate_over_splits, *column) for column in columns)
        return SpaceScores(*self.items.means, *numbers)


def _sum_and_count(
    scores: Float[np.ndarray, " h"], rows: Int[np.ndarray, " h"], n: int
) -> Float[np.ndarray, "2 n"]:
    found, there = np.zeros((2, n)), np.isfinite(scores)
    found[:, rows[there]] = scores[there], np.ones(there.sum())
    return found


def _mean(total: Float[np.ndarray, "2 n"]) -> Float[np.ndarray, " n"]:
    return np.divide(*total, out=np.full(total.shape[1], np.nan), where=total[1] > 0)
