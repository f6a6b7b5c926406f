"""Are probabilities right? Calibration error and Brier score of probabilities of a match."""

import numpy as np
from jaxtyping import Bool, Float

from isthmus.measure.statistics.resampling import seeded

BINS = 15
"""Bins of equal mass."""

DRAWS, PORTION = 200, 20


def calibration_error(
    probability: Float[np.ndarray, " n"],
    match: Bool[np.ndarray, " n"],
    *,
    rng: np.random.Generator | None = None,
) -> float:
    """Debiased expected calibration error, about 0 where the probabilities are right.

    Mean absolute difference of mean probability and share of matches over 15 bins of equal mass,
    less its mean over outcomes drawn from the probabilities themselves (what a finite sample adds
    to perfect probabilities). May be slightly negative, so that means over splits are not biased.

    Source: Naeini et al. 2015, equation 3; Bröcker & Smith 2007 (consistency resampling).
    """
    rng = seeded(rng)
    order = np.argsort(probability, kind="stable")
    p, n = probability[order], len(order)
    edges = np.linspace(0, n, min(BINS, n) + 1).astype(int)[:-1]
    expected = np.add.reduceat(p, edges)

    def errors(outcomes: Bool[np.ndarray, "b n"]) -> Float[np.ndarray, " b"]:
        found = np.add.reduceat(outcomes, edges, axis=1, dtype=np.int64)
        return np.abs(found - expected).sum(axis=1) / n

    # some draws at a time stay in the cache
    drawn = [errors(rng.random((PORTION, n)) < p).mean() for _ in range(DRAWS // PORTION)]
    return float(errors(match[order][None])[0] - np.mean(drawn))


def brier_score(probability: Float[np.ndarray, " n"], match: Bool[np.ndarray, " n"]) -> float:
    """Mean squared difference of probability and outcome; smaller is better.

    Source: Brier 1950, equation 2, for two outcomes (halved).
    """
    return float(np.mean((probability - match) ** 2))
