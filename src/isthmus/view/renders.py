"""Meshes seen as pictures: a z-buffer on the CPU, without a window, a GPU or a system package.

Camera coordinates are right-handed: x right, y up, z towards the camera. Depth is the distance
before the camera along its axis, in radii of the fitted object. Pictures are sRGB 0..255.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from isthmus.read.meshes.triangles import Mesh
from isthmus.records import dataclass
from isthmus.view.cameras import Pose


@dataclass(frozen=True)
class Light:
    """Light from far away."""

    direction: tuple[float, float, float]
    """Towards the light, in camera coordinates; (0, 0, 0) is light from everywhere."""
    strength: float


LIGHTS = (Light((0.0, 0.0, 0.0), 0.45), Light((-0.4, 0.7, 0.6), 0.55), Light((0.7, 0.1, 0.7), 0.2))
"""From everywhere, from above on the left, and a little from the right."""


@dataclass(frozen=True)
class RenderOptions:
    """How a mesh is drawn."""

    side: int = 224
    """Pixels of the square picture."""
    samples: int = 2
    """Samples along each side of a pixel."""
    field_of_view: float = 30.0
    """Degrees across the picture."""
    lights: tuple[Light, ...] = LIGHTS
    background: tuple[int, int, int] = (255, 255, 255)
    """sRGB 0..255."""


@dataclass(frozen=True, eq=False)
class Rendered:
    """One view of a mesh."""

    pose: Pose
    colour: UInt8[np.ndarray, "h w 3"]
    depth: Float[np.ndarray, "h w"]
    """Infinite where nothing is seen."""
    normals: Float[np.ndarray, "h w 3"]
    """Towards the camera; zero where nothing is seen."""
    mask: Bool[np.ndarray, "h w"]


def render(
    mesh: Mesh, poses: Sequence[Pose], options: RenderOptions | None = None, workers: int = 0
) -> list[Rendered]:
    """Views of a mesh, fitted into a sphere of radius 1, from each pose.

    Equal input gives equal bytes, whatever the number of workers.
    """
    from isthmus.view.shade import packed

    options, scene = options or RenderOptions(), packed(mesh.fitted())
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        return list(pool.map(lambda pose: one(scene, pose, options), poses))


def one(scene: Any, pose: Pose, options: RenderOptions) -> Rendered:
    """One view of a packed scene."""
    from isthmus.view import raster, shade

    wide, half = options.side * options.samples, np.tan(np.deg2rad(options.field_of_view / 2))
    distance = pose.distance or 1 / np.sin(np.deg2rad(options.field_of_view / 2))
    axes = pose.axes().astype(np.float32)
    placed = scene.turned(axes, np.float32(distance))
    screen = np.empty_like(placed.vertices)
    screen[:, 2] = -placed.vertices[:, 2]
    ahead = np.maximum(screen[:, 2:], 1e-4) * half
    screen[:, :2] = (placed.vertices[:, :2] * [1, -1] / ahead + 1) * (wide / 2)
    seen, depth = np.empty((wide, wide), np.int32), np.empty((wide, wide), np.float32)
    weights = np.empty((wide, wide, 2), np.float32)
    raster.visible(screen, placed.surface(), seen, weights, depth)
    light, normals = np.zeros((2, wide, wide, 3), np.float32)
    shade.shaded(seen, weights, placed.arrays(), lamps(options.lights), light, normals)
    ground = np.broadcast_to(
        shade.LINEAR[list(options.background)], (options.side, options.side, 3)
    )
    colour = shade.pixels(light, ground, seen, options.samples, shade.STORED)
    middle = slice(options.samples // 2, None, options.samples)
    return Rendered(
        pose, colour, depth[middle, middle], normals[middle, middle], seen[middle, middle] >= 0
    )


def lamps(lights: Sequence[Light]) -> Float[np.ndarray, "l 4"]:
    """Unit directions and strengths."""
    found = np.zeros((len(lights), 4), np.float32)
    for row, light in zip(found, lights, strict=True):
        length = np.linalg.norm(light.direction)
        row[:3] = np.divide(light.direction, length) if length else 0
        row[3] = light.strength
    return found
