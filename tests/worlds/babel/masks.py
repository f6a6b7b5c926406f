"""What a picture's mask shows, measured without knowing the facts: the renderer's oracle."""

import colorsys
from dataclasses import dataclass
from typing import Any

import numpy as np

from isthmus.worlds.babel.paint import PALETTE


@dataclass(frozen=True)
class Seen:
    """One connected region of a mask."""

    x: float
    """Middle of its bounding box, as a share of the picture's side, from the left."""
    y: float
    """The same from the top."""
    left: int
    right: int
    top: int
    bottom: int
    """Bounds in pixels; right and bottom are just outside."""
    colour: str
    """Name of the palette's nearest hue."""


def things_seen(pixels: np.ndarray, mask: np.ndarray) -> list[Seen]:
    """Every connected region of an (s, s) mask over its (s, s, 3) picture."""
    from scipy.ndimage import find_objects, label

    labelled: Any = label(mask > 0, structure=np.ones((3, 3)))
    regions = labelled[0]
    found: list[Seen] = []
    for number, (rows, columns) in enumerate(find_objects(regions), 1):
        part = pixels[rows, columns][regions[rows, columns] == number]
        found.append(
            Seen(
                x=(columns.start + columns.stop) / 2 / len(mask),
                y=(rows.start + rows.stop) / 2 / len(mask),
                left=columns.start,
                right=columns.stop,
                top=rows.start,
                bottom=rows.stop,
                colour=colour_of(part),
            )
        )
    return found


def colour_of(pixels: np.ndarray) -> str:
    """The palette's colour whose hue is nearest to that of (k, 3) uint8 pixels.

    The hue is that of the mean colour, to which white, grey and black add nothing.
    """
    angle = _hue(pixels.mean(axis=0, dtype=np.float64))
    far = {
        name: abs((_hue(np.array(rgb)) - angle + 0.5) % 1 - 0.5) for name, rgb in PALETTE.items()
    }
    return min(far, key=far.__getitem__)


def _hue(rgb: np.ndarray) -> float:
    return colorsys.rgb_to_hsv(*(rgb / 255).tolist())[0]
