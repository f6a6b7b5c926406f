"""Scores of items over the splits in which they are held out, and their intervals."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.statistics.resampling import query_bootstrap
from isthmus.studies.evaluate.scores import ItemScores
from isthmus.types import EmbeddingSet, Interval


@dataclass(frozen=True, eq=False)
class Tally:
    """What one remedy earned: sums and counts of every item's scores, numbers of every split."""

    a: EmbeddingSet
    b: EmbeddingSet
    sums: dict[str, Float[np.ndarray, " n"]] = field(default_factory=dict[str, np.ndarray])
    """By measure, an entry an item of the modality that the measure scores."""
    counts: dict[str, Float[np.ndarray, " n"]] = field(default_factory=dict[str, np.ndarray])
    scored: dict[str, str] = field(default_factory=dict[str, str])
    """The modality of each measure's items."""
    numbers: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """By measure, a value a split."""

    def add(self, held: tuple[EmbeddingSet, EmbeddingSet], found: ItemScores) -> None:
        """Scores of one split's held-out items."""
        for name, (modality, scores) in found.items():
            whole = self.a if modality == self.a.modality else self.b
            some = held[0] if modality == held[0].modality else held[1]
            if name not in self.sums:
                self.sums[name], self.counts[name] = np.zeros((2, len(whole)))
                self.scored[name] = modality
            rows = np.array([whole.row[item] for item in some.ids])
            there = np.isfinite(scores)
            self.sums[name][rows[there]] += scores[there]
            self.counts[name][rows[there]] += 1

    def note(self, numbers: Mapping[str, float]) -> None:
        """Numbers of one split."""
        for name, value in numbers.items():
            self.numbers.setdefault(name, []).append(value)

    def items(self, name: str) -> Float[np.ndarray, " n"]:
        """Each item's score averaged over its splits; NaN where it was never held out."""
        with np.errstate(invalid="ignore"):
            return self.sums[name] / np.where(self.counts[name] > 0, self.counts[name], np.nan)

    def mean(self, *names: str) -> float:
        """Mean over items, then over measures."""
        return float(np.mean([np.nanmean(self.items(name)) for name in names]))


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval over items."""

    value: float
    interval: Interval | None


def estimate(scores: Float[np.ndarray, " n"], objects: Int[np.ndarray, " n"]) -> Estimate:
    """Mean of item scores and its bootstrap over objects; items never held out are left out."""
    there = np.isfinite(scores)
    interval = query_bootstrap(scores[there], objects[there])
    interval = Interval(interval.low, interval.high, "bootstrap over objects, splits averaged")
    return Estimate(float(scores[there].mean()), interval)


def of_splits(values: list[float]) -> Estimate:
    """Mean over splits, and the range of their middle 95 %."""
    low, high = np.quantile(values, [0.025, 0.975])
    spread = Interval(float(low), float(high), "middle 95 % of the splits")
    return Estimate(float(np.mean(values)), spread)
