"""Corrections learned from linked pairs: maps, shared subspaces, nearby calibration items."""

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, directions_holding, evenly_spaced, unit
from isthmus.transform.maps import Affine, Displaced, MapByModality, Relative, Shift, linear
from isthmus.transform.whitenings import inverse_root
from isthmus.types import Calibration, ExtraMissingError

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
    (a, b), (x, y) = data.modalities, data.linked
    left, correlations, right = canonical_directions(x, y)
    kept = min(SHARED, len(x) - 1, data.dim)
    weight = np.sqrt(correlations[:kept])
    return {
        a: linear(left[:, :kept] * weight, data.means[a]),
        b: linear(right[:, :kept] * weight, data.means[b]),
    }


def canonical_directions(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]
) -> tuple[Float[np.ndarray, "d d"], Float[np.ndarray, " k"], Float[np.ndarray, "e e"]]:
    """Canonical directions of rows that pair up, with their correlations, largest first.

    Shrunk covariances understate the largest variance, beside which a correlation could be above
    1: each is scaled until no direction varies more than it says.

    Source: Vinod 1976, equation 8, with the covariances of Ledoit & Wolf 2004.
    """
    left, right = (_metric(one - one.mean(axis=0)) for one in (x, y))
    cross = (x - x.mean(axis=0)).T @ (y - y.mean(axis=0)) / len(x)
    of_x, correlations, of_y = np.linalg.svd(left @ cross @ right)
    return left @ of_x, np.minimum(correlations, 1.0), right @ of_y.T


def _metric(away: Vectors) -> Float[np.ndarray, "d d"]:
    """Inverse root of a shrunk covariance; centred rows vary by at most 1 along any direction."""
    from sklearn.covariance import ledoit_wolf

    shrunk = np.asarray(ledoit_wolf(away)[0], dtype=np.float64)
    most = np.linalg.eigvalsh(away.T @ away / len(away))[-1], np.linalg.eigvalsh(shrunk)[-1]
    return inverse_root(shrunk) / np.sqrt(max(1.0, float(most[0] / max(most[1], 1e-300))))


MOST = 2_000
"""Points of a modality that are transported; evenly spaced rows of more."""


def fit_transport(data: Calibration) -> MapByModality:
    """The second modality carried by barycentric optimal transport onto the first.

    The plan is exact (squared Euclidean cost, equal weights) between the centred clouds, and links
    are not used. A new item moves as the calibration item nearest to it.

    Raises:
        ExtraMissingError: the modalities have unequally many items, and POT is not installed.

    Source: Ferradans et al. 2014, Regularized discrete optimal transport, section 5; Fill the Gap,
    arXiv 2505.03703.
    """
    a, b = data.modalities
    x, y = (evenly_spaced(data.vectors[name], MOST) for name in (a, b))
    carried = _carried(y - data.means[b], x - data.means[a], x)
    return {a: Shift(np.zeros(data.dim)), b: Displaced(y, carried - y)}


def _carried(
    start: Float[np.ndarray, "n d"], end: Float[np.ndarray, "m d"], x: Float[np.ndarray, "m d"]
) -> Float[np.ndarray, "n d"]:
    """Where the transport of one cloud onto another takes its points, as means of rows of ``x``.

    Of equally many points of equal weight the plan is an assignment.
    """
    square = (start**2).sum(axis=1)[:, None] + (end**2).sum(axis=1) - 2 * start @ end.T
    if len(start) == len(end):
        from scipy.optimize import linear_sum_assignment

        return x[linear_sum_assignment(square)[1]]
    try:
        import ot
    except ImportError:
        raise ExtraMissingError("pot", "analysis") from None
    plan = np.asarray(ot.emd(ot.unif(len(start)), ot.unif(len(end)), square))
    return plan @ x / plan.sum(axis=1, keepdims=True)


def fit_asif(data: Calibration) -> MapByModality:
    """Both modalities as cosines to their own ends of the calibration pairs, the largest kept.

    A fifth of the anchors is kept, to the eighth power; no training at all.

    Source: Norelli et al. 2023, ASIF: Coupled data turns unimodal models to multimodal, section 3.
    """
    anchors = dict(zip(data.modalities, data.linked, strict=True))
    kept = max(2, len(data.rows) // 5)
    return {name: Relative(evenly_spaced(x, MOST), kept, 8.0) for name, x in anchors.items()}


VARIANCE = 0.9
"""Share of each modality's variance that its own subspace holds."""

ENDS = (0.02, 0.5)
"""Shares of the directions of the inter-modal operator that are dropped: the strongest, the
weakest."""


def fit_shared_subspace(data: Calibration) -> MapByModality:
    """Both modalities, less their means, on the principal directions between their subspaces.

    Each modality's subspace holds 90 % of its variance. Pairs of principal vectors of these less
    than 60 degrees apart are shared; their bisectors span what is kept.

    Source: Yi et al. 2025, arXiv 2510.03268 (shared-space projection); Björck & Golub 1973.
    """
    bases = [_principal(x) for x in data.vectors.values()]
    left, cosines, right = np.linalg.svd(bases[0] @ bases[1].T)
    kept = max(2, int((cosines > 0.5).sum()))
    middle = left[:, :kept].T @ bases[0] + right[:kept] @ bases[1]
    axes = unit(middle, np.float64).T
    return {name: linear(axes, mean) for name, mean in data.means.items()}


def fit_operator_trimming(data: Calibration) -> MapByModality:
    """Both modalities on the middle of the inter-modal operator's spectrum.

    The operator is the cross-covariance of linked pairs, which stands for the projectors' product
    where only embeddings are at hand. Two hundredths of its directions at the strong end and half
    of them at the weak end are dropped.

    Source: IsoCLIP, CVPR 2026 (there the singular vectors of W_img' W_txt).
    """
    (a, b), (x, y) = data.modalities, data.linked
    cross = (x - data.means[a]).T @ (y - data.means[b])
    left, values, right = np.linalg.svd(cross)
    rank = int((values > 1e-6 * max(float(values[0]), 1e-300)).sum())
    first = round(ENDS[0] * rank)
    last = max(first + 2, round((1 - ENDS[1]) * rank))
    return {
        a: linear(left[:, first:last], data.means[a]),
        b: linear(right[first:last].T, data.means[b]),
    }


def _principal(x: np.ndarray) -> np.ndarray:
    """Orthonormal rows that hold most of the variance, at least two."""
    _, lengths, directions = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    return directions[: max(2, directions_holding(VARIANCE, lengths))]
