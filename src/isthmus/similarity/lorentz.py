"""Negative distance on the hyperboloid of curvature -1."""

from typing import Any


def lorentz(a: Any, b: Any) -> Any:
    """Minus the hyperbolic distance between rows of a (n, d) and rows of b (m, d), in (-inf, 0].

    Rows are the space components x of points (x, t), t² = 1 + |x|²; ``lifted`` makes such of
    tangent vectors. From cosh(s) - 1 = (|x - y|² - (t_x - t_y)²) / 2 = 2 sinh²(s / 2), which loses
    nothing where two points are near.

    Source: Desai et al. 2023, Hyperbolic Image-Text Representations (MERU), equations 2 to 4.
    """
    from array_api_compat import array_namespace

    first, second = (a * a).sum(axis=1, keepdims=True), (b * b).sum(axis=1, keepdims=True).T
    away = first + second - 2 * (a @ b.T) - ((1 + first) ** 0.5 - (1 + second) ** 0.5) ** 2
    floor = 1e-12
    away = away * (away > floor) + floor * (away <= floor)
    return -2 * array_namespace(a).asinh(away**0.5 / 2)


def lifted(tangents: Any) -> Any:
    """Space components of the exponential map at the origin: sinh(|v|) / |v| · v, (n, d).

    Source: Desai et al. 2023, equation 6.
    """
    from array_api_compat import array_namespace

    square, floor = (tangents * tangents).sum(axis=1, keepdims=True), 1e-12
    length = (square * (square > floor) + floor * (square <= floor)) ** 0.5
    return array_namespace(tangents).sinh(length) / length * tangents
