"""Estimators of intrinsic dimension from neighbourhoods, each of which has its own bias.

All take (n, d) points, have no parameters but the number of neighbours, and do not change when
the points are moved, turned or scaled. ``intrinsic.py`` reads the dimension from all of
them at once.
"""

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors

NEAR = (5, 10, 20)
"""Neighbours of the maximum likelihood estimates."""
AROUND = (15, 45)
"""Neighbours of the simplex skewness."""
ANCHORS = 200
"""Points at most around which simplex skewness is averaged."""
LARGEST = 200.0
"""Dimension that a skewness is read as at most."""

Points = Vectors | Float[np.ndarray, "n d"]


def neighbours(x: Points, k: int) -> tuple[Float[np.ndarray, "n k"], Int[np.ndarray, "n k"]]:
    """Distances to the k nearest others of each point, and which they are."""
    x = np.asarray(x, np.float64)
    square = np.einsum("nd,nd->n", x, x)
    away = np.maximum(square[:, None] + square - 2 * x @ x.T, 0)
    np.fill_diagonal(away, np.inf)
    near = np.argpartition(away, k - 1, axis=1)[:, :k]
    found = np.take_along_axis(away, near, axis=1)
    order = np.argsort(found, axis=1, kind="stable")
    near = np.take_along_axis(near, order, axis=1)
    return np.sqrt(np.take_along_axis(found, order, axis=1)), near


def two_nn(distances: Float[np.ndarray, "n k"]) -> float:
    """From the ratio of the second to the first neighbour's distance, which is Pareto(d).

    Facco et al. 2017, Scientific Reports 7, equation 1; the unbiased estimate of the exponent.
    """
    ratio = distances[:, 1] / np.maximum(distances[:, 0], 1e-300)
    logs = np.log(ratio[distances[:, 0] > 0])
    return float((len(logs) - 1) / max(logs.sum(), 1e-12))


def levina_bickel(distances: Float[np.ndarray, "n k"], k: int) -> float:
    """Maximum likelihood from k neighbours; inverses are averaged over the points.

    Levina & Bickel 2004, equation 8, with the correction of MacKay & Ghahramani 2005.
    """
    near = np.maximum(distances[:, :k], 1e-300)
    logs = np.log(near[:, -1:] / near[:, :-1]).sum(axis=1) / (k - 2)
    return float(1 / max(logs.mean(), 1e-12))


def simplex_skewness(x: Points, near: Int[np.ndarray, "n k"] | None = None) -> float:
    """From the mean sine of the angle between two points, seen from the middle of neighbours.

    Without neighbours the whole cloud is one neighbourhood. The sine of uniform directions in d
    dimensions is known exactly.

    Johnsson, Soneson & Fontes 2015, IEEE PAMI 37, section 3.1 (ESSa, d = 1).
    """
    x = np.asarray(x, np.float64)
    if near is None:
        groups = [np.linspace(0, len(x) - 1, min(len(x), 300)).astype(int)]
    else:
        anchors = np.unique(np.linspace(0, len(x) - 1, min(len(x), ANCHORS)).astype(int))
        groups = near[anchors]
    sines = [_mean_sine(x[group]) for group in groups]
    return float(np.interp(np.mean(sines), _EXPECTED, _DIMENSIONS))


def _mean_sine(points: np.ndarray) -> float:
    """Mean of |sin| over pairs, weighted by the lengths."""
    away = points - points.mean(axis=0)
    gram = away @ away.T
    square = np.diag(gram)
    pairs = np.triu_indices(len(gram), 1)
    both = np.outer(square, square)[pairs]
    area = np.sqrt(np.maximum(both - gram[pairs] ** 2, 0))
    return float(area.sum() / max(np.sqrt(both).sum(), 1e-300))


def _expected_sine(d: np.ndarray) -> np.ndarray:
    from scipy.special import gammaln

    return np.exp(2 * gammaln(d / 2) - gammaln((d + 1) / 2) - gammaln((d - 1) / 2))


_DIMENSIONS = np.geomspace(1.0001, LARGEST, 2000)
_EXPECTED = _expected_sine(_DIMENSIONS)

NAMES = (
    "TwoNN",
    *(f"MLE, {k} neighbours" for k in NEAR),
    *(f"simplex skewness, {k} neighbours" for k in AROUND),
    "simplex skewness, all",
)
"""Of the estimates, in the order of ``estimates``."""


def estimates(x: Points) -> Float[np.ndarray, " s"]:
    """All estimates of one cloud of 50 different points or more."""
    distances, near = neighbours(x, max(*NEAR, *AROUND))
    return np.array(
        [
            two_nn(distances),
            *(levina_bickel(distances, k) for k in NEAR),
            *(simplex_skewness(x, near[:, :k]) for k in AROUND),
            simplex_skewness(x),
        ]
    )
