"""Similarities of plain vectors: cosine, dot product, angle and Euclidean distance."""

from typing import Any

from array_api_compat import array_namespace


def dot(a: Any, b: Any) -> Any:
    """Inner product of rows of a (n, d) and rows of b (m, d); length counts."""
    return a @ b.T


def cosine(a: Any, b: Any) -> Any:
    """Cosine of the angle between rows of a (n, d) and rows of b (m, d), in [-1, 1].

    NumPy arrays or torch tensors; rows must not be zero.
    """
    return normalised(a) @ normalised(b).T


def angle(a: Any, b: Any) -> Any:
    """Minus the angle between rows of a (n, d) and rows of b (m, d), radians, in [-pi, 0].

    2 atan2(|u - v|, |u + v|) of the directions u and v, which is exact for small angles too; the
    squares are kept above 1e-12, so that the gradient stays finite where two rows are parallel.
    """
    cosines = cosine(a, b)
    apart, along = at_least(2 - 2 * cosines), at_least(2 + 2 * cosines)
    return -2 * array_namespace(a).atan2(apart**0.5, along**0.5)


def euclidean(a: Any, b: Any) -> Any:
    """Minus the distance between rows of a (n, d) and rows of b (m, d), in (-inf, 0].

    The squared distance is kept above 1e-12, so that the gradient stays finite where two rows
    coincide.
    """
    first, second = (a * a).sum(axis=1, keepdims=True), (b * b).sum(axis=1, keepdims=True).T
    return -(at_least(first + second - 2 * (a @ b.T)) ** 0.5)


def normalised(x: Any, floor: float = 0.0) -> Any:
    """Rows (..., d) brought to length 1; none may be zero unless squared lengths have a floor.

    ``arrays.unit`` for arrays of any library, without its check; a floor keeps gradients finite.
    """
    square = (x * x).sum(axis=-1, keepdims=True)
    return x / (at_least(square, floor) if floor else square) ** 0.5


def at_least(x: Any, floor: float = 1e-12) -> Any:
    """Entries no smaller than a floor, without a gradient where they are raised to it."""
    return x * (x > floor) + floor * (x <= floor)
