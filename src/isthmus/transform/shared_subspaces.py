"""Corrections that keep only the directions in which both modalities live."""

import numpy as np

from isthmus.transform.maps import MapByModality, linear
from isthmus.types import Calibration

VARIANCE = 0.9
"""Share of each modality's variance that its own subspace holds."""

ENDS = (0.02, 0.5)
"""Shares of the directions of the inter-modal operator that are dropped: the strongest, the
weakest."""


def fit_shared_subspace(data: Calibration) -> MapByModality:
    """Both modalities, less their means, on the principal directions between their subspaces.

    Each modality's subspace holds 90 % of its variance. Pairs of principal vectors of these less
    than 60 degrees apart are shared; their bisectors span what is kept.

    Source: Yi et al. 2025, arXiv 2510.03268 (shared-space projection); Björck & Golub 1973.
    """
    bases = [_principal(x) for x in data.vectors.values()]
    left, cosines, right = np.linalg.svd(bases[0] @ bases[1].T)
    kept = max(2, int((cosines > 0.5).sum()))
    middle = left[:, :kept].T @ bases[0] + right[:kept] @ bases[1]
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    return {name: linear(middle.T, mean) for name, mean in data.means.items()}


def fit_operator_trimming(data: Calibration) -> MapByModality:
    """Both modalities on the middle of the inter-modal operator's spectrum.

    The operator is the cross-covariance of linked pairs, which stands for the projectors' product
    where only embeddings are at hand. Two hundredths of its directions at the strong end and half
    of them at the weak end are dropped.

    Source: IsoCLIP, CVPR 2026 (there the singular vectors of W_img' W_txt).
    """
    (a, b), (x, y) = data.modalities, data.linked
    cross = (x - data.means[a]).T @ (y - data.means[b])
    left, values, right = np.linalg.svd(cross)
    rank = int((values > 1e-6 * max(float(values[0]), 1e-300)).sum())
    first = round(ENDS[0] * rank)
    last = max(first + 2, round((1 - ENDS[1]) * rank))
    return {
        a: linear(left[:, first:last], data.means[a]),
        b: linear(right[first:last].T, data.means[b]),
    }


def _principal(x: np.ndarray) -> np.ndarray:
    """Orthonormal rows that hold most of the variance, at least two."""
    _, lengths, directions = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    share = np.cumsum(lengths**2) / max(float((lengths**2).sum()), 1e-300)
    return directions[: max(2, int(np.searchsorted(share, VARIANCE)) + 1)]
