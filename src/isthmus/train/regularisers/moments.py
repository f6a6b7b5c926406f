"""VICReg's two terms: every coordinate in use, none twice."""

from typing import Any

from isthmus.train.regularisers.rows import others, unit


def variance(a: Any, b: Any) -> Any:
    """How far the standard deviation of a coordinate falls short of an even share, 1 / sqrt(d).

    Source: Bardes et al. 2022, VICReg, equation 1, with a target for unit rows; both sides.
    """
    return (_short(unit(a)) + _short(unit(b))) / 2


def _short(x: Any) -> Any:
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
    return (_twice(unit(a)) + _twice(unit(b))) / 2


def _twice(x: Any) -> Any:
    d = x.shape[1]
    away = x - x.mean(axis=0, keepdims=True)
    matrix = away.T @ away / (x.shape[0] - 1) * others(d, x)
    return d * (matrix * matrix).sum()
