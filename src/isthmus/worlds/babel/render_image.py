"""A scene as a picture with the mask of every thing in it.

Behind the things stand a wall and a tiled floor, whose horizon shows the view.
"""

from functools import lru_cache, reduce

import numpy as np

from isthmus.records import dataclass
from isthmus.types import RequestError
from isthmus.worlds.babel.facts import Facts
from isthmus.worlds.babel.layout import Thing, arrange
from isthmus.worlds.babel.paint import PAINTS, PALETTE, Brush, Sprite, sprite

FINE = 2
"""Pixels drawn per pixel of the picture, along each side."""

SMALLEST = 64
"""Side of the smallest picture whose things stay apart, in pixels."""

HORIZON = {"front": 0.8, "angle": 0.42, "above": -0.6}
"""Height of the line between wall and floor, from the top, as a share of the side."""

_TONES = {
    "flat": (0.955, 0.89, 0.93),
    "outlined": (0.99, 0.95, 0.72),
    "shaded": (0.87, 0.77, 0.71),
    "sketch": (0.97, 0.95, 0.80),
}
"""Wall, floor and joints of each style; grey, so that every hue belongs to a thing."""


@dataclass(frozen=True, eq=False)
class Rendering:
    """A picture and what is where in it."""

    pixels: np.ndarray
    """(s, s, 3) uint8, sRGB."""
    mask: np.ndarray
    """(s, s) uint8: 0 is the backdrop, k the k-th thing."""
    things: tuple[Thing, ...]
    """In the order of the mask's numbers, from 1."""


def render(facts: Facts, rng: np.random.Generator, size: int = 128) -> Rendering:
    """Draw a scene, all of whose facts must be stated, size x size pixels.

    The rng draws what the facts leave open: exact places, the light, the hand's tremor.

    Raises:
        RequestError: a fact is not stated, or the picture is too small.
    """
    missing = [name for name, value in facts.to_dict().items() if value is None]
    if missing:
        raise RequestError(f"A picture shows every fact, but {missing[0]!r} is not stated.")
    if size < SMALLEST:
        raise RequestError(f"A babel picture needs {SMALLEST} pixels or more a side, not {size}.")
    return painted(str(facts.style), str(facts.view), tuple(arrange(facts, rng)), rng, size)


def painted(
    style: str, view: str, things: tuple[Thing, ...], rng: np.random.Generator, size: int
) -> Rendering:
    """Things in their places; the rng draws the light and the hand's tremor."""
    light = _light(rng)
    canvas = _Canvas(style, view, size, float(rng.uniform(0.97, 1.0)))
    seen = [sprite(str(t.facts.shape), view, canvas.pixels_of(t)) for t in things]
    if style == "shaded":
        for thing, one in zip(things, seen, strict=True):
            canvas.darken(thing, one)
    mask = np.zeros((size, size), np.uint8)
    for number, (thing, one) in enumerate(zip(things, seen, strict=True), 1):
        colour = np.array(PALETTE[str(thing.facts.colour)], np.float32) / 255
        brush = Brush(one, colour, str(thing.facts.material), light, rng)
        canvas.lay(thing, *PAINTS[style](brush))
        fine = canvas.window(thing, len(one.cover))
        mask[tuple(slice(at.start // FINE, at.stop // FINE) for at in fine)][
            _reduce(one.cover) >= 0.5
        ] = number
    pixels = np.clip(_reduce(canvas.rgb) * 255 + 0.5, 0, 255).astype(np.uint8)
    return Rendering(pixels, mask, things)


def _light(rng: np.random.Generator) -> np.ndarray:
    """Unit vector towards the light, from the upper left and the front."""
    light = np.array([-0.45 + rng.uniform(-0.25, 0.25), 0.58, 0.7], np.float32)
    return light / np.linalg.norm(light)


class _Canvas:
    """The picture while it is drawn, FINE times as fine; windows begin at whole pixels."""

    def __init__(self, style: str, view: str, size: int, brightness: float) -> None:
        self.size = size
        self.rgb = backdrop(style, view, size * FINE) * np.float32(brightness)

    def pixels_of(self, thing: Thing) -> int:
        """Width of a thing's window."""
        return FINE * round(thing.diameter * self.size)

    def window(self, thing: Thing, width: int) -> tuple[slice, slice]:
        """Rows and columns of a window of this width around a thing's centre."""
        half = width / FINE / 2
        top, left = (FINE * round(at * self.size - half) for at in (thing.y, thing.x))
        return slice(top, top + width), slice(left, left + width)

    def lay(self, thing: Thing, rgb: np.ndarray, alpha: np.ndarray) -> None:
        """Lay colours of some opacity on a thing's window."""
        part = self.rgb[self.window(thing, len(alpha))]
        part += (rgb - part) * alpha[..., None]

    def darken(self, thing: Thing, one: Sprite) -> None:
        """Cast the thing's shadow to its lower right, cut at the border of the picture."""
        strength = 0.16 if thing.facts.material == "glass" else 0.34
        inner, whole = len(one.cover), len(one.shadow)
        shift = round(0.16 * inner) - (whole - inner) // 2
        rows, columns = self.window(thing, inner)
        end = len(self.rgb)
        span = [slice(at.start + shift, at.start + shift + whole) for at in (rows, columns)]
        kept = [slice(max(0, -at.start), whole - max(0, at.stop - end)) for at in span]
        placed = [slice(max(0, at.start), min(end, at.stop)) for at in span]
        self.rgb[tuple(placed)] *= 1 - strength * one.shadow[tuple(kept)][..., None]


def _reduce(fine: np.ndarray) -> np.ndarray:
    """Means of FINE x FINE blocks; sums of strided views are ten times faster than ``mean``."""
    views = (fine[row::FINE, column::FINE] for row in range(FINE) for column in range(FINE))
    return reduce(np.add, views) / FINE**2


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
        grey = grey + np.random.default_rng(7).normal(0, 0.012, (s, s))
    return np.repeat(np.clip(grey, 0, 1).astype(np.float32)[..., None], 3, axis=2)


def _joint(at: np.ndarray, pixel: np.ndarray) -> np.ndarray:
    far = np.abs(at - np.round(at))
    return np.clip(1.0 - far / np.maximum(pixel, 1e-6), 0, 1) * np.clip(1.5 - 4 * pixel, 0, 1)
