"""Losses on vectors: CLOOB with its Hopfield lookup, and entailment cones."""

from typing import Any

from array_api_compat import array_namespace

from isthmus.similarity.euclidean import at_least
from isthmus.similarity.hyperbolic import exterior_angle, turn
from isthmus.train.losses.contrastive import info_nce
from isthmus.train.losses.leave_out import info_loob_by_rows
from isthmus.train.regularisers import unit


def cloob(a: Any, b: Any, targets: Any = None, scale: float = 30.0, sharpness: float = 8.0) -> Any:
    """InfoLOOB of what the memory of all a gives for both sides, and of that of all b.

    Retrieval brings out what co-occurs in a batch, and keeps single matches from saturating.

    Args:
        a: (n, d), one side.
        b: (m, d).
        targets: (n, m) 1 where a pair matches, else 0; None where row i matches row i alone.
        scale: inverse temperature of InfoLOOB.
        sharpness: inverse temperature of the memories.

    Raises:
        RequestError: a row or column in which everything matches.

    Source: Fürst et al. 2022, CLOOB, equations 7 to 9.
    """
    x, y = unit(a), unit(b)
    from_a = retrieved(x, x, sharpness) @ retrieved(x, y, sharpness).T
    from_b = retrieved(y, y, sharpness) @ retrieved(y, x, sharpness).T
    turned = None if targets is None else targets.T
    return info_loob_by_rows(scale * from_a, targets) + info_loob_by_rows(scale * from_b, turned)


def retrieved(memory: Any, states: Any, sharpness: float) -> Any:
    """One update of a modern Hopfield network: softmax(sharpness · states · memoryᵀ) · memory.

    Rows of length 1.

    Source: Ramsauer et al. 2021, Hopfield Networks is All You Need, equation 3.
    """
    xp = array_namespace(memory)
    energy = sharpness * states @ memory.T
    weight = xp.exp(energy - xp.max(energy, axis=1, keepdims=True))
    return unit(weight / weight.sum(axis=1, keepdims=True) @ memory)


NARROWNESS = 0.1
"""Of a cone near the origin."""


def entailment(general: Any, special: Any, targets: Any = None) -> Any:
    """Mean angle by which matched special rows lie outside the cones of general ones.

    The cone of x has half aperture asin(2 K / |x|).

    Args:
        general: (n, d) space components on the hyperboloid of curvature -1
            (``similarity.hyperbolic.lifted``).
        special: (m, d).
        targets: (n, m) 1 where a pair matches, else 0; None where row i matches row i alone.

    Source: Desai et al. 2023 (MERU), equations 8 to 10; Ganea et al. 2018.
    """
    xp = array_namespace(general)
    square = (general * general).sum(axis=1)
    if targets is None:
        angle = turn(square, (special * special).sum(axis=1), (general * special).sum(axis=1))
    else:
        square, angle = square[:, None], -exterior_angle(general, special)
    least = (2 * NARROWNESS) ** 2 * (1 + 1e-6)  # nearer to the origin the cone is a half space
    aperture = xp.asin(2 * NARROWNESS / at_least(square, least) ** 0.5)
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
