"""Score rules that compare with a bank: how near are the query and the item to everybody?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.scores.hub_remedies import HUB_REMEDIES, unhubbed
from isthmus.scores.rules import FittedRule, Similarity
from isthmus.types import Calibration

FLAT = 1e-6


@dataclass(frozen=True, eq=False)
class Unhubbed:
    """One of ``HUB_REMEDIES`` with the calibration items as its bank of queries."""

    inner: FittedRule
    method: str
    bank: dict[str, Vectors]
    """By modality: those of the query's modality stand for other queries."""

    def between(self, query: str, gallery: str) -> Similarity:
        """The inner similarity without hubs."""
        score, bank = self.inner.between(query, gallery), self.bank[query]
        return lambda a, b: unhubbed(score(a, b), self.method, score(bank, b))

    def judged(self, data: Calibration, query: str, gallery: str) -> Float[np.ndarray, "n m"]:
        """Scores of calibration items; in the bank their own objects count as the median."""
        scores = self.inner.judged(data, query, gallery)
        return unhubbed(scores, self.method, _hidden(scores, data.same_object(query, gallery)))


@dataclass(frozen=True, eq=False)
class SymmetricNormalised:
    """Half the sum of two z-scores: among the query's own scores, and among the item's own."""

    inner: FittedRule
    bank: dict[str, Vectors]

    def between(self, query: str, gallery: str) -> Similarity:
        """The inner similarity, normalised from both sides."""
        score, queries, items = (
            self.inner.between(query, gallery),
            self.bank[query],
            self.bank[gallery],
        )
        return lambda a, b: _both(score(a, b), score(a, items), score(queries, b))

    def judged(self, data: Calibration, query: str, gallery: str) -> Float[np.ndarray, "n m"]:
        """Scores of calibration items; their own objects count as the median of the rest."""
        scores, same = self.inner.judged(data, query, gallery), data.same_object(query, gallery)
        return _both(scores, _hidden(scores.T, same.T).T, _hidden(scores, same))


def fit_symmetric_normalised(data: Calibration, inner: FittedRule) -> SymmetricNormalised:
    """S-norm: each score against those that query and item reach with the calibration items.

    Source: Kenny 2010, Bayesian speaker verification with heavy-tailed priors, Odyssey, section
    4 (there for speakers); here with one cohort a modality.
    """
    return SymmetricNormalised(inner, _kept(data))


def _unhubbed(method: str) -> Callable[[Calibration, FittedRule], Unhubbed]:
    def fit(data: Calibration, inner: FittedRule) -> Unhubbed:
        return Unhubbed(inner, method, _kept(data))

    fit.__doc__ = HUB_REMEDIES[method].__doc__
    return fit


fit_csls = _unhubbed("csls")
fit_qb_norm = _unhubbed("qb_norm")
fit_neighbour_normalised = _unhubbed("neighbour_normalised")
fit_inverted_softmax = _unhubbed("inverted_softmax")
fit_sinkhorn = _unhubbed("sinkhorn")


def _kept(data: Calibration) -> dict[str, Vectors]:
    return {name: x.astype(np.float32) for name, x in data.vectors.items()}


def _hidden(scores: Float[np.ndarray, "n m"], same: np.ndarray) -> Float[np.ndarray, "n m"]:
    """The scores with those of one object replaced by the median of their column."""
    strangers = np.where(same, np.nan, scores)
    return np.where(same, np.nanmedian(strangers, axis=0), scores)


def _both(
    scores: Float[np.ndarray, "q m"],
    of_query: Float[np.ndarray, "q b"],
    of_item: Float[np.ndarray, "c m"],
) -> Float[np.ndarray, "q m"]:
    own = (scores - of_query.mean(axis=1, keepdims=True)) / np.maximum(
        of_query.std(axis=1, keepdims=True), FLAT
    )
    theirs = (scores - of_item.mean(axis=0)) / np.maximum(of_item.std(axis=0), FLAT)
    return (own + theirs) / 2
