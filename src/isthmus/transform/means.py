"""Corrections that move each modality as a whole."""

from isthmus.transform.maps import MapByModality, Shift
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
