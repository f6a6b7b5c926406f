"""Principal angles between subspaces: distances, sums, intersections, and what views share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import (
    DRAWS,
    RUNS,
    SetLike,
    as_set,
    chance,
    jackknife,
    random_basis,
    seeded,
)
from isthmus.measure.views.subspaces import affine_subspace
from isthmus.types import Axes, RequestError, Result, Subspace, axes_or_new, same_space

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
    """Length of the shortest path on the Grassmann manifold, radians: the norm of the angles."""
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
    return Subspace(random_basis(d, dim, rng).T, np.zeros(d))


def random_angles(
    dims: tuple[int, int], d: int, *, rng: np.random.Generator, draws: int = 199
) -> Float[np.ndarray, "b k"]:
    """Principal angles of pairs of random subspaces: the chance band of ``principal_angles``.

    One of the two stays fixed, which changes no law.
    """
    few, many = sorted(dims)
    found = np.empty((draws, few))
    for row in found:
        cosines = np.linalg.svd(random_basis(d, few, rng)[:many], compute_uv=False)
        row[:] = np.sort(np.rad2deg(np.arccos(np.clip(cosines, 0, 1))))
    return found


def _same_space(a: Subspace, b: Subspace) -> None:
    left, right = a.basis.shape[1], b.basis.shape[1]
    if left != right:
        raise RequestError(
            f"Subspaces compare in one space, but these have {left} and {right} coordinates: embed "
            "both with one model."
        )


def subspace_sum(a: Subspace, b: Subspace) -> Subspace:
    """The sum: the smallest linear subspace that holds the directions of both."""
    principal_angles(a, b)  # refuses different spaces
    return Subspace.spanned(np.concatenate([a.basis, b.basis]))


def intersection(a: Subspace, b: Subspace, within: float = 1.0) -> Subspace:
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


@dataclass(frozen=True, eq=False, kw_only=True)
class ViewOverlap(Result):
    """Shared energy of two subspaces of views: mean squared cosine of their principal angles."""

    angles: Float[np.ndarray, " k"]
    """Principal angles, degrees, smallest first."""
    chance_angles: Float[np.ndarray, "3 k"]
    """2.5 %, 50 % and 97.5 % of each angle for random subspaces of the same dimensions."""
    dims: tuple[int, int]
    paper = (
        "Bjorck & Golub 1973, principal angles; null: subspaces of the same dimensions drawn "
        "uniformly, whose mean shared energy is max(k, l) / d."
    )

    sentence = (
        "Subspaces of {self.dims[0]} and {self.dims[1]} directions share {self.value:.3f} of "
        "their energy (chance {self.null.mean:.3f}); the smallest angle is "
        "{self.angles[0]:.0f} degrees (chance {self.chance_angles[1][0]:.0f})."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Angles over the chance band."""
        ax = axes_or_new(ax)
        places = np.arange(1, len(self.angles) + 1)
        ax.fill_between(places, *self.chance_angles[[0, 2]], color="0.85", label="chance")
        ax.plot(places, self.angles, "o-", label=self.name)
        ax.set(xlabel="principal angle", ylabel="degrees")
        return ax


def view_overlap(a: SetLike, b: SetLike, *, rng: np.random.Generator | None = None) -> ViewOverlap:
    """How much the subspaces of the views of two objects have in common.

    Args:
        a: (n, d), views of one object.
        b: (m, d), views of another, in the same space; nothing pairs them.
        rng: draws the null and the blocks of the interval; None is seed 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: the views of one of them stand out of white noise in no direction.

    Source: Bjorck & Golub 1973.
    """
    first, second, rng = as_set(a, "a"), as_set(b, "b"), seeded(rng)
    same_space(first.space, second.space)
    x, y = first.unit.astype(np.float64), second.unit.astype(np.float64)
    left, right = affine_subspace(x), affine_subspace(y)
    if not min(left.dim, right.dim):
        raise RequestError("The views of one object stand out of noise in no direction: add views.")
    value = shared_energy(left, right)
    random = random_angles((left.dim, right.dim), x.shape[1], rng=rng, draws=DRAWS)
    draws = (np.cos(np.deg2rad(random)) ** 2).mean(axis=1)
    without = [
        shared_energy(
            affine_subspace(np.delete(x, i, 0), left.dim),
            affine_subspace(np.delete(y, j, 0), right.dim),
        )
        for i, j in zip(_left_out(len(x), left.dim), _left_out(len(y), right.dim), strict=True)
    ]
    return ViewOverlap(
        name="shared energy of two view subspaces",
        value=value,
        n=min(len(x), len(y)),
        interval=jackknife([value, *without], scale="logit", debias=False).interval,
        null=chance("reference law", value, draws, note="uniform random subspaces"),
        angles=principal_angles(left, right),
        chance_angles=np.quantile(random, [0.025, 0.5, 0.975], axis=0),
        dims=(left.dim, right.dim),
    )


def _left_out(n: int, rank: int) -> list[np.ndarray]:
    """Arcs of views that are left out in turn; single views where an arc would cost the rank."""
    arcs = np.array_split(np.arange(n), RUNS)
    return arcs if n - len(arcs[0]) > rank else [np.array([i % n]) for i in range(RUNS)]
