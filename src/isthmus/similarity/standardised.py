"""Scores made comparable between modalities by their mean and spread."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.similarity.rules import FittedRule, Similarity, samples, way, ways
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
