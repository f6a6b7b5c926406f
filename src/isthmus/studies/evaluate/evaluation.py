"""What every space earned on held-out items: scores of items, and one row of estimates a space."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from isthmus.studies.evaluate.aggregate import Estimate, estimate, fieldwise
from isthmus.studies.evaluate.scores import KS, Bounds, DirectionScores, K, Scores, SpaceScores
from isthmus.studies.shared.dataset import Dataset
from isthmus.types.results import plain

RAW = "as it is"


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
    bounds: tuple[Bounds[Scores], Bounds[Scores]]
    """Of the space as it is, forward and backward."""
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

    @cached_property
    def rows(self) -> dict[str, "Row"]:
        """A row for every chain, the space as it is first."""
        return {chain: _row(self, chain) for chain in self.spaces}

    @cached_property
    def mean_bounds(self) -> Bounds[float]:
        """Means over items, then over both directions."""
        return fieldwise(_mean, *self.bounds)

    @cached_property
    def object_bounds(self) -> Bounds[Float[np.ndarray, " o"]]:
        """Means over both directions, of every object."""
        return fieldwise(self._by_object, *self.bounds)

    @cached_property
    def object_scores(self) -> dict[str, DirectionScores[Float[np.ndarray, " o"]]]:
        """Means over both directions, of every object; by chain."""
        return {
            chain: fieldwise(self._by_object, *space.directions)
            for chain, space in self.spaces.items()
        }

    @property
    def objects(self) -> Int[np.ndarray, " o"]:
        """The number of every object."""
        return np.arange(self.data.pair.n)

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
    """The same as a share of the ceiling of the space as it is."""
    shares: tuple[Estimate, Estimate]
    """The same forward and backward."""
    hits: Estimate
    """R@1, mean of both directions."""
    mixed_change: Estimate
    """Less the space as it is, paired by item."""
    hits_change: Estimate
    scores: SpaceScores[Estimate, Estimate]
    """Intervals of whole spaces are their spread over splits."""

    @property
    def name(self) -> str:
        """The chain as people read it."""
        return chain_name(self.chain)

    @property
    def seconds(self) -> float:
        """Of fitting, mean over splits."""
        return self.scores.seconds.value

    def item_measures(self, cut_offs: tuple[int, ...] = KS) -> list[Measure]:
        """Everything that single items score: hits, mixed gains, zero-shot."""
        found: list[Measure] = []
        ends = (self.modalities, self.modalities[::-1])
        for (query, gallery), one in zip(ends, self.scores.directions, strict=True):
            found += [Measure(f"hit@{k} {query}→{gallery}", one.hits[k]) for k in cut_offs]
            found.append(Measure(f"mixed nDCG@{K} {query}", one.mixed))
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
        parts = ("mixed", "of_ceiling", "hits", "mixed_change", "hits_change")
        shares = dict(zip(self.modalities, map(plain, self.shares), strict=True))
        measures = self.item_measures() + self.space_measures
        return {
            **{name: plain(getattr(self, name)) for name in parts},
            "of_ceiling_by_query": shares,
            **{one.name: plain(one.estimate) for one in measures},
        }


def chain_name(chain: str) -> str:
    """A chain as people read it."""
    return " + ".join(part.replace("_", " ") for part in chain.split("+")) if chain else RAW


def bounds_to_dict(found: Evaluation) -> dict[str, float]:
    """Means of the bounds by name and modality of the queries, as in records."""
    values: dict[str, float] = {}
    for query, one in zip(found.modalities, found.bounds, strict=True):
        means: Bounds[float] = fieldwise(_mean, one)
        values |= {
            f"rule {query}": means.rule,
            f"ceiling {query}": means.ceiling,
            f"chance {query}": means.chance,
            f"chance of hits {query}": means.chance_of_hits,
        }
    return values


def _row(found: Evaluation, chain: str) -> Row:
    space, own, raw = found.spaces[chain], found.object_scores[chain], found.object_scores[""]
    objects, sides = found.objects, found.data.pair.objects
    tops = [one.ceiling for one in found.bounds]
    forward, backward = map(_share, [one.mixed for one in space.directions], tops, sides)
    of_a, of_b = (partial(estimate, objects=of) for of in sides)
    return Row(
        chain=chain,
        modalities=found.modalities,
        mixed=estimate(own.mixed, objects),
        of_ceiling=_share(own.mixed, found.object_bounds.ceiling, objects),
        shares=(forward, backward),
        hits=estimate(own.hits[1], objects),
        mixed_change=estimate(own.mixed - raw.mixed, objects),
        hits_change=estimate(own.hits[1] - raw.hits[1], objects),
        scores=SpaceScores(
            fieldwise(of_a, space.forward),
            fieldwise(of_b, space.backward),
            space.geometry,
            space.calibration_error,
            space.seconds,
        ),
    )


def _share(
    scores: Float[np.ndarray, " n"], ceiling: Float[np.ndarray, " n"], objects: np.ndarray
) -> Estimate:
    """The ratio of two means, linearised, so that its interval is one of a mean."""
    top = max(float(np.nanmean(ceiling)), 1e-12)
    share = float(np.nanmean(scores)) / top
    return estimate(share + (scores - share * ceiling) / top, objects)


def _mean(*scores: Scores) -> float:
    return float(np.mean([np.nanmean(one) for one in scores]))
