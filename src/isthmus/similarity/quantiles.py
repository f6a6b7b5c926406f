"""Scores made comparable between modalities by the whole law of strangers' scores."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.similarity.rules import FittedRule, Similarity, samples, way, ways
from isthmus.types import Calibration

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
