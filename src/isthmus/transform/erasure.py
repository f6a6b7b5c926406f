"""Concept erasure: the least change after which no linear reader can tell a concept."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vector, Vectors
from isthmus.records import dataclass
from isthmus.transform.whitenings import shrunk
from isthmus.types import RequestError

EPSILON = float(np.finfo(np.float64).eps)
TINY = 1e-9
"""Correlations with the concept below this part of the largest are zero."""


@dataclass(frozen=True, eq=False)
class Erasure:
    """x -> x - P (x - mean), with P an oblique projector onto what tells the concept."""

    mean: Vector
    projector: Float[np.ndarray, "d d"]
    """Idempotent; its rank is the number of classes less one, or less."""

    def __call__(self, vectors: Vectors) -> Vectors:
        """The vectors without the concept, in the same space."""
        return vectors - (vectors - self.mean) @ self.projector.T

    @property
    def rank(self) -> int:
        """Directions that are erased."""
        return round(float(np.trace(self.projector)))


def fit_erasure(
    vectors: Vectors, labels: Sequence[Any] | np.ndarray, *, shrink: float = 0.0
) -> Erasure:
    """LEACE: erase a concept with classes from vectors, with the least change in mean square.

    Afterwards the mean of every class is the same, so that no linear classifier fitted with a
    convex loss does better on these vectors than a constant.

    Args:
        vectors: (n, d).
        labels: the class of each.
        shrink: share of the identity that is mixed into the covariance, for few vectors.

    Raises:
        RequestError: labels that are not as many as vectors, or one class only.

    Source: Belrose et al., LEACE: Perfect Linear Concept Erasure in Closed Form, NeurIPS 2023,
    theorem 4.3: P = W⁺ Q W with W the whitening matrix and Q the orthogonal projector onto the
    columns of W Σxz.
    """
    x = np.asarray(vectors, dtype=np.float64)
    names, place = np.unique(np.asarray([str(one) for one in labels]), return_inverse=True)
    if len(place) != len(x):
        raise RequestError(f"Each of {len(x)} vectors has one label, but there are {len(place)}.")
    if len(names) < 2:
        raise RequestError(f"A concept with two classes or more can be erased, not {len(names)}.")
    mean = x.mean(axis=0)
    away = x - mean
    roots, axes = _roots(away, shrink)
    whiten, back = axes / roots @ axes.T, axes * roots @ axes.T
    classes = np.eye(len(names))[place]
    across = away.T @ (classes - classes.mean(axis=0)) / len(x)
    left, lengths, _ = np.linalg.svd(whiten @ across, full_matrices=False)
    basis = left[:, lengths > TINY * max(float(lengths[0]), 1e-300)]
    if lengths[0] < 1e-12:
        basis = basis[:, :0]
    return Erasure(mean, back @ basis @ basis.T @ whiten)


def _roots(
    away: Vectors, shrink: float
) -> tuple[Float[np.ndarray, " r"], Float[np.ndarray, "d r"]]:
    """Roots of the eigenvalues of the covariance of centred rows, and the axes, without null space.

    By singular values, which are exact where the squares of small ones are lost beside large ones:
    a direction of little variance may carry all of the concept.
    """
    d = away.shape[1]
    if shrink:
        values, axes = np.linalg.eigh(shrunk(away.T @ away / len(away), shrink))
    else:
        lengths, rows = np.linalg.svd(np.linalg.qr(away, mode="r"), full_matrices=False)[1:]
        values, axes = lengths**2 / len(away), rows.T
    kept = values > d * EPSILON * max(float(values.max()), 1e-300)
    return np.sqrt(values[kept]), axes[:, kept]
