"""The ten solids of babel as signed distances: negative inside, right-handed, y up, unit ball.

Each function maps points (..., 3) to a lower bound (...) of the distance to the surface, which
is what sphere tracing needs (Hart 1996); pictures, meshes and points can all be made of it.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

Outline = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Signed distance of points (x, y) to the edge of a flat shape."""

LEAN = np.deg2rad(30)
"""Flat solids lean back by this much, so that no view sees them edge-on."""


def _turn_y(p: np.ndarray, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(p, -1, 0)
    return np.stack([c * x - s * z, y, s * x + c * z], axis=-1)


def turn_x(p: np.ndarray, angle: float) -> np.ndarray:
    """Points turned about the x axis; a positive angle tips +y towards +z."""
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(p, -1, 0)
    return np.stack([x, c * y - s * z, s * y + c * z], axis=-1)


def sphere(p: np.ndarray) -> np.ndarray:
    """Radius 0.85."""
    return np.linalg.norm(p, axis=-1) - 0.85


def cube(p: np.ndarray) -> np.ndarray:
    """Edge 1.24, turned so that two sides show, edges slightly rounded."""
    beyond = np.abs(_turn_y(p, np.deg2rad(32))) - 0.58
    outside = np.linalg.norm(np.maximum(beyond, 0), axis=-1)
    return outside + np.minimum(beyond.max(axis=-1), 0) - 0.04


def cylinder(p: np.ndarray) -> np.ndarray:
    """Radius 0.58, height 1.5."""
    x, y, z = np.moveaxis(p, -1, 0)
    return np.maximum(np.hypot(x, z) - 0.58, np.abs(y) - 0.75)


def cone(p: np.ndarray) -> np.ndarray:
    """Base radius 0.78, height 1.65."""
    x, y, z = np.moveaxis(p, -1, 0)
    return _taper(np.hypot(x, z), y, 0.78)


def pyramid(p: np.ndarray) -> np.ndarray:
    """Square base with half edge 0.68, height 1.65, turned so that two sides show."""
    x, y, z = np.moveaxis(_turn_y(p, np.deg2rad(35)), -1, 0)
    return _taper(np.maximum(np.abs(x), np.abs(z)), y, 0.68)


def _taper(radius: np.ndarray, y: np.ndarray, base: float) -> np.ndarray:
    low, high = -0.75, 0.9
    slope = np.hypot(high - low, base)
    side = ((high - low) * radius + base * (y - high)) / slope
    return np.maximum(side, low - y)


def ring(p: np.ndarray) -> np.ndarray:
    """A torus, radii 0.64 and 0.23."""
    x, y, z = np.moveaxis(turn_x(p, LEAN), -1, 0)
    return np.hypot(np.hypot(x, y) - 0.64, z) - 0.23


def star(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Outline of five points, radii 0.98 and 0.44."""
    wedge = 2 * np.pi / 5
    angle = np.abs((np.arctan2(x, y) + wedge / 2) % wedge - wedge / 2)
    radius = np.hypot(x, y)
    px, py = radius * np.sin(angle), radius * np.cos(angle)
    inner = 0.44 * np.array([np.sin(wedge / 2), np.cos(wedge / 2)])
    edge = np.array([0, 0.98]) - inner
    normal = np.array([edge[1], -edge[0]]) / np.hypot(*edge)
    return (px - inner[0]) * normal[0] + (py - inner[1]) * normal[1]


def heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Outline of a square on its tip with a half disc on each upper side."""
    half, low = 0.47, -0.2
    u, v = np.abs(x), y - low
    square = (u + np.abs(v)) / np.sqrt(2) - half
    centre = half / np.sqrt(2)
    disc = np.hypot(u - centre, v - centre) - half
    return np.minimum(square, disc)


def cross(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Outline of a plus sign with arms 0.84 long and 0.56 wide."""
    u, v = np.abs(x), np.abs(y)
    return np.minimum(np.maximum(u - 0.84, v - 0.28), np.maximum(u - 0.28, v - 0.84))


def crescent(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Outline of a moon open to the right."""
    return np.maximum(np.hypot(x - 0.12, y) - 0.9, 0.72 - np.hypot(x - 0.52, y - 0.08))


def plate(outline: Outline, p: np.ndarray, half: float = 0.2) -> np.ndarray:
    """A rounded plate that leans back: an outline, cut out twice ``half`` thick."""
    x, y, z = np.moveaxis(turn_x(p, LEAN), -1, 0)
    beyond = np.stack([outline(x, y) + 0.05, np.abs(z) - half + 0.05], axis=-1)
    outside = np.linalg.norm(np.maximum(beyond, 0), axis=-1)
    return outside + np.minimum(beyond.max(axis=-1), 0) - 0.05


SOLIDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sphere": sphere,
    "cube": cube,
    "cone": cone,
    "cylinder": cylinder,
    "pyramid": pyramid,
    "ring": ring,
    "star": partial(plate, star),
    "heart": partial(plate, heart),
    "cross": partial(plate, cross),
    "crescent": partial(plate, crescent),
}
