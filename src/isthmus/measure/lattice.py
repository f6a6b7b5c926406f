"""Sum, intersection and complement of subspaces, by their directions."""

import numpy as np

from isthmus.measure.angles import principal_angles
from isthmus.types import RequestError, Subspace


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
