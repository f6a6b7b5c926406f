"""A solid seen from a view at a size: coverage, normals, places and lines, traced once and kept."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from isthmus.worlds.babel.solids import SOLIDS, turn_x

ELEVATION = {"front": np.deg2rad(10), "angle": np.deg2rad(30), "above": np.deg2rad(42)}
"""How far above the horizon the eye stands; it looks along -z from far away (orthographic)."""

_STEPS = 64
_CREASE = 0.8
"""Neighbours whose normals have a smaller cosine lie on two sides of an edge."""


@dataclass(frozen=True, eq=False)
class Sprite:
    """What the eye sees of one solid in an s x s window over the unit ball; y down, x right."""

    cover: np.ndarray
    """(s, s) share of each pixel that the solid covers, 0..1."""
    normal: np.ndarray
    """(s, s, 3) unit normals in eye coordinates: x right, y up, z towards the eye."""
    place: np.ndarray
    """(s, s, 3) where the surface point lies on the solid, in its own coordinates."""
    line: np.ndarray
    """(s, s) ink of a drawn contour and of the edges inside it, 0..1."""
    shadow: np.ndarray
    """(s + 2p, s + 2p) soft shadow of the solid, 0..1, with a border of p pixels."""


@lru_cache(maxsize=512)
def sprite(shape: str, view: str, s: int) -> Sprite:
    """The sprite of a solid from a view, s pixels wide."""
    solid, elevation = SOLIDS[shape], ELEVATION[view]
    at = (np.arange(s) + 0.5) / s * 2 - 1
    x, y = np.meshgrid(at, -at)
    depth, nearest = np.full_like(x, 1.1), np.full_like(x, np.inf)
    for _ in range(_STEPS):
        eye = np.stack([x, y, depth], axis=-1)
        distance = solid(turn_x(eye, -elevation))
        nearest = np.minimum(nearest, distance)
        depth = np.maximum(depth - np.maximum(distance, 0), -1.2)
    pixel = 2 / s
    cover = np.clip(0.5 - (nearest - pixel / 2) / pixel, 0, 1)
    place = turn_x(np.stack([x, y, depth], axis=-1), -elevation)
    normal = _normals(solid, place, elevation)
    inside = cover > 0.5
    return Sprite(
        *(
            part.astype(np.float32)
            for part in (cover, normal, place, _lines(inside, normal, s), _shadow(cover, s))
        )
    )


def _normals(
    solid: Callable[[np.ndarray], np.ndarray], place: np.ndarray, elevation: float
) -> np.ndarray:
    step = 2e-3 * np.eye(3)
    normal = np.stack([solid(place + e) - solid(place - e) for e in step], axis=-1)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    return turn_x(normal, elevation)


def _lines(inside: np.ndarray, normal: np.ndarray, s: int) -> np.ndarray:
    crease = np.zeros_like(inside)
    for axis in (0, 1):
        before, after = np.roll(normal, 1, axis), np.roll(normal, -1, axis)
        both = np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
        crease |= both & ((before * after).sum(axis=-1) < _CREASE)
    width = 1.1 + 0.03 * s
    ink = np.clip(width + 0.5 - _distance(np.pad(inside, 1))[1:-1, 1:-1], 0, 1)
    if crease.any():
        ink = np.maximum(ink, np.clip(0.35 * width + 0.5 - _distance(~crease), 0, 1))
    return ink * inside


def _distance(inside: np.ndarray) -> np.ndarray:
    """Pixels from each place inside to the nearest outside."""
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(inside))


def _shadow(cover: np.ndarray, s: int) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(np.pad(cover, s // 4), s / 14)
