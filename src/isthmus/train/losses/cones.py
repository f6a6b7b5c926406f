"""Entailment cones: what a text says holds for many pictures, so it lies nearer to the origin."""

from typing import Any

from isthmus.similarity.lorentz import exterior_angle, turn
from isthmus.train.losses.softmax import info_nce

NARROWNESS = 0.1
"""Of a cone near the origin."""


def entailment(general: Any, special: Any, targets: Any = None) -> Any:
    """Mean angle by which matched special rows lie outside the cones of general ones.

    The cone of x has half aperture asin(2 K / |x|).

    Args:
        general: (n, d) space components on the hyperboloid of curvature -1
            (``similarity.lorentz.lifted``).
        special: (m, d).
        targets: (n, m) 1 where a pair matches, else 0; None where row i matches row i alone.

    Source: Desai et al. 2023 (MERU), equations 8 to 10; Ganea et al. 2018.
    """
    from array_api_compat import array_namespace

    xp = array_namespace(general)
    square = (general * general).sum(axis=1)
    if targets is None:
        angle = turn(square, (special * special).sum(axis=1), (general * special).sum(axis=1))
    else:
        square, angle = square[:, None], -exterior_angle(general, special)
    least = (2 * NARROWNESS) ** 2 * (1 + 1e-6)  # nearer to the origin the cone is a half space
    square = square * (square > least) + least * (square <= least)
    aperture = xp.asin(2 * NARROWNESS / square**0.5)
    outside = angle - aperture
    found = outside * (outside > 0)
    return found.mean() if targets is None else (found * targets).sum() / targets.sum()


def angle_contrast(general: Any, special: Any, targets: Any = None, scale: float = 20.0) -> Any:
    """InfoNCE of exterior angles: what a general row entails lies behind it, at any distance.

    Distance from the origin is free, so that two modalities may keep theirs.

    Args:
        general: (n, d) space components on the hyperboloid of curvature -1.
        special: (m, d).
        targets: (n, m) 1 where a pair matches, else 0; None where row i matches row i alone.
        scale: inverse temperature, per radian.

    Source: Ramasinghe et al. 2024, Accept the Modality Gap (the angle as a similarity in the
    contrastive loss).
    """
    return info_nce(scale * exterior_angle(general, special), targets)
