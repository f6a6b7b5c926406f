"""Scores made comparable between modalities: by mean and spread, by quantiles, or by cohorts."""

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.records import dataclass
from isthmus.scores.rules import (
    FLAT,
    FittedRule,
    PerDirection,
    Scores,
    Similarity,
    direction,
    directions,
    neutral,
    samples,
    z_scores,
)
from isthmus.types import Calibration

FLAT_COHORT = 1e-6
"""Spread below which all scores of one query or one item are one."""


@dataclass(frozen=True, eq=False)
class Standardised(PerDirection):
    """(s - mean) / spread, both of one direction."""

    mean: dict[str, float]
    """By direction, such as ``text>image``."""
    spread: dict[str, float]

    def mapped(self, scores: Scores, key: str) -> Scores:
        """Standardised."""
        return (scores - self.mean[key]) / self.spread[key]


def fit_score_standardised(data: Calibration, inner: FittedRule) -> Standardised:
    """Z-norm: mean and spread of negatives' scores, for each direction.

    Needs no matches. The order of one modality's items stays as it is.

    Source: Auckenthaler, Carey & Lloyd-Thomas 2000, Digital Signal Processing 10, section 2.1.
    """
    return _fitted(
        inner, {direction(*one): samples(inner, data, *one)[1] for one in directions(data)}
    )


def fit_match_standardised(data: Calibration, inner: FittedRule) -> Standardised:
    """Mean and spread of the scores of matches, for each direction.

    A direction without matches in the calibration data takes pseudo-matches: each item's nearest
    negative.

    Source: the idea of arXiv 2511.22141 (similarity standardisation by (pseudo-)positives).
    """
    found = {direction(*one): _matches(inner, data, *one) for one in directions(data)}
    return _fitted(inner, found)


def _matches(
    inner: FittedRule, data: Calibration, query: str, gallery: str
) -> Float[np.ndarray, " k"]:
    """Scores of matches; without any, each item's highest score with a negative."""
    matches, _ = samples(inner, data, query, gallery)
    highest = (
        np.where(
            part.same_object(query, gallery),
            -np.inf,
            inner.calibration_scores(part, query, gallery),
        ).max(axis=1)
        for part in data.parts
    )
    return matches if len(matches) else np.concatenate(list(highest))


def _fitted(inner: FittedRule, found: dict[str, np.ndarray]) -> Standardised:
    return Standardised(
        inner,
        {key: float(scores.mean()) for key, scores in found.items()},
        {key: max(float(scores.std()), FLAT) for key, scores in found.items()},
    )


KNOTS = 101
"""Quantiles that the map goes through, evenly spaced in standard deviations."""


@dataclass(frozen=True, eq=False)
class NormalScores(PerDirection):
    """s -> the standard normal quantile of its place among negatives' scores, piecewise linear."""

    knots: dict[str, Float[np.ndarray, " k"]]
    """Scores by direction, strictly ascending; beyond the ends the map goes on straight."""
    places: dict[str, Float[np.ndarray, " k"]]
    """Normal quantiles of the knots."""

    def mapped(self, scores: Scores, key: str) -> Scores:
        """Quantiles of the standard normal law."""
        knots, places = (np.asarray(of[key], dtype=np.float64) for of in (self.knots, self.places))
        slope = (places[-1] - places[0]) / (knots[-1] - knots[0])
        inside = np.interp(scores, knots, places)
        beyond = np.maximum(scores - knots[-1], 0) + np.minimum(scores - knots[0], 0)
        return inside + slope * beyond


def fit_score_quantiles(data: Calibration, inner: FittedRule) -> NormalScores:
    """Quantile map: negatives' scores become standard normal, for each direction.

    The order of one modality's items stays as it is.

    Source: quantile normalisation, Bolstad et al. 2003, Bioinformatics 19(2), with normal scores.
    """
    from scipy.special import ndtr, ndtri

    knots: dict[str, np.ndarray] = {}
    places: dict[str, np.ndarray] = {}
    for query, gallery in directions(data):
        _, negatives = samples(inner, data, query, gallery)
        last = float(ndtri(1 - 0.5 / len(negatives)))
        place = np.linspace(-last, last, KNOTS)
        knot = np.quantile(negatives, ndtr(place))
        rising = np.concatenate([[True], np.diff(knot) > 1e-9])
        if rising.sum() < 2:  # every score is the same
            rising[-1], knot[-1] = True, knot[-1] + 1e-6
        knots[direction(query, gallery)] = knot[rising]
        places[direction(query, gallery)] = place[rising]
    return NormalScores(inner, knots, places)


@dataclass(frozen=True, eq=False)
class SymmetricNormalised:
    """Half the sum of two z-scores: among the query's own scores, and among the item's own."""

    inner: FittedRule
    bank: dict[str, Vectors]

    def between(self, query: str, gallery: str) -> Similarity:
        """The inner similarity, normalised from both sides."""
        score = self.inner.between(query, gallery)
        queries, items = self.bank[query], self.bank[gallery]
        return lambda a, b: _symmetric(score(a, b), score(a, items), score(queries, b))

    def calibration_scores(self, data: Calibration, query: str, gallery: str) -> Scores:
        """Scores of calibration items; their own objects count as the median of the rest."""
        scores = self.inner.calibration_scores(data, query, gallery)
        same = data.same_object(query, gallery)
        return _symmetric(scores, neutral(scores.T, same.T).T, neutral(scores, same))


def fit_symmetric_normalised(data: Calibration, inner: FittedRule) -> SymmetricNormalised:
    """S-norm: each score against those that query and item reach with the calibration items.

    Source: Kenny 2010, Bayesian speaker verification with heavy-tailed priors, Odyssey, section
    4 (there for speakers); here with one cohort a modality.
    """
    return SymmetricNormalised(inner, {n: x.astype(np.float32) for n, x in data.vectors.items()})


def _symmetric(
    scores: Scores, of_query: Float[np.ndarray, "n b"], of_item: Float[np.ndarray, "c m"]
) -> Scores:
    own = z_scores(scores, of_query, 1, FLAT_COHORT)
    return (own + z_scores(scores, of_item, 0, FLAT_COHORT)) / 2
