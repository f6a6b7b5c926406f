"""How similar anything is to a query: what makes scores of several modalities comparable.

Texts are nearer to texts than to any picture, so that raw similarities rank by modality first. The
mean m and covariance C of the vectors of one modality tell what a query q meets there: its scores
have the mean m·q and the variance q'Cq, exactly and without looking at the items again.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from isthmus.indexes.exact import Rows
from isthmus.records import dataclass

BLOCK = 8_192
FLAT = 1e-6
"""Spread below which all scores of a query are one."""


@dataclass(frozen=True, eq=False)
class Background:
    """Mean and covariance of the unit vectors of one modality."""

    mean: Float[np.ndarray, " d"]
    covariance: Float[np.ndarray, "d d"]

    def standardised(
        self, query: Float[np.ndarray, " d"], scores: Float[np.ndarray, " k"]
    ) -> Float[np.ndarray, " k"]:
        """Scores of a query less its mean score, over its spread."""
        return self.among(query[None], scores[None])[0]

    def among(
        self, queries: Float[np.ndarray, "q d"], scores: Float[np.ndarray, "q k"]
    ) -> Float[np.ndarray, "q k"]:
        """The same of many queries, a row each."""
        variance = np.einsum("qd,qd->q", queries @ self.covariance, queries)
        spread = np.maximum(np.sqrt(np.maximum(variance, 0.0)), FLAT)
        return (scores - (queries @ self.mean)[:, None]) / spread[:, None]


def background(vectors: Rows) -> Background:
    """Of unit vectors (n, d), in memory or mapped, a block at a time, in float64."""
    n, d = vectors.shape
    total, products = np.zeros(d), np.zeros((d, d))
    for block in _blocks(vectors):
        total += block.sum(axis=0)
        products += block.T @ block
    mean = total / max(n, 1)
    covariance = products / max(n, 1) - np.outer(mean, mean)
    return Background(mean.astype(np.float32), covariance.astype(np.float32))


def _blocks(vectors: Rows) -> Iterator[Float[np.ndarray, "b d"]]:
    for start in range(0, len(vectors), BLOCK):
        yield np.asarray(vectors[start : start + BLOCK], np.float64)
