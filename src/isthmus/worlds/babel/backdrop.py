"""What stands behind the things: a wall and a tiled floor, whose horizon shows the view."""

from functools import lru_cache

import numpy as np

HORIZON = {"front": 0.8, "angle": 0.42, "above": -0.6}
"""Height of the line between wall and floor, from the top, as a share of the side."""

_TONES = {
    "flat": (0.955, 0.89, 0.93),
    "outlined": (0.99, 0.95, 0.72),
    "shaded": (0.87, 0.77, 0.71),
    "sketch": (0.97, 0.95, 0.80),
}
"""Wall, floor and joints of each style; grey, so that every hue belongs to a thing."""


@lru_cache(maxsize=64)
def backdrop(style: str, view: str, s: int) -> np.ndarray:
    """(s, s, 3) sRGB 0..1 of the empty scene."""
    wall, floor, joint = _TONES[style]
    y = ((np.arange(s) + 0.5) / s)[:, None]
    x = ((np.arange(s) + 0.5) / s - 0.5)[None, :]
    below = y - HORIZON[view]
    grey = np.where(below > 0, floor, wall) + np.zeros_like(x)
    if style == "shaded":
        grey = grey * (1.06 - 0.16 * y) * (1 - 0.25 * (x**2 + (y - 0.5) ** 2))
    # perspective: a floor point at depth 1/below
    depth = 1 / np.maximum(below, 1e-3)
    ink = np.maximum(_joint(x * depth * 2, depth * 2 / s), _joint(2.2 * depth, 2.2 * depth**2 / s))
    grey = grey + (joint - grey) * ink * (below > 0) * np.clip(below * 6, 0, 1)
    if style in ("outlined", "sketch"):
        grey = np.where(np.abs(below) < 0.006, joint - 0.15, grey)
    if style == "sketch":
        grain = np.random.default_rng(7).normal(0, 0.012, (s, s))
        grey = grey + grain
    return np.repeat(np.clip(grey, 0, 1).astype(np.float32)[..., None], 3, axis=2)


def _joint(at: np.ndarray, pixel: np.ndarray) -> np.ndarray:
    far = np.abs(at - np.round(at))
    return np.clip(1.0 - far / np.maximum(pixel, 1e-6), 0, 1) * np.clip(1.5 - 4 * pixel, 0, 1)
