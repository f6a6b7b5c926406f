"""Which way is up, seen from the shape alone: the axes of its file are not asked.

A thing stands on a face of its convex hull. The largest faces are tried as ground, and what the
cloud then looks like, whatever side is turned to the front, is judged by a small network that has
learned how things stand. Hull and profile turn with the cloud, so the answer does too.
"""

from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial import ConvexHull, QhullError

from isthmus.read.points import PointCloud

TRIED = 24
"""Faces of the hull, the largest first."""
MERGED = np.cos(np.deg2rad(4))
"""Triangles of a hull whose normals are closer than this are one face."""
LEVELS, RINGS, SLOPES = 6, 4, 5
THIN = 0.02
"""Share of the height that counts as ground and as top."""
WEIGHTS = Path(__file__).parent / "upright.npz"


def grounds(points: Float[np.ndarray, "n 3"]) -> tuple[np.ndarray, np.ndarray]:
    """Directions (t, 3) away from the largest faces of the hull, and their shares (t,) of its area.

    A cloud without a volume has none but the two sides of its plane.
    """
    try:
        hull = ConvexHull(points.astype(float))
    except QhullError:
        side = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][-1]
        return np.stack([side, -side]), np.array([0.5, 0.5])
    normals, corners = hull.equations[:, :3], points[hull.simplices].astype(float)
    sides = corners[:, 1:] - corners[:, :1]
    area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
    close, left = normals @ normals.T > MERGED, np.ones(len(normals), bool)
    found, sizes = [], []
    while left.any() and len(found) < TRIED:
        largest = int(np.where(left, (close * (area * left)).sum(axis=1), -1).argmax())
        face = left & close[largest]
        normal = (normals[face] * area[face, None]).sum(axis=0)
        found.append(-normal / max(float(np.linalg.norm(normal)), 1e-12))
        sizes.append(area[face].sum() / area.sum())
        left &= ~face
    return np.stack(found), np.array(sizes)


def profile(cloud: PointCloud, up: Float[np.ndarray, "t 3"]) -> Float[np.ndarray, "t f"]:
    """What a cloud is like along each direction: no turn about a direction changes its row.

    Shares of the points by height and distance from the axis, by height and slope, on the ground
    and at the top with how far they reach there, and how high the middle is.
    """
    points = cloud.points - cloud.points.mean(axis=0)
    points = points / max(float(np.sqrt((points**2).sum(axis=1).mean())), 1e-9)
    height, rows = points @ up.T, []
    slope = cloud.normals @ up.T
    away = np.sqrt(np.maximum((points**2).sum(axis=1)[:, None] - height**2, 0))
    span = np.maximum(np.ptp(height, axis=0), 1e-9)
    share = (height - height.min(axis=0)) / span
    for h, a, s, tall in zip(share.T, away.T, slope.T, span, strict=True):
        level = (h, [0, 1.0001])
        rings = np.histogram2d(*level[:1], a, (LEVELS, RINGS), (level[1], [0, 2]))[0].ravel()
        tilts = np.histogram2d(*level[:1], s, (LEVELS, SLOPES), (level[1], [-1.001, 1.001]))[0]
        ends = [x for end in (h < THIN, h > 1 - THIN) for x in (end.mean(), (a * end).max())]
        flat = [(np.abs(s) > 0.97).mean(), (np.abs(s) < 0.05).mean(), h.mean(), tall]
        parts = (np.sqrt(rings / len(h)), np.sqrt(tilts.ravel() / len(h)), ends, flat)
        rows.append(np.concatenate(parts))
    return np.stack(rows).astype(np.float32)


def seen_from(cloud: PointCloud) -> tuple[np.ndarray, np.ndarray]:
    """Directions (t, 3) that may be up, and what the network takes of each (t, f)."""
    up, sizes = grounds(cloud.points)
    return up, np.column_stack([profile(cloud, up), np.sqrt(sizes)]).astype(np.float32)


def upright(cloud: PointCloud, count: int = 1) -> Float[np.ndarray, "k 3 3"]:
    """The rotations that bring the likeliest ways up to y, the likeliest first.

    Which side is the front stays open. A cloud with fewer grounds than ``count`` gives fewer.
    """
    weights, (up, x) = _weights(), seen_from(cloud)
    x = (x - weights["mean"]) / weights["spread"]
    hidden = np.maximum(x @ weights["matrix0"] + weights["bias0"], 0)
    order = np.argsort(-(hidden @ weights["matrix1"]), kind="stable")[:count]
    return np.stack([bringing_up(up[row]) for row in order])


@cache
def _weights() -> dict[str, np.ndarray]:
    with np.load(WEIGHTS) as found:
        return {name: found[name].astype(np.float32) for name in found.files}


def bringing_up(up: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
    """The shortest rotation that brings a unit vector to y.

    Source: Rodrigues' formula, as in Möller & Hughes 1999, equation 3.
    """
    if up[1] < -1 + 1e-9:
        return np.diag([1.0, -1.0, -1.0])
    axis = np.array([[0, -up[0], 0], [up[0], 0, up[2]], [0, -up[2], 0]])
    return np.eye(3) + axis + axis @ axis / (1 + up[1])
