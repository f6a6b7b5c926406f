"""The reference law: what n independent directions, uniform on the sphere in d dimensions, give.

Means over pairs of a function of the cosine have a law in closed form, up to O(1/n): in zonal
harmonics of degree l, of which there are D_l, such a mean is sum c_l (chi2(D_l)/D_l - 1)/(n - 1).
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

DRAWS = 999
"""Draws from a law that costs next to nothing."""
SMALL = 64
"""Coordinates up to which plain eigenvalues of all draws at once are faster."""


def random_basis(d: int, k: int, rng: np.random.Generator) -> Float[np.ndarray, "d k"]:
    """Orthonormal columns drawn from the law that no rotation changes; k = d is a rotation."""
    return np.linalg.qr(rng.normal(size=(d, k)))[0]


def mean_length(n: int, d: int, rng: np.random.Generator) -> Float[np.ndarray, " b"]:
    """Length of the mean of n uniform directions: n d length^2 is chi-squared with d degrees."""
    return np.sqrt(rng.chisquare(d, DRAWS) / (n * d))


def mean_cross(pairs: float, n: int, d: int, rng: np.random.Generator) -> Float[np.ndarray, " b"]:
    """Mean cosine over so many pairs between two independent uniform sets, the first of n rows."""
    return np.sqrt(rng.chisquare(d, DRAWS) / d) * rng.normal(size=DRAWS) / np.sqrt(pairs * d)


def pair_means(
    function: Callable[[np.ndarray], np.ndarray], n: int, d: int, rng: np.random.Generator
) -> Float[np.ndarray, " b"]:
    """Mean over pairs i < j of function(cosine) for n uniform directions in d > 2 dimensions."""
    from scipy.special import comb, eval_gegenbauer, roots_gegenbauer

    half = d / 2 - 1
    u, weight = roots_gegenbauer(64, half)
    weight = weight / weight.sum()
    values = function(u)
    found = np.full(DRAWS, float(weight @ values))
    for degree in range(1, 7):
        zonal = eval_gegenbauer(degree, half, u) / eval_gegenbauer(degree, half, 1.0)
        count = comb(d + degree - 1, degree) - (
            comb(d + degree - 3, degree - 2) if degree > 1 else 0
        )
        share = float(weight @ (values * zonal)) * count
        found += share * (rng.chisquare(count, DRAWS) / count - 1) / (n - 1)
    return found


def spectra(n: int, d: int, rng: np.random.Generator, draws: int) -> Float[np.ndarray, "b d"]:
    """Eigenvalues of the covariance of n uniform directions, largest first, up to their scale.

    Bidiagonal model of the Wishart law (Dumitriu & Edelman 2002), so that a draw costs O(d^2).
    Directions have no length to vary, which takes 2 of the m + 1 units of eigenvalue variance,
    m = min(n - 1, d): the Gaussian eigenvalues are drawn towards their mean by that much.
    """
    from scipy.linalg import eigvalsh_tridiagonal

    dof, size = n - 1, min(n - 1, d)
    main = np.sqrt(rng.chisquare(max(dof, d) - np.arange(size), (draws, size)))
    below = np.sqrt(rng.chisquare(size - 1 - np.arange(size - 1), (draws, size - 1)))
    square = main**2
    square[:, 1:] += below**2
    beside = main[:, :-1] * below
    if size <= SMALL:
        table = np.zeros((draws, size, size))
        table[:, np.arange(size), np.arange(size)] = square
        table[:, np.arange(1, size), np.arange(size - 1)] = beside
        values = np.linalg.eigvalsh(table)
    else:
        rows = zip(square, beside, strict=True)
        values = np.stack([eigvalsh_tridiagonal(*row, check_finite=False) for row in rows])
    found = np.zeros((draws, d))
    found[:, :size] = np.clip(values[:, ::-1], 0, None) / dof
    found[:, :size] **= np.sqrt((size - 1) / (size + 1))
    return found
