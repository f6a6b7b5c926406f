"""Does a calibrated similarity keep its promises on held-out pairs?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from isthmus.measure.statistics.calibration import brier_score
from isthmus.measure.statistics.inputs import Pair
from isthmus.scores.odds import fit_false_alarms, fit_match_odds
from isthmus.scores.rules import Cosine, direction, samples
from isthmus.studies.evaluate.aggregate import Estimate, of_splits
from isthmus.studies.evaluate.cross_validation import Case
from isthmus.studies.evaluate.scores import match_error
from isthmus.transform.mended import fit_with_data
from isthmus.types import Calibration
from isthmus.types.results import plain

PAIRS = 200
"""Calibration objects at most."""
SHARES = (0.5, 0.01)
"""Of matches among the pairs that are asked: 1:1 and 1:99."""
SCORES = {"cosine": "", "symmetric normalised": "symmetric_normalised"}
"""What the probability is read from, by name."""
ALARM = 0.01
"""The false-alarm rate that a threshold from unpaired data is set to."""


@dataclass(frozen=True)
class Promise:
    """How good probabilities of a match are on held-out pairs."""

    score: str
    share: float
    """Of matches among the pairs that were asked."""
    error: Estimate
    """Debiased expected calibration error; the interval is its spread over splits."""
    brier: Estimate
    constant: float
    """Brier score of answering ``share`` always."""


@dataclass(frozen=True)
class Promises:
    """Everything that is promised, and what came of it."""

    calibrated: int
    """Objects that the logistic was fitted on."""
    splits: int
    found: tuple[Promise, ...]
    alarms: Estimate
    """Share of held-out strangers above a threshold set to ``ALARM`` without links."""
    thresholds: tuple[tuple[float, float, float], ...]
    """Share of matches, probability, and the cosine at which it is reached."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return plain(self)


def promises(case: Case, *, splits: int = 20, seed: int = 0) -> Promises:
    """Fit on at most ``PAIRS`` objects, judge on held-out ones, ``splits`` times.

    Queries are of the second modality (texts, where there are any), the gallery is of the first.
    """
    found: dict[tuple[str, float], list[tuple[float, float]]] = {}
    alarms: list[float] = []
    fitted = min(PAIRS, case.n // 2)
    for number in range(splits):
        rng = np.random.default_rng([seed, number])
        split = case.split(fitted, rng)
        sides, held = case.sets(split.fitted), case.sets(split.held)
        data = Calibration.of(*sides, case.links)
        alarms.append(_alarms(Calibration.unpaired(*sides), Pair(*held, case.links.rows(*held))))
        for name, chain in SCORES.items():
            mended, seen = fit_with_data(chain, data, case.a.space)
            a, b = map(mended, held)
            pair = Pair(a, b, case.links.rows(a, b))
            known = samples(mended.rule or Cosine(), seen, b.modality, a.modality)
            for share in SHARES:
                error, probability, told = match_error(known, pair, rng, share)
                one = (error, brier_score(probability, told))
                found.setdefault((name, share), []).append(one)
    return Promises(
        calibrated=fitted,
        splits=splits,
        found=tuple(
            Promise(
                name,
                share,
                of_splits([error for error, _ in some]),
                of_splits([brier for _, brier in some]),
                share * (1 - share),
            )
            for (name, share), some in found.items()
        ),
        alarms=of_splits(alarms),
        thresholds=_thresholds(case),
    )


def _alarms(data: Calibration, held: Pair) -> float:
    """Held-out strangers above the threshold that unpaired calibration data set to ``ALARM``."""
    a, b = data.modalities
    rate = fit_false_alarms(data, Cosine()).rate(b, a)(held.b.unit, held.a.unit)
    return float((rate[~held.same_object.T] <= ALARM).mean())


def _thresholds(case: Case) -> tuple[tuple[float, float, float], ...]:
    """The cosines at which a match becomes as probable as 10, 50 and 90 %, fitted on everything."""
    data = Calibration.of(case.a, case.b, case.links)
    a, b = data.modalities
    rule, key = fit_match_odds(data, Cosine()), direction(b, a)
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
