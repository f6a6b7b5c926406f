"""CyCLIP's two terms: the same geometry from both sides."""

from typing import Any

from isthmus.train.regularisers.rows import unit


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
