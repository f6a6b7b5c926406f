"""Scores made comparable between modalities: by mean and spread, or by quantiles."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.scores.rules import FittedRule, Similarity, samples, way, ways
from isthmus.types import Calibration

FLAT = 1e-9
"""Spread below which all scores are one."""


@dataclass(frozen=True)
class Standardised:
    """(s - mean) / spread, both of one way."""

    inner: FittedRule
    mean: dict[str, float]
    """By way, such as ``text>image``."""
    spread: dict[str, float]

    def between(self, query: str, gallery: str) -> Similarity:
        """The inner similarity, standardised."""
        score, mean, spread = self.inner.between(query, gallery), *self._of(query, gallery)
        return lambda a, b: (score(a, b) - mean) / spread

    def judged(self, data: Calibration, query: str, gallery: str) -> Float[np.ndarray, "n m"]:
        """Standardised scores of calibration items."""
        mean, spread = self._of(query, gallery)
        return (self.inner.judged(data, query, gallery) - mean) / spread

    def _of(self, query: str, gallery: str) -> tuple[float, float]:
        key = way(query, gallery)
        return self.mean[key], self.spread[key]


def fit_score_standardised(data: Calibration, inner: FittedRule) -> Standardised:
    """Z-norm: mean and spread of strangers' scores, for each way.

    Needs no matches. The order of one modality's items stays as it is.

    Source: Auckenthaler, Carey & Lloyd-Thomas 2000, Digital Signal Processing 10, section 2.1.
    """
    return _fitted(data, inner, {way(*one): samples(inner, data, *one)[1] for one in ways(data)})


def fit_match_standardised(data: Calibration, inner: FittedRule) -> Standardised:
    """Mean and spread of the scores of matches, for each way.

    A way without matches in the calibration data takes pseudo-matches: each item's nearest
    stranger.

    Source: the idea of arXiv 2511.22141 (similarity standardisation by (pseudo-)positives).
    """
    found: dict[str, np.ndarray] = {}
    for query, gallery in ways(data):
        matches, _ = samples(inner, data, query, gallery)
        if not len(matches):
            matches = np.concatenate([_nearest(inner, one, query, gallery) for one in data.parts])
        found[way(query, gallery)] = matches
    return _fitted(data, inner, found)


def _nearest(
    inner: FittedRule, data: Calibration, query: str, gallery: str
) -> Float[np.ndarray, " n"]:
    """Each item's highest score with a stranger."""
    scores, same = inner.judged(data, query, gallery), data.same_object(query, gallery)
    return np.where(same, -np.inf, scores).max(axis=1)


def _fitted(data: Calibration, inner: FittedRule, found: dict[str, np.ndarray]) -> Standardised:
    mean = {key: float(scores.mean()) for key, scores in found.items()}
    spread = {key: max(float(scores.std()), FLAT) for key, scores in found.items()}
    return Standardised(inner, mean, spread)


KNOTS = 101
"""Quantiles that the map goes through, evenly spaced in standard deviations."""


@dataclass(frozen=True, eq=False)
class NormalScores:
    """s -> the standard normal quantile of its place among strangers' scores, piecewise linear."""

    inner: FittedRule
    knots: dict[str, Float[np.ndarray, " k"]]
    """Scores by way, strictly ascending; beyond the ends the map goes on straight."""
    places: dict[str, Float[np.ndarray, " k"]]
    """Normal quantiles of the knots."""

    def between(self, query: str, gallery: str) -> Similarity:
        """The inner similarity, mapped."""
        score = self.inner.between(query, gallery)
        return lambda a, b: self._mapped(score(a, b), way(query, gallery))

    def judged(self, data: Calibration, query: str, gallery: str) -> Float[np.ndarray, "n m"]:
        """Mapped scores of calibration items."""
        return self._mapped(self.inner.judged(data, query, gallery), way(query, gallery))

    def _mapped(self, scores: Float[np.ndarray, "n m"], key: str) -> Float[np.ndarray, "n m"]:
        knots, places = (np.asarray(of[key], dtype=np.float64) for of in (self.knots, self.places))
        slope = (places[-1] - places[0]) / (knots[-1] - knots[0])
        inside = np.interp(scores, knots, places)
        beyond = np.maximum(scores - knots[-1], 0) + np.minimum(scores - knots[0], 0)
        return inside + slope * beyond


def fit_score_quantiles(data: Calibration, inner: FittedRule) -> NormalScores:
    """Quantile map: strangers' scores become standard normal, for each way.

    The order of one modality's items stays as it is.

    Source: quantile normalisation, Bolstad et al. 2003, Bioinformatics 19(2), with normal scores.
    """
    from scipy.special import ndtr, ndtri

    knots: dict[str, np.ndarray] = {}
    places: dict[str, np.ndarray] = {}
    for query, gallery in ways(data):
        _, strangers = samples(inner, data, query, gallery)
        last = float(ndtri(1 - 0.5 / len(strangers)))
        place = np.linspace(-last, last, KNOTS)
        knot = np.quantile(strangers, ndtr(place))
        rising = np.concatenate([[True], np.diff(knot) > 1e-9])
        if rising.sum() < 2:  # every score is the same
            rising[-1], knot[-1] = True, knot[-1] + 1e-6
        knots[way(query, gallery)] = knot[rising]
        places[way(query, gallery)] = place[rising]
    return NormalScores(inner, knots, places)
