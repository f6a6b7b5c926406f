"""Similarities of plain vectors: cosine, dot product, angle and Euclidean distance."""

from typing import Any


def dot(a: Any, b: Any) -> Any:
    """Inner product of rows of a (n, d) and rows of b (m, d); length counts."""
    return a @ b.T


def cosine(a: Any, b: Any) -> Any:
    """Cosine of the angle between rows of a (n, d) and rows of b (m, d), in [-1, 1].

    NumPy arrays or torch tensors; rows must not be zero.
    """
    a = a / (a * a).sum(axis=1, keepdims=True) ** 0.5
    b = b / (b * b).sum(axis=1, keepdims=True) ** 0.5
    return a @ b.T


def angle(a: Any, b: Any) -> Any:
    """Minus the angle between rows of a (n, d) and rows of b (m, d), radians, in [-pi, 0].

    2 atan2(|u - v|, |u + v|) of the directions u and v, which is exact for small angles too; the
    squares are kept above 1e-12, so that the gradient stays finite where two rows are parallel.
    """
    from array_api_compat import array_namespace

    a = a / (a * a).sum(axis=1, keepdims=True) ** 0.5
    b = b / (b * b).sum(axis=1, keepdims=True) ** 0.5
    cosine, floor = a @ b.T, 1e-12
    apart, along = 2 - 2 * cosine, 2 + 2 * cosine
    apart = apart * (apart > floor) + floor * (apart <= floor)
    along = along * (along > floor) + floor * (along <= floor)
    return -2 * array_namespace(a).atan2(apart**0.5, along**0.5)


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
