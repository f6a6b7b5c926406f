"""Stress for shapes: what a cloud, a mesh or a grid is turned into before it is judged again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.surfaces import PLAIN
from isthmus.read.meshes.triangles import Mesh, merged
from isthmus.read.points import PointCloud, cloud
from isthmus.read.voxels import Voxels, voxels
from isthmus.view.shape_views import rotated
from isthmus.view.stress import Change

GREY = 184
"""As a file without colours is read."""
APART = 2.1
"""From middle to middle of two objects of radius 1."""


def any_pose(shape: PointCloud, other: Any, rng: np.random.Generator) -> PointCloud:
    """Turned by a rotation drawn evenly from all of them, SO(3)."""
    return shape.rotated(Rotation.random(rng=rng).as_matrix())


def half_the_points(shape: PointCloud, other: Any, rng: np.random.Generator) -> PointCloud:
    """Every second point, drawn by lot, is left out."""
    count = len(shape.points)
    return shape.taken(np.sort(rng.choice(count, -(-count // 2), replace=False)))


def two_objects(shape: PointCloud, other: Any, rng: np.random.Generator) -> PointCloud:
    """Another object of the same size stands beside it, to the left or to the right."""
    one, two = shape.fitted(), cloud(other).fitted()
    step = _aside(rng)
    return PointCloud(
        np.concatenate([one.points, two.points + step]),
        np.concatenate([one.colours, two.colours]),
        np.concatenate([one.normals, two.normals]),
    )


def no_colour(shape: PointCloud, other: Any, rng: np.random.Generator) -> PointCloud:
    """Light grey all over."""
    grey = np.full_like(shape.colours, GREY)
    grey[:, 3] = shape.colours[:, 3]
    return replace(shape, colours=grey)


def other_axis_up(shape: PointCloud, other: Any, rng: np.random.Generator) -> PointCloud:
    """What a file whose z points up is, if it is read as if y did."""
    return shape.turned("z")


def _aside(rng: np.random.Generator) -> np.ndarray:
    return np.array([rng.choice([-APART, APART]), 0, 0], np.float32)


def mesh_in_any_pose(shape: Mesh, other: Any, rng: np.random.Generator) -> Mesh:
    """Turned by a rotation drawn evenly from all of them, SO(3)."""
    return rotated(shape, Rotation.random(rng=rng).as_matrix())


def two_meshes(shape: Mesh, other: Any, rng: np.random.Generator) -> Mesh:
    """Another object of the same size stands beside it, to the left or to the right."""
    two = mesh(other).fitted()
    return merged([shape.fitted(), replace(two, vertices=two.vertices + _aside(rng))])


def bare_mesh(shape: Mesh, other: Any, rng: np.random.Generator) -> Mesh:
    """Without colours and textures, as a file that gives none."""
    white = np.full_like(shape.colours, 255)
    return replace(shape, colours=white, materials=(PLAIN,) * len(shape.materials))


def grid_in_any_pose(grid: Voxels, other: Any, rng: np.random.Generator) -> Voxels:
    """Turned by a rotation drawn evenly from all of them; a cell is what it was at its middle."""
    where = np.argwhere(grid.filled)
    reach = int((where.max(axis=0) - where.min(axis=0)).max()) + 1
    cube, side = grid.resized(reach), int(np.ceil(reach * 3**0.5))
    middles = np.indices((side,) * 3).reshape(3, -1).T + 0.5 - side / 2
    turn = Rotation.random(rng=rng).as_matrix()
    cells = np.floor(middles @ turn + reach / 2).astype(int)  # the inverse, by its transpose
    inside = ((cells >= 0) & (cells < reach)).all(axis=1)
    found = np.zeros((side**3, 4), np.uint8)
    found[inside] = cube.colours[tuple(cells[inside].T)]
    return Voxels(found.reshape(side, side, side, 4), cube.cell)


def grey_grid(grid: Voxels, other: Any, rng: np.random.Generator) -> Voxels:
    """Light grey all over."""
    colours = grid.colours.copy()
    colours[..., :3] = GREY
    return replace(grid, colours=colours)


def _of_any(read: Callable[[Any], Any], change: Change) -> Change:
    return lambda item, other, rng: change(read(item), other, rng)


STRESS = {
    change.__name__: _of_any(cloud, change)
    for change in (any_pose, half_the_points, two_objects, no_colour, other_axis_up)
}
"""Changes of whatever ``read.points`` makes a cloud of, by name; see ``view.stress``."""

OF_MESHES = {
    "any_pose": _of_any(mesh, mesh_in_any_pose),
    "two_objects": _of_any(mesh, two_meshes),
    "no_colour": _of_any(mesh, bare_mesh),
    "other_axis_up": _of_any(mesh, lambda shape, _other, _rng: shape.turned("z")),
}
"""The same of meshes."""

OF_VOXELS = {
    "any_pose": _of_any(voxels, grid_in_any_pose),
    "no_colour": _of_any(voxels, grey_grid),
    "other_axis_up": _of_any(voxels, lambda grid, _other, _rng: grid.turned("z")),
}
"""The same of voxels."""
