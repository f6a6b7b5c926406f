"""Regularisers on vectors: what a space should be like, whatever matches."""

from typing import Any

from array_api_compat import array_namespace, device

from isthmus.similarity.euclidean import normalised
from isthmus.train.losses.contrastive import info_nce

SHARPNESS = 2.0
"""Of ``uniformity``: t of the kernel exp(-t |x - y|²)."""
TEMPERATURE = 0.07
"""Of ``separation``."""


def unit(x: Any) -> Any:
    """Rows (n, d) brought to length 1; the gradient stays finite at 0."""
    return normalised(x, 1e-12)


def others(n: int, like: Any) -> Any:
    """(n, n) 1 off the diagonal and 0 on it, where ``like`` lives."""
    xp = array_namespace(like)
    rows = xp.arange(n, device=device(like))
    return xp.astype(rows[:, None] != rows[None, :], like.dtype)


def alignment(a: Any, b: Any) -> Any:
    """Mean squared distance of matched unit rows.

    Source: Wang & Isola 2020, equation 1 with alpha 2.
    """
    away = unit(a) - unit(b)
    return (away * away).sum(axis=1).mean()


def uniformity(a: Any, b: Any) -> Any:
    """Mean over both sides of log mean exp(-2 |x - y|²) of different rows.

    Source: Wang & Isola 2020, equation 2 with t 2.
    """
    return (spread(unit(a)) + spread(unit(b))) / 2


def spread(x: Any) -> Any:
    """Log mean exp(-2 |x - y|²) over pairs of different unit rows."""
    n = x.shape[0]
    near = others(n, x) * array_namespace(x).exp(-SHARPNESS * (2 - 2 * (x @ x.T)))
    return array_namespace(x).log(near.sum() / (n * (n - 1)))


def centroid_uniformity(a: Any, b: Any) -> Any:
    """Uniformity of the pairs' middles, brought back to length 1.

    Spreads what pairs mean, not the two modalities, so it does not push the sides apart.

    Source: Grassucci et al. 2026, Closing the Modality Gap Aligns Group-Wise Semantics
    (``L_CU``, the uniformity of Wang & Isola 2020 on renormalised centroids).
    """
    return spread(unit(unit(a) + unit(b)))


def cross_consistency(a: Any, b: Any) -> Any:
    """N times the mean of (<a_j, b_k> - <a_k, b_j>)².

    Source: Goel et al. 2022, CyCLIP, equation 3.
    """
    scores = unit(a) @ unit(b).T
    away = scores - scores.T
    return scores.shape[0] * (away * away).mean()


def inner_consistency(a: Any, b: Any) -> Any:
    """N times the mean of (<a_j, a_k> - <b_j, b_k>)².

    Source: Goel et al. 2022, CyCLIP, equation 4.
    """
    first, second = unit(a), unit(b)
    away = first @ first.T - second @ second.T
    return first.shape[0] * (away * away).mean()


def variance(a: Any, b: Any) -> Any:
    """How far the standard deviation of a coordinate falls short of an even share, 1 / sqrt(d).

    Source: Bardes et al. 2022, VICReg, equation 1, with a target for unit rows; both sides.
    """
    return (_shortfall(unit(a)) + _shortfall(unit(b))) / 2


def _shortfall(x: Any) -> Any:
    d = x.shape[1]
    away = x - x.mean(axis=0, keepdims=True)
    deviation = ((away * away).sum(axis=0) / (x.shape[0] - 1) + 1e-12) ** 0.5
    short = 1 - d**0.5 * deviation
    return (short * (short > 0)).mean()


def covariance(a: Any, b: Any) -> Any:
    """D times the sum of the squared covariances of different coordinates; both sides.

    For unit rows, whose variances are about 1 / d, so that d² times a square is of order one.

    Source: Bardes et al. 2022, VICReg, equation 3.
    """
    return (_covariances(unit(a)) + _covariances(unit(b))) / 2


def _covariances(x: Any) -> Any:
    d = x.shape[1]
    away = x - x.mean(axis=0, keepdims=True)
    matrix = away.T @ away / (x.shape[0] - 1) * others(d, x)
    return d * (matrix * matrix).sum()


def separation(a: Any, b: Any) -> Any:
    """Cross entropy of each row's own match among the other rows of its own side.

    Likeness inside a side counts as much as the other side says that the two differ
    (1 - their cosine there); both sides in turn.

    Source: Eslami & de Melo 2025, Mitigate the Gap (AlignCLIP), section 3.2.
    """
    first, second = unit(a), unit(b)
    return (_separated(first, second) + _separated(second, first)) / 2


def _separated(x: Any, y: Any) -> Any:
    """Of one side x, with y the other side."""
    elsewhere = others(x.shape[0], x)
    own = (x * y).sum(axis=1)
    scores = (x @ x.T) * (1 - y @ y.T) * elsewhere + own[:, None] * (1 - elsewhere)
    return info_nce(scores / TEMPERATURE)
