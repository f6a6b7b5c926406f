"""The rows of the referee's table, the Pareto front, and which remedy is recommended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from isthmus.studies.evaluate.aggregate import Estimate, Tally, estimate, of_splits
from isthmus.studies.evaluate.cross_validation import Refereed
from isthmus.studies.evaluate.scores import K
from isthmus.types.results import plain

RAW = "as it is"


@dataclass(frozen=True, eq=False)
class Row:
    """What one remedy earned."""

    chain: str
    """Empty for the space as it is."""
    mixed: Estimate
    """nDCG@10 in the mixed gallery, mean of both kinds of queries."""
    of_ceiling: Estimate
    """The same as a share of the ceiling of the space as it is."""
    shares: Mapping[str, Estimate]
    """The same for the queries of each modality."""
    hits: Estimate
    """R@1, mean of both ways."""
    mixed_change: Estimate
    """Less the space as it is, paired by item."""
    hits_change: Estimate
    each: Mapping[str, Estimate]
    """Every measure of single items: hits by way and cut-off, mixed gains by query, zero-shot."""
    numbers: Mapping[str, Estimate]
    """Every number of a whole split: gap, V-measure, calibration error; the interval is their
    spread over splits."""
    seconds: float
    """Of fitting, mean over splits."""

    @property
    def name(self) -> str:
        """The chain as people read it."""
        return said(self.chain)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, without the seconds."""
        parts = ("mixed", "of_ceiling", "hits", "mixed_change", "hits_change")
        return {
            **{name: plain(getattr(self, name)) for name in parts},
            "of_ceiling_by_query": {name: plain(one) for name, one in self.shares.items()},
            **{name: plain(one) for name, one in {**self.each, **self.numbers}.items()},
        }


def said(chain: str) -> str:
    """A chain as people read it."""
    return " + ".join(part.replace("_", " ") for part in chain.split("+")) if chain else RAW


def rows_of(found: Refereed) -> dict[str, Row]:
    """A row for every chain that could be fitted, the space as it is first."""
    raw = Means.of(found, found.tallies[""])
    ceiling = by_object(found, found.bounds, ways(found, "ceiling {}"))
    return {
        chain: _row(found, chain, tally, raw, ceiling) for chain, tally in found.tallies.items()
    }


@dataclass(frozen=True, eq=False)
class Means:
    """Headline scores of every object."""

    mixed: Float[np.ndarray, " o"]
    hits: Float[np.ndarray, " o"]

    @classmethod
    def of(cls, found: Refereed, tally: Tally) -> "Means":
        """Means over both ways."""
        a, b = (some.modality for some in (found.case.a, found.case.b))
        hits = (f"hit@1 {a}→{b}", f"hit@1 {b}→{a}")
        mixed = ways(found, f"mixed nDCG@{K} {{}}")
        return cls(by_object(found, tally, mixed), by_object(found, tally, hits))


def _row(found: Refereed, chain: str, tally: Tally, raw: Means, ceiling: np.ndarray) -> Row:
    own, things = Means.of(found, tally), np.arange(found.case.n)
    shares: dict[str, Estimate] = {}
    for some in (found.case.a, found.case.b):
        name, top = f"mixed nDCG@{K} {some.modality}", f"ceiling {some.modality}"
        asked = objects_of_items(found, tally, name)
        shares[some.modality] = _share(tally.items(name), found.bounds.items(top), asked)
    numbers = {name: of_splits(values) for name, values in tally.numbers.items()}
    each = {
        name: estimate(tally.items(name), objects_of_items(found, tally, name))
        for name in tally.sums
    }
    return Row(
        chain=chain,
        mixed=estimate(own.mixed, things),
        of_ceiling=_share(own.mixed, ceiling, things),
        shares=shares,
        hits=estimate(own.hits, things),
        mixed_change=estimate(own.mixed - raw.mixed, things),
        hits_change=estimate(own.hits - raw.hits, things),
        each=each,
        numbers={name: one for name, one in numbers.items() if name != "seconds"},
        seconds=numbers["seconds"].value,
    )


def _share(
    scores: Float[np.ndarray, " n"], ceiling: Float[np.ndarray, " n"], objects: np.ndarray
) -> Estimate:
    """The ratio of two means, linearised, so that its interval is one of a mean."""
    top = max(float(np.nanmean(ceiling)), 1e-12)
    share = float(np.nanmean(scores)) / top
    return estimate(share + (scores - share * ceiling) / top, objects)


def ways(found: Refereed, pattern: str) -> tuple[str, ...]:
    """A measure's names for queries of both modalities."""
    return tuple(pattern.format(some.modality) for some in (found.case.a, found.case.b))


def objects_of_items(found: Refereed, tally: Tally, name: str) -> Int[np.ndarray, " n"]:
    """The object of every item that a measure scores."""
    return found.case.objects[0 if tally.scored[name] == found.case.a.modality else 1]


def by_object(found: Refereed, tally: Tally, names: Sequence[str]) -> Float[np.ndarray, " o"]:
    """Each object's mean over its items, then over measures; NaN for objects never held out."""
    means: list[np.ndarray] = []
    for name in names:
        scores, things = tally.items(name), objects_of_items(found, tally, name)
        there = np.isfinite(scores)
        total = np.bincount(things[there], scores[there], minlength=found.case.n)
        count = np.bincount(things[there], minlength=found.case.n)
        means.append(np.divide(total, count, out=np.full(found.case.n, np.nan), where=count > 0))
    return np.mean(means, axis=0)
