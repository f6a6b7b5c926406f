"""Negative distance on the hyperboloid of curvature -1."""

from typing import Any

from array_api_compat import array_namespace

from isthmus.similarity.euclidean import at_least


def lorentz(a: Any, b: Any) -> Any:
    """Minus the hyperbolic distance between rows of a (n, d) and rows of b (m, d), in (-inf, 0].

    Rows are the space components x of points (x, t), t² = 1 + |x|²; ``lifted`` makes such of
    tangent vectors. From cosh(s) - 1 = (|x - y|² - (t_x - t_y)²) / 2 = 2 sinh²(s / 2), which loses
    nothing where two points are near.

    Source: Desai et al. 2023, Hyperbolic Image-Text Representations (MERU), equations 2 to 4.
    """
    first, second = (a * a).sum(axis=1, keepdims=True), (b * b).sum(axis=1, keepdims=True).T
    away = first + second - 2 * (a @ b.T) - ((1 + first) ** 0.5 - (1 + second) ** 0.5) ** 2
    return -2 * array_namespace(a).asinh(at_least(away) ** 0.5 / 2)


def lifted(tangents: Any) -> Any:
    """Space components of the exponential map at the origin: sinh(|v|) / |v| · v, (n, d).

    Source: Desai et al. 2023, equation 6.
    """
    length = at_least((tangents * tangents).sum(axis=1, keepdims=True)) ** 0.5
    return array_namespace(tangents).sinh(length) / length * tangents


def exterior_angle(a: Any, b: Any) -> Any:
    """Minus the exterior angle of each b seen from each a, (n, m), radians, in [-pi, 0].

    0 where b lies straight behind a, seen from the origin: a entails b. It does not fall with
    distance, so that two modalities may keep theirs from the origin (``lorentz`` does not let
    them).

    Source: Desai et al. 2023 (MERU), equation 9; as a similarity: Ramasinghe et al. 2024, Accept
    the Modality Gap, section 4.
    """
    first, second = (a * a).sum(axis=1, keepdims=True), (b * b).sum(axis=1, keepdims=True).T
    return -turn(first, second, a @ b.T)


def turn(first: Any, second: Any, dot: Any) -> Any:
    """Exterior angle, radians, from squared lengths of space components and their products."""
    xp = array_namespace(dot)
    a_time, b_time = (1 + first) ** 0.5, (1 + second) ** 0.5
    inner = dot - a_time * b_time
    beyond = at_least(inner * inner - 1)
    cosine = (b_time + a_time * inner) / (at_least(first) ** 0.5 * beyond**0.5)
    edge = 1 - 1e-6
    return xp.acos(xp.clip(cosine, -edge, edge))
