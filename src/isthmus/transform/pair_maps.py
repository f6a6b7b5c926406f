"""Corrections that learn from pairs how the one modality maps to the other."""

import numpy as np

from isthmus.arrays import unit
from isthmus.transform.maps import Affine, MapByModality, Shift, linear
from isthmus.transform.whitenings import inverse_root
from isthmus.types import Calibration

STRENGTHS = tuple(10.0**power for power in range(-3, 3))
"""Ridge penalties that are tried, in mean eigenvalues of the covariance."""

SHARED = 100
"""Most canonical directions that are kept."""


def fit_procrustes(data: Calibration) -> MapByModality:
    """Each modality less its mean, then the second turned onto the first.

    Source: Schönemann 1966, A generalized solution of the orthogonal Procrustes problem.
    """
    (a, b), (x, y) = data.modalities, data.linked
    left, _, right = np.linalg.svd((y - data.means[b]).T @ (x - data.means[a]))
    return {a: Shift(data.means[a]), b: linear(left @ right, data.means[b])}


def fit_ridge(data: Calibration) -> MapByModality:
    """The second modality mapped into the first by ridge regression; the first is centred.

    The penalty is chosen by generalised cross-validation on the calibration pairs.

    Source: Hoerl & Kennard 1970; Moayeri et al. 2023, Text-to-concept, section 3 (a linear map).
    """
    from sklearn.linear_model import RidgeCV

    (a, b), (x, y) = data.modalities, data.linked
    from_b, to_a = y - data.means[b], unit(x - data.means[a]).astype(np.float64)
    level = float((from_b**2).sum()) / data.dim
    fitted = RidgeCV([level * one for one in STRENGTHS], fit_intercept=False).fit(from_b, to_a)
    matrix = np.asarray(fitted.coef_, dtype=np.float64).T
    return {a: Shift(data.means[a]), b: Affine(data.means[b], matrix, np.zeros(data.dim))}


def fit_cca(data: Calibration) -> MapByModality:
    """Both modalities in their canonical directions, at most 100, weighted by correlation.

    Covariances are shrunk (Ledoit & Wolf), so that fewer pairs than coordinates will do.

    Source: Hotelling 1936; Vinod 1976 (canonical ridge); weights: Gong et al. 2014, section 3.
    """
    from sklearn.covariance import ledoit_wolf

    (a, b), (x, y) = data.modalities, data.linked
    roots = [inverse_root(np.asarray(ledoit_wolf(one)[0], dtype=np.float64)) for one in (x, y)]
    cross = (x - data.means[a]).T @ (y - data.means[b]) / len(x)
    left, correlations, right = np.linalg.svd(roots[0] @ cross @ roots[1])
    kept = min(SHARED, len(x) - 1, data.dim)
    weight = np.sqrt(correlations[:kept])
    return {
        a: linear(roots[0] @ left[:, :kept] * weight, data.means[a]),
        b: linear(roots[1] @ right[:kept].T * weight, data.means[b]),
    }
