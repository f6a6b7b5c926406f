"""Similarities with a matrix that is learned: frozen, like everything that was fitted."""

from typing import Any

from isthmus.records import dataclass
from isthmus.similarity.euclidean import euclidean


@dataclass(frozen=True, eq=False)
class Bilinear:
    """a W bᵀ: any linear agreement of two sides."""

    matrix: Any
    """(d, d), or (d, e) where the sides have d and e coordinates."""

    def __call__(self, a: Any, b: Any) -> Any:
        """(n, d) and (m, e) give (n, m)."""
        return a @ self.matrix @ b.T


@dataclass(frozen=True, eq=False)
class Mahalanobis:
    """Minus the distance after a linear map: sqrt((x - y) R Rᵀ (x - y)ᵀ).

    Source: Weinberger & Saul 2009, Distance metric learning, JMLR 10, equation 2.
    """

    root: Any
    """(d, r) R, so that any R gives a distance."""

    def __call__(self, a: Any, b: Any) -> Any:
        """(n, d) and (m, d) give (n, m), in (-inf, 0]."""
        return euclidean(a @ self.root, b @ self.root)
