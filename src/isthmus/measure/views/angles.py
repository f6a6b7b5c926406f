"""Principal angles between subspaces: distances, chance, sums and intersections."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

from isthmus.types import RequestError, Subspace

Angles = Float[np.ndarray, " k"]


def principal_angles(a: Subspace, b: Subspace) -> Angles:
    """The min(k, l) principal angles between the directions of two subspaces, in degrees.

    Origins play no part. Small angles come from sines, large ones from cosines, so that both are
    exact.

    Raises:
        RequestError: the subspaces live in spaces of different dimension.

    Source: Bjorck & Golub 1973; Knyazev & Argentati 2002, algorithm 3.1.
    """
    _same_space(a, b)
    few, many = sorted((a.basis, b.basis), key=len)
    if not len(few):
        return np.zeros(0)
    u, cosines, _ = np.linalg.svd(few @ many.T, full_matrices=False)
    turned = u.T @ few
    sines = np.linalg.norm(turned - turned @ many.T @ many, axis=1)
    return np.sort(np.rad2deg(np.arctan2(sines, np.clip(cosines, 0, 1))))


def geodesic(angles: Angles) -> float:
    """Length of the shortest way on the Grassmann manifold, radians: the norm of the angles."""
    return float(np.linalg.norm(np.deg2rad(angles)))


def chordal(angles: Angles) -> float:
    """Norm of the sines: the distance of the projectors, over the root of two."""
    return float(np.linalg.norm(np.sin(np.deg2rad(angles))))


def projection(angles: Angles) -> float:
    """Sine of the largest angle: the spectral norm of the difference of the projectors."""
    return float(np.sin(np.deg2rad(angles)).max(initial=0.0))


def binet_cauchy(angles: Angles) -> float:
    """Root of one minus the product of the squared cosines."""
    return float(np.sqrt(max(0.0, 1 - np.prod(np.cos(np.deg2rad(angles)) ** 2))))


DISTANCES: Mapping[str, Callable[[Angles], float]] = {
    "binet_cauchy": binet_cauchy,
    "chordal": chordal,
    "geodesic": geodesic,
    "projection": projection,
}
"""Distances of subspaces by name (Hamm & Lee 2008, section 3), from their angles."""


def shared_energy(a: Subspace, b: Subspace) -> float:
    """Sum of the squared cosines over the smaller dimension: 0 orthogonal, 1 one holds the other.

    Chance is max(k, l) / d: two random subspaces share k l / d squared cosines.

    Raises:
        RequestError: different spaces, or a subspace of dimension 0.
    """
    _same_space(a, b)
    if not min(a.dim, b.dim):
        raise RequestError("A subspace of dimension 0 has no directions to share.")
    return float(((a.basis @ b.basis.T) ** 2).sum() / min(a.dim, b.dim))


def random_subspace(dim: int, d: int, rng: np.random.Generator) -> Subspace:
    """A linear subspace drawn uniformly (the law that no rotation changes)."""
    if not 0 <= dim <= d:
        raise RequestError(f"A subspace of {d} coordinates has a dimension of 0 to {d}, not {dim}.")
    return Subspace(np.linalg.qr(rng.normal(size=(d, dim)))[0].T, np.zeros(d))


def random_angles(
    dims: tuple[int, int], d: int, *, rng: np.random.Generator, draws: int = 199
) -> Float[np.ndarray, "b k"]:
    """Principal angles of pairs of random subspaces: the chance band of ``principal_angles``.

    One of the two stays fixed, which changes no law.
    """
    few, many = sorted(dims)
    found = np.empty((draws, few))
    for row in found:
        drawn = np.linalg.qr(rng.normal(size=(d, few)))[0]
        cosines = np.linalg.svd(drawn[:many], compute_uv=False)
        row[:] = np.sort(np.rad2deg(np.arccos(np.clip(cosines, 0, 1))))
    return found


def _same_space(a: Subspace, b: Subspace) -> None:
    left, right = a.basis.shape[1], b.basis.shape[1]
    if left != right:
        raise RequestError(
            f"Subspaces compare in one space, but these have {left} and {right} coordinates: embed "
            "both with one model."
        )


def together(a: Subspace, b: Subspace) -> Subspace:
    """The sum: the smallest linear subspace that holds the directions of both."""
    principal_angles(a, b)  # refuses different spaces
    return Subspace.spanned(np.concatenate([a.basis, b.basis]))


def shared(a: Subspace, b: Subspace, within: float = 1.0) -> Subspace:
    """The intersection: directions of both that are at most ``within`` degrees apart.

    Exact intersections of measured subspaces are empty; the tolerance says how near counts. Each
    direction is the middle of its two principal vectors.

    Raises:
        RequestError: different spaces, or a tolerance outside 0..90.
    """
    if not 0 <= within < 90:
        raise RequestError(f"Directions count as shared within 0 to 90 degrees, not {within}.")
    principal_angles(a, b)
    u, cosines, v = np.linalg.svd(a.basis @ b.basis.T, full_matrices=False)
    near = cosines >= np.cos(np.deg2rad(within)) - 1e-12
    return Subspace.spanned((u.T @ a.basis + v @ b.basis)[near])


def complement(a: Subspace, inside: Subspace | None = None) -> Subspace:
    """Every direction orthogonal to a: in the whole space, or of those ``inside`` another."""
    d = a.basis.shape[1]
    whole = Subspace(np.eye(d), np.zeros(d)) if inside is None else inside
    principal_angles(a, whole)
    # directions of `whole` by how much of them lies in a: those with no part in it are left
    _, cosines, v = np.linalg.svd(a.basis @ whole.basis.T, full_matrices=True)
    cosines = np.concatenate([cosines, np.zeros(len(v) - len(cosines))])
    return Subspace(v[cosines < 1e-6] @ whole.basis, np.zeros(d))
