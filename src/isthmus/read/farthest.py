"""Points far from each other, and the patches around them."""

import importlib.util

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import KDTree

from isthmus.types import RequestError


def farthest(points: Float[np.ndarray, "n 3"], count: int) -> Int[np.ndarray, " m"]:
    """Rows of points of which each lies farthest from those before it, the first being row 0.

    Extra ``shape`` brings fpsample, which does the same faster.

    Args:
        points: n of them.
        count: m, from 1 to n.

    Raises:
        RequestError: fewer points than are wanted, or none wanted.

    Source: Eldar et al. 1997, The farthest point strategy for progressive image sampling.
    """
    if not 1 <= count <= len(points):
        raise RequestError(f"From {len(points)} points 1 to {len(points)} are taken, not {count}.")
    points = np.ascontiguousarray(points, np.float32)
    if importlib.util.find_spec("fpsample"):
        import fpsample

        return np.asarray(fpsample.fps_sampling(points, count, start_idx=0), np.int64)
    return plain(points, count)


def plain(points: Float[np.ndarray, "n 3"], count: int) -> Int[np.ndarray, " m"]:
    """The same by NumPy alone."""
    found = np.zeros(count, np.int64)
    near = np.full(len(points), np.inf, np.float32)
    for step in range(1, count):
        away = points - points[found[step - 1]]
        near = np.minimum(near, (away * away).sum(axis=1))
        found[step] = near.argmax()
    return found


def nearest(
    points: Float[np.ndarray, "n 3"], centres: Float[np.ndarray, "m 3"], size: int
) -> Int[np.ndarray, "m k"]:
    """Rows of the ``size`` points nearest to each centre, the nearest first.

    Where there are fewer points than that, the farthest of them is listed again.
    """
    few = min(size, len(points))
    found = np.asarray(KDTree(points).query(centres, k=few)[1]).reshape(len(centres), few)
    return np.concatenate([found, np.repeat(found[:, -1:], size - few, axis=1)], axis=1)
