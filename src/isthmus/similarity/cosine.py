"""Cosine similarity."""

from typing import Any


def cosine(a: Any, b: Any) -> Any:
    """Cosine of the angle between rows of a (n, d) and rows of b (m, d), in [-1, 1].

    NumPy arrays or torch tensors; rows must not be zero.
    """
    a = a / (a * a).sum(axis=1, keepdims=True) ** 0.5
    b = b / (b * b).sum(axis=1, keepdims=True) ** 0.5
    return a @ b.T
