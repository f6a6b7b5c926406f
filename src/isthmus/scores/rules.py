"""Score rules: similarities that know which modality asks and which is searched.

A rule is fitted on calibration data on top of an inner rule, ``fit(data, inner) -> rule``; the
innermost is ``Cosine``. What it learns it keeps by ``direction``, such as ``text>image``.
"""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from isthmus.arrays import Vectors
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.similarity import DIRECTED, SIMILARITIES
from isthmus.similarity.euclidean import cosine
from isthmus.similarity.learned import Bilinear, Mahalanobis
from isthmus.types import Calibration

Scores = Float[np.ndarray, "n m"]
"""Of n queries (rows) and a gallery of m items (columns); larger is closer."""

Similarity = Callable[[Vectors, Vectors], Scores]

FLAT = 1e-9
"""Spread below which all scores of a direction are one."""


@runtime_checkable
class FittedRule(Protocol):
    """A score rule that can also score the data it was fitted on as if they were new."""

    def between(self, query: str, gallery: str) -> Similarity:
        """The similarity of queries and a gallery of these modalities."""
        ...

    def calibration_scores(self, data: Calibration, query: str, gallery: str) -> Scores:
        """Scores of calibration items; what was learnt from an item's own object is left out."""
        ...


@dataclass(frozen=True)
class Cosine:
    """The cosine, whatever the modalities."""

    def between(self, query: str, gallery: str) -> Similarity:
        """The cosine."""
        return cosine

    def calibration_scores(self, data: Calibration, query: str, gallery: str) -> Scores:
        """Cosines of calibration items: nothing was learnt."""
        return cosine(data.vectors[query], data.vectors[gallery])


@dataclass(frozen=True, eq=False)
class Trained:
    """A similarity that a training ended with; ``first`` is its left side, whoever asks."""

    similarity: Any
    """Name of a similarity, or one with a learned matrix."""
    first: str
    """Modality of the left side."""

    def between(self, query: str, gallery: str) -> Similarity:
        """The similarity; sides are turned where the right one asks."""
        found = named(self.similarity)
        if query == self.first or gallery != self.first:
            return found
        return lambda a, b: found(b, a).T

    def calibration_scores(self, data: Calibration, query: str, gallery: str) -> Scores:
        """Scores of calibration items: nothing was learnt from single ones."""
        return self.between(query, gallery)(data.vectors[query], data.vectors[gallery])


def named(similarity: Any) -> Any:
    """The similarity of a name; one with a learned matrix is returned as it is."""
    if isinstance(similarity, Bilinear | Mahalanobis):
        return similarity
    return find("similarities", {**SIMILARITIES, **DIRECTED}, similarity)


def direction(query: str, gallery: str) -> str:
    """The name of a direction of search: ``text>image``."""
    return f"{query}>{gallery}"


def directions(data: Calibration) -> list[tuple[str, str]]:
    """All four pairs of a modality that asks and one that is searched."""
    return [(query, gallery) for query in data.modalities for gallery in data.modalities]


@dataclass(frozen=True, eq=False)
class PerDirection:
    """A rule that maps the scores of an inner rule, each direction by a map of its own."""

    inner: FittedRule

    def mapped(self, scores: Scores, key: str) -> Scores:
        """Scores of the inner rule, of the direction ``key``, mapped."""
        raise NotImplementedError

    def between(self, query: str, gallery: str) -> Similarity:
        """The inner similarity, mapped."""
        score, key = self.inner.between(query, gallery), direction(query, gallery)
        return lambda a, b: self.mapped(score(a, b), key)

    def calibration_scores(self, data: Calibration, query: str, gallery: str) -> Scores:
        """The inner rule's scores of calibration items, mapped."""
        return self.mapped(
            self.inner.calibration_scores(data, query, gallery), direction(query, gallery)
        )


def z_scores(scores: Scores, cohort: Float[np.ndarray, "b c"], axis: int, flat: float) -> Scores:
    """Scores in standard deviations of a cohort's along an axis; ``flat`` is the least of these."""
    spread = np.maximum(cohort.std(axis=axis, keepdims=True), flat)
    return (scores - cohort.mean(axis=axis, keepdims=True)) / spread


def samples(
    rule: FittedRule, data: Calibration, query: str, gallery: str
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " l"]]:
    """Scores of matches (items of one object, never an item with itself) and of negatives."""
    matches: list[np.ndarray] = []
    negatives: list[np.ndarray] = []
    for part in data.parts:
        scores = rule.calibration_scores(part, query, gallery)
        same = part.same_object(query, gallery)
        negatives.append(scores[~same])
        if query == gallery:
            np.fill_diagonal(same, False)
        matches.append(scores[same])
    return np.concatenate(matches), np.concatenate(negatives)


def neutral(scores: Scores, same: Bool[np.ndarray, "n m"]) -> Scores:
    """The scores with those of one object replaced by the median of their column's others."""
    return np.where(same, np.nanmedian(np.where(same, np.nan, scores), axis=0), scores)
