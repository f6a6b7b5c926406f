"""Do probabilities of a match come true on held-out pairs, and on held-out groups of objects?"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from isthmus.measure.classification.clusters import k_means
from isthmus.measure.statistics import Pair, brier_score, calibration_error
from isthmus.records import dataclass
from isthmus.scores.odds import fit_false_alarms, fit_match_odds
from isthmus.scores.rules import Cosine, direction, samples
from isthmus.studies.evaluate.cross_validation import in_parallel
from isthmus.studies.evaluate.evaluation import Estimate, estimate_over_splits
from isthmus.studies.evaluate.scores import match_probabilities, mended_dataset
from isthmus.studies.evaluate.splits import FEWEST, halves, of_objects, take
from isthmus.studies.evaluate.splits import MOST as HELD
from isthmus.studies.shared import Dataset
from isthmus.transform.mended import Fits
from isthmus.types import Calibration

MOST = 200
"""Calibration objects at most."""
SHARES = (0.5, 0.01)
"""Of matches among the pairs: 1:1 and 1:99."""
SCORES = {"cosine": "", "symmetric normalised": "symmetric_normalised"}
"""What the probability is read from, by name."""
ALARM = 0.01
"""The false-alarm rate that a threshold from unpaired data is set to."""
HALVES, GROUPS = "random halves", "held-out groups"
CLUSTERS = 8
"""Groups of objects at most; where there are no labels, clusters of their vectors."""


@dataclass(frozen=True)
class CalibrationScore:
    """How good probabilities of a match are on held-out pairs."""

    score: str
    """What they are read from."""
    share: float
    """Of matches among the pairs."""
    error: Estimate
    """Debiased expected calibration error; the interval is its spread over splits or groups."""
    brier: Estimate
    constant: float
    """Brier score of answering ``share`` always."""
    held_out: str = HALVES
    """What was held out."""
    worst: str = ""
    """The group with the largest Brier score."""
    worst_brier: float = 0.0

    @property
    def skill(self) -> float:
        """1 where probabilities are certain and right, 0 where a constant does as well."""
        return 1 - self.brier.value / self.constant


@dataclass(frozen=True)
class CalibrationScores:
    """Every kind of probability, and what a threshold without links lets pass."""

    calibrated: int
    """Objects that the logistic was fitted on."""
    splits: int
    found: tuple[CalibrationScore, ...]
    alarms: Estimate
    """Share of held-out negatives above a threshold set to ``ALARM`` without links."""
    thresholds: tuple[tuple[float, float, float], ...]
    """Share of matches, probability, and the cosine at which it is reached."""
    groups: str = ""
    """What the held-out groups are; empty where there are too few objects for any."""

    @property
    def offered(self) -> str:
        """The score whose probabilities are best where they are worst.

        Over random halves and held-out groups, at every share of matches.
        """
        names = dict.fromkeys(one.score for one in self.found)
        return max(names, key=lambda name: min(x.skill for x in self.found if x.score == name))

    def worse(self, score: str, share: float = 0.5) -> CalibrationScore:
        """Of random halves and held-out groups the one on which a score's Brier is worse."""
        some = (one for one in self.found if (one.score, one.share) == (score, share))
        return min(some, key=lambda one: one.skill)

    def trusted(self, score: str) -> tuple[str, ...]:
        """What was held out where probabilities beat a constant at every share of matches."""
        tried = dict.fromkeys(one.held_out for one in self.found)
        own = [one for one in self.found if one.score == score]
        return tuple(x for x in tried if all(o.skill > 0 for o in own if o.held_out == x))


def match_calibration(data: Dataset, *, splits: int = 20, seed: int = 0) -> CalibrationScores:
    """Fit on at most ``MOST`` objects, score on held-out ones: on random halves and new groups.

    Queries are of the second modality, the gallery is of the first. Groups are labels or, without
    any, clusters of the objects; each is held out in turn.
    """
    fitted = min(MOST, data.pair.n // 2)

    def half(number: int) -> _Found:
        rng = np.random.default_rng([seed, number])
        fitted_on, held = (take(data, rows) for rows in halves(data, fitted, rng))
        unpaired = Calibration.unpaired(fitted_on.a, fitted_on.b)
        return _scored(fitted_on, held, rng), _alarms(unpaired, held.pair)

    kind, named, of_object = _groups(data, seed)

    def group(number: int) -> _Found:
        rng = np.random.default_rng([seed, number, *b"group"])
        inside = of_object == number
        rest, inside = (rng.permutation(np.flatnonzero(some)) for some in (~inside, inside))
        some, held = (
            take(data, of_objects(data, objects)) for objects in (rest[:MOST], inside[:HELD])
        )
        return _scored(some, held, rng), 0.0

    by_half, by_group = (
        list(in_parallel(function, range(count)))
        for function, count in ((half, splits), (group, len(named) if kind else 0))
    )
    return CalibrationScores(
        fitted,
        splits,
        (*_summed(by_half, HALVES), *_summed(by_group, GROUPS, named)),
        estimate_over_splits(*(alarm for _, alarm in by_half)),
        _thresholds(data),
        kind,
    )


_Values = dict[tuple[str, float], tuple[float, float]]
_Found = tuple[_Values, float]


def _scored(fitted_on: Dataset, held: Dataset, rng: np.random.Generator) -> _Values:
    """Error and Brier score on held-out objects, by score and share of matches."""
    linked = Calibration.of(fitted_on.a, fitted_on.b, fitted_on.links)
    found: _Values = {}
    for name, chain in SCORES.items():
        mended, seen = Fits(linked, held.a.space).fitted(chain)
        pair = mended_dataset(held, mended).pair
        scores = samples(mended.rule or Cosine(), seen, *seen.modalities[::-1])
        for share in SHARES:
            drawn = match_probabilities(scores, pair, rng, share)
            found[name, share] = calibration_error(*drawn, rng=rng), brier_score(*drawn)
    return found


def _summed(
    some: Sequence[_Found], held_out: str, names: Sequence[str] = ()
) -> list[CalibrationScore]:
    values: dict[tuple[str, float], list[tuple[float, float]]] = defaultdict(list)
    for scored, _ in some:
        for key, value in scored.items():
            values[key].append(value)
    worst = {key: int(np.argmax([brier for _, brier in found])) for key, found in values.items()}
    return [
        CalibrationScore(
            name,
            share,
            *(estimate_over_splits(*of) for of in zip(*found, strict=True)),
            constant=share * (1 - share),
            held_out=held_out,
            worst=names[worst[name, share]] if names else "",
            worst_brier=found[worst[name, share]][1],
        )
        for (name, share), found in values.items()
    ]


def _groups(data: Dataset, seed: int) -> tuple[str, list[str], Int[np.ndarray, " o"]]:
    """What groups of objects are, their names, and the group of each object; -1 is in none.

    Each holds ``FEWEST`` objects or more, and so do the others together.
    """
    labels, n = data.about.labels, data.pair.n
    of_object = {
        int(of): labels[name]
        for items, owners in zip((data.a, data.b), data.pair.objects, strict=True)
        for name, of in zip(items.ids, owners, strict=True)
        if name in labels
    }
    names, place = np.unique([of_object.get(one, "") for one in range(n)], return_inverse=True)
    found = _large(names, place)
    if len(found[0]) > 1:
        return "labels", *found
    place = _clusters(data, np.random.default_rng([seed, *b"clusters"]))
    names = np.array([f"cluster {one + 1}" for one in range(int(place.max()) + 1)])
    found = _large(names, place)
    return ("clusters" if len(found[0]) > 1 else ""), *found


def _large(
    names: np.ndarray, place: Int[np.ndarray, " o"]
) -> tuple[list[str], Int[np.ndarray, " o"]]:
    """The largest named groups, and the number among these of each object, or -1."""
    count = np.bincount(place, minlength=len(names))
    large = [
        int(one)
        for one in np.argsort(-count, kind="stable")
        if names[one] and FEWEST <= count[one] <= len(place) - FEWEST
    ][:CLUSTERS]
    number = np.full(len(names), -1)
    number[large] = np.arange(len(large))
    return [str(names[one]) for one in large], number[place]


def _clusters(data: Dataset, rng: np.random.Generator) -> Int[np.ndarray, " o"]:
    """The cluster of each object, by the mean of its items of the first modality."""
    pair = data.pair
    centred = pair.a.unit - pair.a.unit.mean(axis=0)
    means = np.zeros((pair.n, centred.shape[1]))
    np.add.at(means, pair.objects[0], centred)
    return k_means(means, min(CLUSTERS, max(1, pair.n // (2 * FEWEST))), rng)


def _alarms(data: Calibration, held: Pair) -> float:
    """Held-out negatives above the threshold that unpaired calibration data set to ``ALARM``."""
    a, b = data.modalities
    rate = fit_false_alarms(data, Cosine()).rate(b, a)(held.b.unit, held.a.unit)
    return float((rate[~held.same_object.T] <= ALARM).mean())


def _thresholds(data: Dataset) -> tuple[tuple[float, float, float], ...]:
    """The cosines at which a match becomes as probable as 10, 50 and 90 %, fitted on everything."""
    rule = fit_match_odds(Calibration.of(data.a, data.b, data.links), Cosine())
    key = direction(data.b.modality, data.a.modality)
    slope, intercept = rule.slope[key], rule.intercept[key]
    mean, spread = rule.inner.mean[key], rule.inner.spread[key]
    return tuple(
        (
            share,
            p,
            mean + spread * (np.log(p / (1 - p)) - np.log(share / (1 - share)) - intercept) / slope,
        )
        for share in SHARES
        for p in (0.1, 0.5, 0.9)
    )
