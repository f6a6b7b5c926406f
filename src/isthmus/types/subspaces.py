"""Subspace: an origin and orthonormal directions, in the coordinates of one space."""

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vector, Vectors
from isthmus.records import dataclass
from isthmus.types.errors import RequestError


@dataclass(frozen=True, eq=False, repr=False)
class Subspace:
    """All points origin + c · basis: linear if the origin is zero, else affine.

    Raises:
        RequestError: rows that are not orthonormal, or of another length than the origin.
    """

    basis: Float[np.ndarray, "k d"]
    """Orthonormal rows, float64, the direction that holds most first; k may be 0 (a point)."""
    origin: Vector
    """The point of the subspace that coordinates are counted from; zero for a linear one."""

    def __post_init__(self) -> None:
        basis = np.asarray(self.basis, dtype=np.float64)
        origin = np.asarray(self.origin, dtype=np.float64)
        if basis.ndim != 2 or origin.shape != basis.shape[1:]:
            raise RequestError(
                f"A subspace needs a (k, d) basis and a (d,) origin; these are {basis.shape} and "
                f"{origin.shape}."
            )
        if not np.allclose(basis @ basis.T, np.eye(len(basis)), atol=1e-6):
            raise RequestError(
                "The rows of a subspace's basis must be orthonormal; Subspace.spanned takes any."
            )
        object.__setattr__(self, "basis", basis)
        object.__setattr__(self, "origin", origin)

    def __repr__(self) -> str:
        kind = "affine" if self.affine else "linear"
        return f"Subspace({kind}, {self.dim} of {self.basis.shape[1]} dimensions)"

    @classmethod
    def spanned(cls, vectors: Vectors, origin: Vector | None = None) -> "Subspace":
        """The subspace through ``origin`` (zero if None) that these directions span.

        Directions that are linear combinations of others (to 1e-9 of the longest) add nothing.
        """
        rows = np.asarray(vectors, dtype=np.float64)
        return cls(span(rows), np.zeros(rows.shape[1]) if origin is None else origin)

    @property
    def dim(self) -> int:
        """Its dimension k."""
        return len(self.basis)

    @property
    def affine(self) -> bool:
        """Whether its origin is not zero."""
        return bool(np.any(self.origin))

    def coordinates(self, vectors: Vectors) -> Float[np.ndarray, "n k"]:
        """Coordinates of the nearest points of the subspace, counted from the origin."""
        return (np.asarray(vectors, dtype=np.float64) - self.origin) @ self.basis.T

    def project(self, vectors: Vectors) -> Vectors:
        """The nearest points of the subspace."""
        return self.origin + self.coordinates(vectors) @ self.basis

    def distance(self, vectors: Vectors) -> Float[np.ndarray, " n"]:
        """Euclidean distances of the vectors to the subspace."""
        rows = np.asarray(vectors, dtype=np.float64)
        return np.linalg.norm(rows - self.project(rows), axis=1)


def span(rows: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "k d"]:
    """Orthonormal directions that rows span, the one that holds most first.

    Directions with singular values below 1e-9 of the largest are rounding.
    """
    _, lengths, directions = np.linalg.svd(rows, full_matrices=False)
    return directions[lengths > 1e-9 * max(float(lengths.max(initial=0)), 1e-300)]
