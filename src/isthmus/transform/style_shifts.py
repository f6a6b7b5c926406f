"""Styles as one vector each, added to the object: straight, or along the sphere."""

import numpy as np

from isthmus.arrays import Vector, Vectors, unit, unit_or_zero
from isthmus.records import dataclass
from isthmus.transform.restyling import Restyler, StyleGrid


@dataclass(frozen=True, eq=False)
class MeanShift(Restyler):
    """Adds the difference of two style means."""

    def restyle(self, vectors: Vectors, source: str, target: str) -> Vectors:
        """Less the mean of the source, plus that of the target."""
        self.known(source, target)
        return vectors - self.middles[source] + self.middles[target]


@dataclass(frozen=True, eq=False)
class IdealWords(Restyler):
    """Object plus style, compared without the style: only the object's part decides.

    Trager et al. 2023, equation 3: x(o, s) = mean + u(o) + v(s), with v(s) the mean of style s
    less the mean of all.
    """

    def placed(self, vectors: Vectors, style: str) -> Vectors:
        """The object's part: less the mean of its style."""
        self.known(style)
        return unit_or_zero(vectors - self.middles[style], np.float64)


def fit_nothing(grid: StyleGrid) -> Restyler:
    """The do-nothing baseline: a picture in another style is where it is."""
    return Restyler(grid.middles)


def fit_mean_shift(grid: StyleGrid) -> MeanShift:
    """Style means of these objects.

    Args:
        grid: objects in styles; whoever is searched is not among them.
    """
    return MeanShift(grid.middles)


def fit_ideal_words(grid: StyleGrid) -> IdealWords:
    """Two-way additive decomposition; on a full grid its parts are the means.

    Source: Trager et al., Linear Spaces of Meanings, ICCV 2023, equation 3.
    """
    return IdealWords(grid.middles)


@dataclass(frozen=True, eq=False)
class Geodesic(Restyler):
    """The additive model in the tangent space at the intrinsic mean; ``middles`` are tangents."""

    base: Vector
    """The intrinsic mean, of length 1."""

    def restyle(self, vectors: Vectors, source: str, target: str) -> Vectors:
        """Moved in the tangent space, and back on the sphere."""
        self.known(source, target)
        moved = logarithm(self.base, vectors) - self.middles[source] + self.middles[target]
        return exponential(self.base, moved)

    def learn(self, style: str, vectors: Vectors) -> "Geodesic":
        """The mean tangent of the style."""
        known = Restyler(self.middles).learn(style, logarithm(self.base, vectors))
        return Geodesic(known.middles, self.base)

    def style_of(self, vectors: Vectors) -> list[str]:
        """The style with the nearest mean tangent."""
        return Restyler(self.middles).style_of(logarithm(self.base, vectors))


def fit_geodesic(grid: StyleGrid) -> Geodesic:
    """Geodesic decomposability on the unit sphere.

    Source: Berasi et al., Not Only Text: Exploring Compositionality of Visual Representations in
    Vision-Language Models, CVPR 2025: additive decomposition of Log(x) at the intrinsic mean.
    """
    cells = grid.cells.reshape(-1, grid.cells.shape[-1])
    base = intrinsic_mean(cells)
    tangents = logarithm(base, cells).reshape(grid.cells.shape)
    return Geodesic(dict(zip(grid.styles, tangents.mean(axis=0), strict=True)), base)


def intrinsic_mean(x: Vectors, steps: int = 50) -> Vector:
    """The point of the unit sphere with the least mean squared angle to the rows (Karcher)."""
    base = x.mean(axis=0)
    base /= np.linalg.norm(base)
    for _ in range(steps):
        step = logarithm(base, x).mean(axis=0)
        base = exponential(base, step[None])[0]
        if np.linalg.norm(step) < 1e-10:
            break
    return base


def logarithm(base: Vector, x: Vectors) -> Vectors:
    """Tangents at ``base`` that lead to the directions of x; their length is the angle."""
    x = unit(x, np.float64)
    cosine = np.clip(x @ base, -1.0, 1.0)
    across = x - cosine[:, None] * base
    length = np.maximum(np.linalg.norm(across, axis=1), 1e-12)
    return across * (np.arccos(cosine) / length)[:, None]


def exponential(base: Vector, tangents: Vectors) -> Vectors:
    """Where tangents at ``base`` lead."""
    angle = np.linalg.norm(tangents, axis=1, keepdims=True)
    return np.cos(angle) * base + np.sinc(angle / np.pi) * tangents
