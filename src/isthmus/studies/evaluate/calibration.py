"""Do probabilities of a match come true on held-out pairs?"""

from collections import defaultdict

import numpy as np

from isthmus.measure.statistics import Pair, brier_score, calibration_error
from isthmus.records import dataclass
from isthmus.scores.odds import fit_false_alarms, fit_match_odds
from isthmus.scores.rules import Cosine, direction, samples
from isthmus.studies.evaluate.evaluation import Estimate, estimate_over_splits
from isthmus.studies.evaluate.scores import match_probabilities, mended_dataset
from isthmus.studies.evaluate.splits import halves, take
from isthmus.studies.shared import Dataset
from isthmus.transform.mended import fit_with_data
from isthmus.types import Calibration

MOST = 200
"""Calibration objects at most."""
SHARES = (0.5, 0.01)
"""Of matches among the pairs: 1:1 and 1:99."""
SCORES = {"cosine": "", "symmetric normalised": "symmetric_normalised"}
"""What the probability is read from, by name."""
ALARM = 0.01
"""The false-alarm rate that a threshold from unpaired data is set to."""


@dataclass(frozen=True)
class CalibrationScore:
    """How good probabilities of a match are on held-out pairs."""

    score: str
    """What they are read from."""
    share: float
    """Of matches among the pairs."""
    error: Estimate
    """Debiased expected calibration error; the interval is its spread over splits."""
    brier: Estimate
    constant: float
    """Brier score of answering ``share`` always."""


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


def match_calibration(data: Dataset, *, splits: int = 20, seed: int = 0) -> CalibrationScores:
    """Fit on at most ``MOST`` objects, score on held-out ones, ``splits`` times.

    Queries are of the second modality, the gallery is of the first.
    """
    found: dict[tuple[str, float], list[tuple[float, float]]] = defaultdict(list)
    alarms: list[float] = []
    fitted = min(MOST, data.pair.n // 2)
    for number in range(splits):
        rng = np.random.default_rng([seed, number])
        fitted_on, held = (take(data, rows) for rows in halves(data, fitted, rng))
        alarms.append(_alarms(Calibration.unpaired(fitted_on.a, fitted_on.b), held.pair))
        linked = Calibration.of(fitted_on.a, fitted_on.b, fitted_on.links)
        for name, chain in SCORES.items():
            mended, seen = fit_with_data(chain, linked, data.a.space)
            pair = mended_dataset(held, mended).pair
            scores = samples(mended.rule or Cosine(), seen, *seen.modalities[::-1])
            for share in SHARES:
                drawn = match_probabilities(scores, pair, rng, share)
                found[name, share].append((calibration_error(*drawn, rng=rng), brier_score(*drawn)))
    scored = tuple(
        CalibrationScore(
            name,
            share,
            *(estimate_over_splits(*some) for some in zip(*values, strict=True)),
            constant=share * (1 - share),
        )
        for (name, share), values in found.items()
    )
    spread = estimate_over_splits(*alarms)
    return CalibrationScores(fitted, splits, scored, spread, _thresholds(data))


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
