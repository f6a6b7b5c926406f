"""Loops over samples, compiled by numba when they first run and kept for the next process."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from isthmus.types import ExtraMissingError

try:
    import numba
except ModuleNotFoundError as error:
    raise ExtraMissingError("numba", "shape") from error


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function in machine code, free of Python's lock.

    What tests wrap around every function to check shapes is taken off first.
    """
    return numba.njit(cache=True, nogil=True)(inspect.unwrap(function))


BAYER = (
    np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) + 0.5
) / 16
"""Thresholds of ordered dithering: a half transparent surface holds half of the samples."""


@compiled
def visible(
    screen: np.ndarray,
    surface: tuple[np.ndarray, ...],
    seen: np.ndarray,
    weights: np.ndarray,
    depth: np.ndarray,
) -> None:
    """Fill the buffers of one view.

    Args:
        screen: (v, 3) float32, sample coordinates x (right) and y (down), and distance before the
            camera; 0 or less is behind it.
        surface: faces (f, 3) int32; opacity (f,) float32, 0..1, in between, samples are taken by
            ordered dithering; material (f,); uv (v, 2); cut (m, 3), of each material first texel,
            height and width of a texture with transparent parts, 0 high for none; texels (k, 4)
            uint8.
        seen: (h, w) int32, out: number of the face, -1 for none.
        weights: (h, w, 2) float32, out: perspective-correct weights of its first two corners.
        depth: (h, w) float32, out: distance before the camera, infinite for none.
    """
    height, width = seen.shape
    faces, opacity, material, uv, cut, texels = surface
    seen[:], depth[:] = -1, np.inf
    for f in range(len(faces)):
        a, b, c = faces[f]
        az, bz, cz = screen[a, 2], screen[b, 2], screen[c, 2]
        ax, ay, bx, by = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1]
        cx, cy = screen[c, 0], screen[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0 or opacity[f] <= 0 or min(az, bz, cz) <= 1e-4:
            continue
        at = cut[material[f]]
        for y in between(ay, by, cy, height):
            for x in between(ax, bx, cx, width):
                px, py = x + 0.5, y + 0.5
                u = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                v = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                w = 1 - u - v
                if u < 0 or v < 0 or w < 0:
                    continue
                z = 1 / (u / az + v / bz + w / cz)
                if z >= depth[y, x]:
                    continue
                one, two, left = u / az * z, v / bz * z, opacity[f]
                if at[1] > 0:
                    left *= alpha(texels, at, uv, faces[f], one, two)
                if left >= BAYER[y & 3, x & 3]:
                    seen[y, x], depth[y, x] = f, z
                    weights[y, x, 0], weights[y, x, 1] = one, two


@compiled
def between(a: float, b: float, c: float, end: int) -> range:
    """Samples, of those from 0 to `end`, whose middle lies between the least and the largest."""
    first = max(int(np.ceil(min(a, b, c) - 0.5)), 0)
    return range(first, min(int(np.floor(max(a, b, c) - 0.5)), end - 1) + 1)


@compiled
def alpha(
    texels: np.ndarray, at: np.ndarray, uv: np.ndarray, corner: np.ndarray, one: float, two: float
) -> float:
    """Opacity, 0..1, of the texel nearest to a place in a triangle."""
    first, height, width = at
    a, b, c, three = corner[0], corner[1], corner[2], 1 - one - two
    u = one * uv[a, 0] + two * uv[b, 0] + three * uv[c, 0]
    v = one * uv[a, 1] + two * uv[b, 1] + three * uv[c, 1]
    x = min(int((u - np.floor(u)) * width), width - 1)
    y = min(int((1 - (v - np.floor(v))) * height), height - 1)
    return texels[first + y * width + x, 3] / 255
