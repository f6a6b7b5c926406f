"""Matched rows near each other, all rows spread over the sphere."""

from typing import Any

from isthmus.train.regularisers.rows import others, unit

SHARPNESS = 2.0


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
    from array_api_compat import array_namespace

    n = x.shape[0]
    near = others(n, x) * array_namespace(x).exp(-SHARPNESS * (2 - 2 * (x @ x.T)))
    return array_namespace(x).log(near.sum() / (n * (n - 1)))
