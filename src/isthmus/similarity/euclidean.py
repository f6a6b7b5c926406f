"""Negative Euclidean distance."""

from typing import Any


def euclidean(a: Any, b: Any) -> Any:
    """Minus the distance between rows of a (n, d) and rows of b (m, d), in (-inf, 0].

    The squared distance is clipped at 1e-12, so that the gradient stays finite where two rows
    coincide.
    """
    squared = (
        (a * a).sum(axis=1, keepdims=True) + (b * b).sum(axis=1, keepdims=True).T - 2 * (a @ b.T)
    )
    floor = 1e-12
    return -((squared * (squared > floor) + floor * (squared <= floor)) ** 0.5)
