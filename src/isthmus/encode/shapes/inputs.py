"""Clouds and voxels as the inputs of ``networks``: NumPy alone."""

from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.read.farthest import farthest, nearest
from isthmus.read.points import PointCloud
from isthmus.read.voxels import voxels

SEEN = 1024
"""Points of a cloud that are looked at, or up to twice as many, at even steps."""
POINTS, GROUPS, SIZE = 512, 32, 16
"""Points that lie far from each other among these, patches of them, and points of a patch."""
NEAR = 0.3
"""Places in a patch are divided by this, about its radius."""
CELLS = 32


def rows(cloud: PointCloud, count: int = POINTS) -> Float[np.ndarray, "p 9"]:
    """Place, colour - 1/2 and normal of points that lie far from each other.

    The first is the farthest from their mean, whatever their order. A cloud of fewer points is
    taken over and over again. Size is seen unless it is fitted before.
    """
    at = np.arange(0, len(cloud.points), max(1, len(cloud.points) // SEEN))
    away = cloud.points[at] - cloud.points[at].mean(axis=0)
    first = int(np.argmax(np.square(away).sum(axis=1)))
    at = np.concatenate([at[first:], at[:first]])
    order = at[farthest(cloud.points[at], min(count, len(at)))]
    chosen = order[np.arange(count) % len(order)]
    some = cloud.taken(chosen)
    colours = some.colours[:, :3] / np.float32(255) - np.float32(0.5)
    return np.concatenate([some.points, colours, some.normals], axis=1)


def grouped(
    cloud: PointCloud, groups: int = GROUPS, size: int = SIZE
) -> tuple[Float[np.ndarray, "g k 12"], Float[np.ndarray, "g 3"]]:
    """Patches of points nearest to far points, with their places from there too; and these."""
    x = rows(cloud)
    centres = x[:groups, :3]  # the first of the far points are far from each other as well
    around = x[nearest(x[:, :3], centres, size)]
    away = (around[..., :3] - centres[:, None]) / np.float32(NEAR)
    return np.concatenate([around, away], axis=2), centres


def cells(item: Any, side: int = CELLS) -> Float[np.ndarray, "4 s s s"]:
    """Colours and what is filled, 0..1, of the cube around the filled cells."""
    found = voxels(item).resized(side).colours / np.float32(255)
    return found.transpose(3, 0, 1, 2)
