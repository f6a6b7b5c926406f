"""Points seen as pictures: discs on the surface that they are taken from, and maps of their depth.

Camera coordinates as in ``renders``: x right, y up, z towards the camera. Clouds are fitted into a
sphere of radius 1 first, and seen as from far away (orthographic).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.spatial import KDTree

from isthmus.read.meshes.triangles import linear_light, stored_value
from isthmus.read.points import PointCloud
from isthmus.view.cameras import Pose
from isthmus.view.renders import LIGHTS, lamps

SIDE = 224
MOST = 20_000
"""Points that are drawn; of more, as many are drawn by lot."""
MARGIN = 0.97
"""Share of the picture that the sphere around the cloud fills."""
WIDEST = 9
"""Pixels that a disc reaches to each side at most."""
CELLS, LAYERS, WINDOW = 112, 8, 7
"""Cells across a depth map, along the line of sight, and of the maximum that closes gaps."""


def splats(cloud: PointCloud, poses: Sequence[Pose]) -> list[UInt8[np.ndarray, "h w 3"]]:
    """Shaded discs, as wide as the points lie apart, turned as their normals say.

    Source: Zwicker et al. 2001, Surface splatting, with opaque discs.
    """
    some = _drawn(cloud)
    # the sixth neighbour of a point of an even cover lies about 1.2 spacings away
    near = KDTree(some.points).query(some.points, k=min(7, len(some.points)))[0][:, -1]
    radius = np.minimum(near, 3 * np.median(near)) * 0.75
    return [_splatted(some, radius, pose.axes()) for pose in poses]


def _splatted(some: PointCloud, radius: np.ndarray, axes: np.ndarray) -> UInt8[np.ndarray, "h w 3"]:
    places, normals = some.points @ axes.T, some.normals @ axes.T
    normals = np.where(normals[:, 2:] < 0, -normals, normals)  # a disc has no back
    scale = MARGIN * SIDE / 2
    wide = np.minimum(radius * scale, WIDEST).astype(np.float32)
    reach = int(np.ceil(wide.max()))
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1).astype(np.float32)
    x, y = places[:, 0] * scale + SIDE / 2, SIDE / 2 - places[:, 1] * scale
    column, row = np.floor(x)[:, None] + dx, np.floor(y)[:, None] + dy
    right, down = column + 0.5 - x[:, None], row + 0.5 - y[:, None]
    steep = np.maximum(normals[:, 2:], 0.2)
    rise = (normals[:, 1:2] * down - normals[:, :1] * right) / steep
    inside = right**2 + down**2 + rise**2 <= np.maximum(wide, 0.75)[:, None] ** 2
    inside &= (column >= 0) & (column < SIDE) & (row >= 0) & (row < SIDE)
    point, _ = np.nonzero(inside)
    depth = places[point, 2] + rise[inside] / scale
    cell = (row[inside] * SIDE + column[inside]).astype(np.int64)
    order = np.argsort(depth, kind="stable")  # what is near is written last
    seen = np.full(SIDE * SIDE, -1)
    seen[cell[order]] = point[order]
    light = np.zeros(len(normals))
    for *direction, strength in lamps(LIGHTS).tolist():
        light += strength * (np.maximum(normals @ direction, 0) if any(direction) else 1.0)
    shown = stored_value((linear_light(some.colours[:, :3] / 255) * light[:, None]).clip(0, 1))
    picture = np.full((SIDE * SIDE, 3), 255, np.uint8)
    picture[seen >= 0] = np.rint(255 * shown[seen[seen >= 0]])
    return picture.reshape(SIDE, SIDE, 3)


def depth_maps(cloud: PointCloud, poses: Sequence[Pose]) -> list[UInt8[np.ndarray, "h w 3"]]:
    """Grey pictures of how near the points are, dark on white.

    Points fall into cells that hold how near they are; the largest around each cell closes the
    gaps, a Gaussian smooths, and of the layers along the line of sight the nearest is seen.

    Source: Zhu et al. 2023, PointCLIP V2, section 3.2 (its four steps); Zhang et al. 2022,
    PointCLIP, section 3.1.
    """
    some = _drawn(cloud)
    return [_depth(some.points @ pose.axes().T.astype(np.float32)) for pose in poses]


def _depth(places: Float[np.ndarray, "n 3"]) -> UInt8[np.ndarray, "h w 3"]:
    across = np.floor((places[:, :2] * MARGIN * [1, -1] + 1) / 2 * CELLS).astype(int)
    column, row = across.clip(0, CELLS - 1).T
    near = (places[:, 2] + 1) / 2
    layer = np.floor(near * LAYERS).astype(int).clip(0, LAYERS - 1)
    grid = np.zeros((LAYERS, CELLS, CELLS), np.float32)
    np.maximum.at(grid, (layer, row, column), 0.15 + 0.85 * near.clip(0, 1))
    filled = maximum_filter(grid, (1, WINDOW, WINDOW))
    seen = gaussian_filter(filled, (0, 0.8, 0.8)).max(axis=0)
    grey = Image.fromarray(np.rint(255 * (1 - seen.clip(0, 1))).astype(np.uint8))
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BILINEAR).convert("RGB"))


def _drawn(cloud: PointCloud) -> PointCloud:
    fitted, count = cloud.fitted(), len(cloud.points)
    if count <= MOST:
        return fitted
    return fitted.taken(np.sort(np.random.default_rng(0).choice(count, MOST, replace=False)))
