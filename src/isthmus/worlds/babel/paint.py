"""How a thing is drawn: one function a style, of a sprite, a colour and a material.

A sprite is a solid seen from a view at a size: coverage, normals, places and lines, traced once.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from isthmus.records import dataclass
from isthmus.worlds.babel.solids import SOLIDS, turn_x

PALETTE: dict[str, tuple[int, int, int]] = {
    "red": (212, 32, 40),
    "orange": (242, 126, 20),
    "yellow": (245, 205, 30),
    "green": (44, 156, 62),
    "cyan": (38, 188, 200),
    "blue": (40, 88, 214),
    "purple": (122, 56, 188),
    "pink": (240, 104, 172),
}
"""sRGB, 0..255; the hues lie at least 25 degrees apart."""

INK = np.full(3, 0.15, np.float32)
WHITE = np.ones(3, np.float32)


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
    lines, shadow = _lines(cover > 0.5, normal, s), gaussian_filter(np.pad(cover, s // 4), s / 14)
    return Sprite(*(part.astype(np.float32) for part in (cover, normal, place, lines, shadow)))


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
    return np.asarray(distance_transform_edt(inside))


@dataclass(frozen=True, eq=False)
class Brush:
    """One thing to be drawn."""

    sprite: Sprite
    colour: np.ndarray
    """(3,) sRGB, 0..1."""
    material: str
    light: np.ndarray
    """(3,) unit vector towards the light, in eye coordinates."""
    rng: np.random.Generator

    @property
    def size(self) -> int:
        """Width of the window in pixels."""
        return len(self.sprite.cover)


Paint = tuple[np.ndarray, np.ndarray]
"""(s, s, 3) sRGB 0..1 and (s, s) opacity 0..1."""


def flat(brush: Brush) -> Paint:
    """Plain areas in three tints, no lines."""
    rgb = _surface(brush) * _tints(brush)[..., None]
    return _finish(brush, rgb, gloss=_gloss(brush) > 0.45)


def outlined(brush: Brush) -> Paint:
    """Two tints and strong dark contours, like a comic."""
    rgb = _surface(brush) * np.where(_tints(brush) > 0.8, 1.0, 0.84)[..., None]
    rgb, alpha = _finish(brush, rgb, gloss=_gloss(brush) > 0.45)
    line = brush.sprite.line
    return _mix(rgb, INK, line), np.maximum(alpha, line)


def shaded(brush: Brush) -> Paint:
    """Soft light with a highlight on what is shiny, like a render."""
    diffuse = np.clip(brush.sprite.normal @ brush.light, 0, 1)
    rgb = _surface(brush) * (0.5 + 0.58 * diffuse)[..., None]
    return _finish(brush, rgb, gloss=_gloss(brush))


def sketch(brush: Brush) -> Paint:
    """Coloured hatching and a wobbly pencil contour on paper."""
    shade = 1 - np.clip(brush.sprite.normal @ brush.light, 0, 1)
    strokes = np.maximum(
        _hatch(brush, -50.0, 0.62 + 0.5 * shade), _hatch(brush, 40.0, 1.15 * shade - 0.25)
    )
    if brush.material == "shiny":
        strokes = strokes * (1 - _gloss(brush))
    colour = np.broadcast_to(brush.colour, (brush.size, brush.size, 3))
    if brush.material in ("striped", "spotted"):
        strokes = strokes * np.where(_pattern(brush) > 0.5, 1.0, 0.0)
    if brush.material == "glass":
        strokes = strokes * np.clip(1.6 - 1.9 * brush.sprite.normal[..., 2], 0.0, 1)
    line = np.maximum(_wobbled(brush), 0.75 * _wobbled(brush)) * 0.9
    rgb = _mix(colour * 0.97, 0.5 * brush.colour + 0.06, line)
    return rgb, np.maximum(strokes * brush.sprite.cover, line)


PAINTS: dict[str, Callable[[Brush], Paint]] = {
    "flat": flat,
    "outlined": outlined,
    "shaded": shaded,
    "sketch": sketch,
}


def _surface(brush: Brush) -> np.ndarray:
    """The material's colour at each pixel, before any light."""
    if brush.material in ("striped", "spotted"):
        share = 0.78 if brush.material == "striped" else 0.92
        other = brush.colour + (WHITE - brush.colour) * share
        return _mix(other, brush.colour, _pattern(brush))
    return np.broadcast_to(brush.colour, (brush.size, brush.size, 3))


def _pattern(brush: Brush) -> np.ndarray:
    """1 where the pattern shows the main colour, 0 where it shows the other, smooth between."""
    x, y, z = np.moveaxis(brush.sprite.place, -1, 0)
    if brush.material == "striped":
        wave = np.sin(2 * np.pi * 2.1 * (0.9 * y + 0.35 * x + 0.25 * z) + 0.6)
        return np.clip(0.5 + wave * brush.size / 12, 0, 1)
    at = (np.arange(brush.size) + 0.5) / brush.size * 2 - 1
    u, v = np.meshgrid(at / 0.5, at / 0.43)
    u = u + 0.5 * (np.round(v) % 2)
    far = np.hypot((u - np.round(u)) * 0.5, (v - np.round(v)) * 0.43)
    return np.clip(0.5 + (far - 0.14) * brush.size / 2, 0, 1)


def _tints(brush: Brush) -> np.ndarray:
    lit = brush.sprite.normal @ brush.light
    return np.where(lit > 0.72, 1.0, np.where(lit > 0.3, 0.87, 0.72)).astype(np.float32)


def _gloss(brush: Brush) -> np.ndarray:
    """(s, s) mirror light of shiny and glass things, 0..1 (Blinn and Phong's half vector).

    Normals are bent outwards, so that a plane mirrors a spot and not its whole face. Shiny things
    also have two slanted glints, since a plane may mirror no light at all.
    """
    s = brush.size
    if brush.material not in ("shiny", "glass"):
        return np.zeros((s, s), np.float32)
    half = brush.light + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    at = ((np.arange(s) + 0.5) / s * 2 - 1).astype(np.float32)
    bent = brush.sprite.normal.copy()
    bent[..., 0] += at[None, :]
    bent[..., 1] -= at[:, None]
    mirrored = np.clip(bent @ half / np.linalg.norm(bent, axis=-1), 0, 1) ** 24
    if brush.material == "glass":
        return mirrored
    slant = (at[None, :] + at[:, None]) / np.sqrt(2)
    far = np.minimum(np.abs(slant + 0.25) - 0.07, np.abs(slant + 0.08) - 0.03)
    return np.maximum(mirrored, np.clip(0.4 - far * s / 2, 0, 0.85))


def _finish(brush: Brush, rgb: np.ndarray, gloss: np.ndarray) -> Paint:
    alpha = brush.sprite.cover
    rgb = _mix(rgb, WHITE, 0.92 * gloss)
    if brush.material == "glass":
        rim = (1 - np.clip(brush.sprite.normal[..., 2], 0, 1)) ** 1.5
        alpha = alpha * np.clip(0.42 + rim + gloss, 0, 1)
    return rgb, alpha


def _mix(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    return a + (b - a) * share[..., None]


def _hatch(brush: Brush, degrees: float, density: np.ndarray) -> np.ndarray:
    """Parallel strokes whose width follows the density (0..1)."""
    s = brush.size
    c, d = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    at = np.arange(s, dtype=np.float32)
    bend = 0.7 * np.sin(at / 9 + brush.rng.uniform(0, 6))
    across = c * at[None, :] + d * at[:, None] + bend[:, None]
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * across / 5.5)
    return np.clip((density - wave) * 2.5, 0, 1)


def _wobbled(brush: Brush) -> np.ndarray:
    """The contour as an unsteady hand draws it."""
    s = brush.size
    at = np.arange(s)
    phase = brush.rng.uniform(0, 2 * np.pi, 2)
    dx, dy = (1.3 * np.sin(at / (3 + s / 9) + p) for p in phase)
    rows = np.clip(np.rint(at[:, None] + dy[None, :]), 0, s - 1).astype(int)
    columns = np.clip(np.rint(at[None, :] + dx[:, None]), 0, s - 1).astype(int)
    return brush.sprite.line[rows, columns]
