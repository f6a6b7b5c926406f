"""What every space earned on held-out items: sums over splits, then a row of estimates a space."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.retrieval.galleries import RULES
from isthmus.measure.statistics import Pair, change_interval, wilson_interval
from isthmus.records import dataclass
from isthmus.studies.evaluate.scores import KS, Bounds, DirectionScores, K, Scores, SpaceScores
from isthmus.studies.evaluate.splits import Rows
from isthmus.studies.shared import Dataset
from isthmus.types import Interval, plain

RAW = "as it is"


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval."""

    value: float
    interval: Interval | None


def estimate(
    scores: Float[np.ndarray, " n"],
    objects: Int[np.ndarray, " n"] | None = None,
    method: Callable[..., Interval] = wilson_interval,
) -> Estimate:
    """Mean of scores in [0, 1] and its interval over objects; what was never held out is left out.

    Without ``objects`` every score is an object's.
    """
    there = np.isfinite(scores)
    of = None if objects is None else objects[there]
    return Estimate(float(scores[there].mean()), method(scores[there], of))


def change(changes: Float[np.ndarray, " n"]) -> Estimate:
    """The same of paired differences of such scores, one an object."""
    return estimate(changes, method=change_interval)


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


class ScoreSums:
    """Scores of every item of a pair, and numbers of the whole, added up over splits."""

    def __init__(self, pair: Pair) -> None:
        self.sizes = len(pair.a), len(pair.b)
        self.totals: list[Any] = [None, None]
        self.numbers: list[tuple[Any, ...]] = []

    def add(self, rows: Rows, forward: Any, backward: Any, *numbers: Any) -> None:
        """Scores of the items of some rows, where NaN is left out, and numbers of all."""
        for side, scores in enumerate((forward, backward)):
            place = partial(_sum_and_count, rows=rows[side], n=self.sizes[side])
            added = fieldwise(place, scores)
            self.totals[side] = fieldwise(lambda *x: sum(x), self.totals[side], added)
        self.numbers.append(numbers)

    @property
    def means(self) -> tuple[Any, ...]:
        """The same as means; those of an item that was never held out are NaN."""
        columns = zip(*self.numbers, strict=True)
        numbers = (fieldwise(estimate_over_splits, *column) for column in columns)
        return *(fieldwise(_item_means, total) for total in self.totals), *numbers


def _sum_and_count(
    scores: Float[np.ndarray, " h"], rows: Int[np.ndarray, " h"], n: int
) -> Float[np.ndarray, "2 n"]:
    found, there = np.zeros((2, n)), np.isfinite(scores)
    found[:, rows[there]] = scores[there], np.ones(there.sum())
    return found


def _item_means(total: Float[np.ndarray, "2 n"]) -> Float[np.ndarray, " n"]:
    return np.divide(*total, out=np.full(total.shape[1], np.nan), where=total[1] > 0)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What every space earned on held-out objects."""

    data: Dataset
    """All linked items; every one is held out in some splits."""
    fitted_on: int
    """Objects that spaces were fitted on."""
    held_out: int
    """Objects that they were scored on at once."""
    repeats: int
    """Splits, or seeds of training."""
    spaces: Mapping[str, SpaceScores[Scores, Estimate]]
    """By chain; the empty chain is the space as it is. An item's scores are means over splits."""
    not_fitted: Mapping[str, str] = field(default_factory=dict[str, str])
    """Chains that could not be fitted, with the reason."""

    @property
    def modalities(self) -> tuple[str, str]:
        """Of forward queries, and of backward ones."""
        return self.data.a.modality, self.data.b.modality

    @property
    def several(self) -> tuple[str, ...]:
        """Modalities in which some object has several items: matches that are not across."""
        sides = zip(self.modalities, self.data.pair.objects, strict=True)
        return tuple(modality for modality, of in sides if len(np.unique(of)) < len(of))

    @property
    def bounds(self) -> tuple[Bounds[Scores], Bounds[Scores]]:
        """Of the space as it is, forward and backward."""
        forward, backward = self.spaces[""].directions
        return forward.bounds, backward.bounds

    @cached_property
    def rows(self) -> dict[str, "Row"]:
        """A row for every chain, the space as it is first."""
        return {chain: _row(self, chain) for chain in self.spaces}

    @cached_property
    def mean_bounds(self) -> Bounds[float]:
        """Means over items, then over both directions."""
        return fieldwise(_mean, *self.bounds)

    def bounds_to_dict(self) -> dict[str, float]:
        """Means over items by name and modality of the queries, as in records."""
        return {
            f"{'rule' if name == 'other_first' else name.replace('_', ' ')} {query}": mean
            for query, one in zip(self.modalities, self.bounds, strict=True)
            for name, mean in vars(fieldwise(_mean, one)).items()
        }

    @cached_property
    def object_bounds(self) -> Bounds[Float[np.ndarray, " o"]]:
        """Means over both directions, of every object; of the space as it is."""
        return self.object_scores[""].bounds

    @cached_property
    def object_scores(self) -> dict[str, DirectionScores[Float[np.ndarray, " o"]]]:
        """Means over both directions, of every object; by chain."""
        return {
            chain: fieldwise(self._by_object, *space.directions)
            for chain, space in self.spaces.items()
        }

    def best_rule(self, chain: str) -> tuple[str, Float[np.ndarray, " o"]]:
        """The trivial rule of the most mixed nDCG, and what each object earns by it.

        The rules merge the rankings of the space as it is, or those of the chain's own scores.
        """
        rules = {
            RULES[name] + (f" by the scores of {chain_name(chain)}" if of else ""): gains
            for of in dict.fromkeys(("", chain))
            for name, gains in vars(self.object_scores[of].bounds).items()
            if name in RULES
        }
        return max(rules.items(), key=lambda one: float(np.nanmean(one[1])))

    def _by_object(self, *scores: Scores) -> Float[np.ndarray, " o"]:
        """Each object's mean over its items, then over directions; NaN if it was never held out."""
        means: list[np.ndarray] = []
        n = self.data.pair.n
        for one, objects in zip(scores, self.data.pair.objects, strict=False):
            there = np.isfinite(one)
            total = np.bincount(objects[there], one[there], minlength=n)
            count = np.bincount(objects[there], minlength=n)
            means.append(np.divide(total, count, out=np.full(n, np.nan), where=count > 0))
        return np.mean(means, axis=0)


@dataclass(frozen=True)
class Measure:
    """One number of a row, named as on pages and in records."""

    name: str
    estimate: Estimate
    wanted: int = 1
    """1 where much of it is wanted, -1 where little is."""


@dataclass(frozen=True, eq=False)
class Row:
    """What one space earned, as estimates."""

    chain: str
    """Empty for the space as it is."""
    modalities: tuple[str, str]
    mixed: Estimate
    """nDCG@10 in the mixed gallery, mean of both directions."""
    of_ceiling: Estimate
    """The same as a share of the ceiling of the same scores; 1 at most."""
    shares: tuple[Estimate, Estimate]
    """The same forward and backward."""
    hits: Estimate
    """R@1, mean of both directions."""
    mixed_change: Estimate
    """Less the space as it is, paired by item."""
    rule: str
    """The trivial rule that does best, on the scores as they are or on these."""
    rule_gain: Estimate
    """``mixed`` less what that rule earns, paired by object."""
    hits_change: Estimate
    scores: SpaceScores[Estimate, Estimate]
    """Intervals of whole spaces are their spread over splits."""
    splits: int = 0
    """In which it was judged."""

    @property
    def name(self) -> str:
        """The chain as people read it."""
        return chain_name(self.chain)

    def headline(self, two_sided: bool) -> float:
        """What rows are ordered by: mixed search where it can tell spaces apart, else R@1."""
        return self.mixed.value if two_sided else self.hits.value

    @property
    def seconds(self) -> float:
        """Of fitting, mean over splits."""
        return self.scores.seconds.value

    def numbers(self) -> dict[str, float]:
        """R@1 and the mixed nDCG@10 with their intervals, as columns of a table."""
        found = {"R@1": self.hits, f"mixed nDCG@{K}": self.mixed}
        return {
            f"{name} {part}".strip(): getattr(one.interval, part, np.nan) if part else one.value
            for name, one in found.items()
            for part in ("", "low", "high")
        }

    def item_measures(self, cut_offs: tuple[int, ...] = KS) -> list[Measure]:
        """Everything that single items score: hits, mixed gains, zero-shot."""
        found: list[Measure] = []
        ends = (self.modalities, self.modalities[::-1])
        for (query, gallery), one in zip(ends, self.scores.directions, strict=True):
            found += [
                *(Measure(f"hit@{k} {query}→{gallery}", one.hits[k]) for k in cut_offs),
                Measure(f"mixed nDCG@{K} {query}", one.mixed),
            ]
        return found + self.zero_shot

    @property
    def zero_shot(self) -> list[Measure]:
        """Zero-shot classification, where there are classes."""
        found = self.scores.forward.zero_shot
        return [] if found is None else [Measure("zero-shot", found)]

    @property
    def space_measures(self) -> list[Measure]:
        """Every number of the whole space but the seconds."""
        own = self.scores.geometry
        agreement = [] if own.v_measure is None else [Measure("V-measure", own.v_measure)]
        return [
            Measure("gap", own.gap, -1),
            Measure("distribution gap", own.distribution_gap, -1),
            Measure("relative gap", own.relative_gap, -1),
            Measure("uniformity", own.uniformity, -1),
            *agreement,
            Measure("calibration error", self.scores.calibration_error, -1),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, without the seconds."""
        parts = ("mixed", "of_ceiling", "hits", "mixed_change", "hits_change", "rule_gain")
        shares = dict(zip(self.modalities, map(plain, self.shares), strict=True))
        measures = self.item_measures() + self.space_measures
        return {
            **{name: plain(getattr(self, name)) for name in parts},
            "of_ceiling_by_query": shares,
            "best_rule": self.rule,
            "splits": self.splits,
            **{one.name: plain(one.estimate) for one in measures},
        }


def chain_name(chain: str) -> str:
    """A chain as people read it."""
    return " + ".join(part.replace("_", " ") for part in chain.split("+")) if chain else RAW


def _row(found: Evaluation, chain: str) -> Row:
    space, own, raw = found.spaces[chain], found.object_scores[chain], found.object_scores[""]
    sides, (rule, ruled) = found.data.pair.objects, found.best_rule(chain)
    forward, backward = (
        _share(scores.mixed, scores.bounds.ceiling, of)
        for scores, of in zip(space.directions, sides, strict=True)
    )
    return Row(
        chain=chain,
        modalities=found.modalities,
        mixed=estimate(own.mixed),
        of_ceiling=_share(own.mixed, own.bounds.ceiling),
        shares=(forward, backward),
        hits=estimate(own.hits[1]),
        mixed_change=change(own.mixed - raw.mixed),
        rule=rule,
        rule_gain=change(own.mixed - ruled),
        hits_change=change(own.hits[1] - raw.hits[1]),
        scores=SpaceScores(
            _estimates(space.forward, sides[0]),
            _estimates(space.backward, sides[1]),
            space.geometry,
            space.calibration_error,
            space.seconds,
        ),
        splits=found.repeats,
    )


def _estimates(
    scores: DirectionScores[Scores], objects: Int[np.ndarray, " n"]
) -> DirectionScores[Estimate]:
    return fieldwise(partial(estimate, objects=objects), scores)


def _share(
    scores: Float[np.ndarray, " n"],
    ceiling: Float[np.ndarray, " n"],
    objects: Int[np.ndarray, " n"] | None = None,
) -> Estimate:
    """The ratio of two means; 1 at most."""
    there = np.isfinite(scores)
    method = partial(wilson_interval, whole=ceiling[there])
    top = max(float(ceiling[there].mean()), 1e-12)
    return replace(estimate(scores, objects, method), value=float(scores[there].mean()) / top)


def _mean(*scores: Scores) -> float:
    return float(np.mean([np.nanmean(one) for one in scores]))
