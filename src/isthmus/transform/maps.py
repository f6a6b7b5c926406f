"""The kinds of map that corrections give: frozen, made of arrays, kept as arrays.

Each takes vectors as the encoder gave them, scales them to length one and moves them.
"""

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vector, Vectors, unit
from isthmus.records import dataclass
from isthmus.transform.networks import LAYER_KINDS, Network


@dataclass(frozen=True, eq=False)
class Shift:
    """x -> x - away."""

    away: Vector

    @property
    def dim(self) -> int:
        """Coordinates of what it gives."""
        return len(self.away)

    def __call__(self, vectors: Vectors) -> Vectors:
        """The vectors, shifted."""
        return unit(vectors) - self.away


@dataclass(frozen=True, eq=False)
class Affine:
    """x -> (x - away) matrix + back."""

    away: Vector
    matrix: Float[np.ndarray, "d e"]
    back: Float[np.ndarray, " e"]

    @property
    def dim(self) -> int:
        """Coordinates of what it gives."""
        return self.matrix.shape[1]

    def __call__(self, vectors: Vectors) -> Float[np.ndarray, "n e"]:
        """The vectors, moved; (n, e)."""
        return (unit(vectors) - self.away) @ self.matrix + self.back


@dataclass(frozen=True, eq=False)
class Displaced:
    """x -> x + the move of the nearest of some points."""

    points: Vectors
    """(k, d), at length one."""
    moves: Vectors
    """(k, d)."""

    @property
    def dim(self) -> int:
        """Coordinates of what it gives."""
        return self.moves.shape[1]

    def __call__(self, vectors: Vectors) -> Vectors:
        """The vectors, each moved as the point nearest to it."""
        x = unit(vectors)
        return x + self.moves[(x @ self.points.T).argmax(axis=1)]


@dataclass(frozen=True, eq=False)
class Relative:
    """x -> its cosines to anchors: the largest ``kept``, to a power, the others zero."""

    anchors: Float[np.ndarray, "e d"]
    """At length one."""
    kept: int
    power: float

    @property
    def dim(self) -> int:
        """Coordinates of what it gives: one an anchor."""
        return len(self.anchors)

    def __call__(self, vectors: Vectors) -> Float[np.ndarray, "n e"]:
        """Relative representations; (n, e), one coordinate an anchor."""
        cosines = np.maximum(unit(vectors) @ self.anchors.T, 1e-6)
        least = np.partition(cosines, -self.kept, axis=1)[:, -self.kept, None]
        return np.where(cosines >= least, cosines, 0) ** self.power


@dataclass(frozen=True, eq=False)
class Anchored:
    """x -> mean of the anchors' other ends, by the relative representation of x less a mean."""

    away: Vector
    near: Relative
    """Of the anchors less the mean, at length one."""
    ends: Float[np.ndarray, "k e"]

    @property
    def dim(self) -> int:
        """Coordinates of what it gives."""
        return self.ends.shape[1]

    def __call__(self, vectors: Vectors) -> Float[np.ndarray, "n e"]:
        """What the nearest anchors have at their other ends; (n, e)."""
        x = unit(vectors)
        there = np.linalg.norm(x - self.away, axis=1, keepdims=True) > 1e-6
        weights = self.near(np.where(there, x - self.away, x))  # the mean itself lies nowhere else
        return weights @ self.ends / np.maximum(weights.sum(axis=1, keepdims=True), 1e-30)


Map = Shift | Affine | Displaced | Relative | Anchored | Network

MAP_KINDS: tuple[type, ...] = (
    *(Shift, Affine, Displaced, Relative, Anchored, Network),
    *LAYER_KINDS,
)
"""The classes of maps that a file may hold."""

MapByModality = dict[str, Map]
"""What a correction gives: one map a modality."""


def linear(matrix: Float[np.ndarray, "d e"], away: Vector | None = None) -> Affine:
    """The map x -> (x - away) matrix."""
    start = np.zeros(len(matrix)) if away is None else away
    return Affine(start, matrix, np.zeros(matrix.shape[1]))
