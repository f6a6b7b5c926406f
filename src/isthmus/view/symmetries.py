"""After which turns does an object look the same? Read from its renders around one ring."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8

SIDE = 48
"""Pixels along a side at which views are compared."""
SAME = 0.1
"""Root mean square difference of two views, over that of a view from its background, up to which
they are the same. Renders of one pose a pixel apart differ by less, chairs seen from both sides by
several times more."""


def symmetry_of(pictures: Sequence[UInt8[np.ndarray, "h w 3"]]) -> int:
    """The largest s such that a turn by 360 / s changes no view; as many as views if none does.

    Args:
        pictures: views at equal steps once around the object; the first pixel is background.
    """
    return symmetry(np.stack([_small(one) for one in pictures]))


def symmetry(views: Float[np.ndarray, "n p"]) -> int:
    """The same for views as rows of values, background 0."""
    n = len(views)
    own = float(np.sqrt((views**2).mean()))
    for turns in range(n, 1, -1):
        if n % turns == 0:
            moved = np.roll(views, n // turns, axis=0)
            if np.sqrt(((views - moved) ** 2).mean()) <= SAME * own:
                return turns
    return 1


def _small(picture: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, " p"]:
    from PIL import Image

    small = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE)), dtype=np.float64)
    return (small - small[0, 0]).reshape(-1)
