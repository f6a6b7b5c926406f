"""Corrections that take out the directions or coordinates in which the modalities differ."""

import numpy as np

from isthmus.transform.erasure import fit_erasure
from isthmus.transform.maps import Affine, MapByModality, linear
from isthmus.types import Calibration

SHARE = 0.7
"""Of the squared gap between the means that the coordinates taken out hold."""


def fit_gap_removal(data: Calibration) -> MapByModality:
    """Both modalities without their part along the difference of the means.

    Source: Zhang et al. 2024, C3, arXiv 2401.08567, section 3 (a constant orthogonal gap).
    """
    gap = _gap(data)
    length = float(np.linalg.norm(gap))
    way = gap / length if length > 0 else gap
    keep = np.eye(data.dim) - np.outer(way, way)
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
    told = np.repeat(data.modalities, [len(x) for x in data.vectors.values()])
    found = fit_erasure(both, told, shrink=float(ledoit_wolf_shrinkage(both)))
    keep = np.eye(data.dim) - found.projector.T
    return dict.fromkeys(data.modalities, Affine(found.mean, keep, found.mean))


def _gap(data: Calibration) -> np.ndarray:
    a, b = data.modalities
    return data.means[a] - data.means[b]
