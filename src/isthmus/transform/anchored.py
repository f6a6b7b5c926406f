"""Corrections that move an item as the calibration items that are near to it."""

import numpy as np

from isthmus.transform.maps import Displaced, MapByModality, Relative, Shift
from isthmus.types import Calibration, ExtraMissingError

MOST = 2_000
"""Points of a modality that are transported; evenly spaced rows of more."""


def fit_transport(data: Calibration) -> MapByModality:
    """The second modality carried by barycentric optimal transport onto the first.

    The plan is exact (squared Euclidean cost, equal weights) between the centred clouds, and links
    are not used. A new item moves as the calibration item nearest to it.

    Raises:
        ExtraMissingError: POT is not installed.

    Source: Ferradans et al. 2014, Regularized discrete optimal transport, section 5; Fill the Gap,
    arXiv 2505.03703.
    """
    try:
        import ot
    except ImportError:
        raise ExtraMissingError("pot", "analysis") from None
    a, b = data.modalities
    x, y = (_spread(data.vectors[name], MOST) for name in (a, b))
    to, start = x - data.means[a], y - data.means[b]
    plan = np.asarray(ot.emd(ot.unif(len(y)), ot.unif(len(x)), ot.dist(start, to)))
    carried = plan @ x / plan.sum(axis=1, keepdims=True)
    return {a: Shift(np.zeros(data.dim)), b: Displaced(y, carried - y)}


def fit_asif(data: Calibration) -> MapByModality:
    """Both modalities as cosines to their own ends of the calibration pairs, the largest kept.

    A fifth of the anchors is kept, to the eighth power; no training at all.

    Source: Norelli et al. 2023, ASIF: Coupled data turns unimodal models to multimodal, section 3.
    """
    anchors = dict(zip(data.modalities, data.linked, strict=True))
    kept = max(2, len(data.rows) // 5)
    return {name: Relative(_spread(x, MOST), kept, 8.0) for name, x in anchors.items()}


def _spread(x: np.ndarray, most: int) -> np.ndarray:
    """At most so many rows, evenly spaced."""
    return x[np.unique(np.linspace(0, len(x) - 1, most).astype(int))]
