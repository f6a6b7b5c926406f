"""Corrections that move each modality, or take out the directions in which they differ."""

import numpy as np

from isthmus.transform.erasure import fit_erasure
from isthmus.transform.maps import Affine, MapByModality, Shift, linear
from isthmus.types import Calibration


def fit_mean_removal(data: Calibration) -> MapByModality:
    """Each modality less its mean.

    Source: Li et al. 2025, arXiv 2507.19054 (GR-CLIP); the same algebra as I0T-post (ACL 2025).
    """
    return {name: Shift(mean) for name, mean in data.means.items()}


def fit_half_shift(data: Calibration) -> MapByModality:
    """Both modalities half the gap towards each other.

    Source: Liang et al. 2022, Mind the Gap, section 4.2, with the gap closed.
    """
    a, b = data.modalities
    half = (data.means[a] - data.means[b]) / 2
    return {a: Shift(half), b: Shift(-half)}


SHARE = 0.7
"""Of the squared gap between the means that the coordinates taken out hold."""


def fit_gap_removal(data: Calibration) -> MapByModality:
    """Both modalities without their part along the difference of the means.

    Source: Zhang et al. 2024, C3, arXiv 2401.08567, section 3 (a constant orthogonal gap).
    """
    gap = _gap(data)
    length = float(np.linalg.norm(gap))
    axis = gap / length if length > 0 else gap
    keep = np.eye(data.dim) - np.outer(axis, axis)
    return dict.fromkeys(data.modalities, linear(keep))


def fit_top_coordinates(data: Calibration) -> MapByModality:
    """Both modalities without the few coordinates that hold 70 % of the squared gap.

    Source: Schrodi et al. 2025, Two Effects, One Trigger, section 4 (few dimensions drive the
    gap); at most half of the coordinates go.
    """
    held = _gap(data) ** 2
    order = np.argsort(-held)
    before = np.cumsum(held[order]) - held[order]
    out = order[before < SHARE * held.sum()][: data.dim // 2]
    keep = np.delete(np.eye(data.dim), out, axis=1)
    return dict.fromkeys(data.modalities, linear(keep))


def fit_modality_erasure(data: Calibration) -> MapByModality:
    """LEACE on the modality: no linear reader tells it, with the least change.

    Fewer vectors than coordinates: their covariance is shrunk (Ledoit & Wolf).

    Source: Belrose et al. 2023, theorem 4.3.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage

    both = np.concatenate(list(data.vectors.values()))
    modality = np.repeat(data.modalities, [len(x) for x in data.vectors.values()])
    found = fit_erasure(both, modality, shrink=float(ledoit_wolf_shrinkage(both)))
    keep = np.eye(data.dim) - found.projector.T
    return dict.fromkeys(data.modalities, Affine(found.mean, keep, found.mean))


def _gap(data: Calibration) -> np.ndarray:
    a, b = data.modalities
    return data.means[a] - data.means[b]
