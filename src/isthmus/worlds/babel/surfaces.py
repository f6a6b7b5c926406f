"""From a signed distance to triangles: naive surface nets, moved onto the surface."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from isthmus.worlds.babel.solids import SOLIDS

CELLS = 56
"""Cells along each side of the cube that a solid is sampled in."""
REACH = 1.1
"""Half of that cube's side."""
STEP = 1e-3
"""Of the differences that give a gradient."""

Distance = Callable[[np.ndarray], np.ndarray]


@cache
def surface(shape: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (v, 3), unit normals (v, 3) and faces (f, 3) of a solid of ``SOLIDS``.

    Each cell that the surface crosses holds one vertex, at the mean of the crossings of its edges;
    each grid edge that it crosses gives a square of the four cells around (Gibson 1998,
    "Constrained elastic surface nets"). Newton steps then bring the vertices onto the surface.
    """
    solid = SOLIDS[shape]
    at = np.linspace(-REACH, REACH, CELLS + 1)
    grid = np.stack(np.meshgrid(at, at, at, indexing="ij"), axis=-1)
    values = solid(grid)
    cell, vertices = crossings(values, grid)
    faces = squares(values < 0, cell)
    for _ in range(6):
        grad = gradient(solid, vertices)
        away = solid(vertices) / np.maximum((grad**2).sum(axis=1), 0.25)
        move = away[:, None] * grad
        vertices = vertices - np.clip(move, -REACH / CELLS, REACH / CELLS)
    grad = gradient(solid, vertices)
    normals = grad / np.maximum(np.linalg.norm(grad, axis=1, keepdims=True), 1e-9)
    return vertices.astype(np.float32), normals.astype(np.float32), faces


def crossings(values: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of each cell's vertex (-1 for none) and the vertices."""
    n, spacing = len(values) - 1, grid[1, 1, 1, 0] - grid[0, 0, 0, 0]
    total, count = np.zeros((n, n, n, 3)), np.zeros((n, n, n))
    for axis in range(3):
        low, high = (part(axis, own) for own in (slice(0, n), slice(1, n + 1)))
        crossed = (values[low] < 0) != (values[high] < 0)
        fall = np.where(crossed, values[low] - values[high], 1)
        place = grid[low].copy()
        place[..., axis] += spacing * np.where(crossed, values[low] / fall, 0)
        for beside in np.ndindex(2, 2):
            edge = part(axis, slice(None), [slice(start, start + n) for start in beside])
            count += crossed[edge]
            total += place[edge] * crossed[edge][..., None]
    cell = np.full((n, n, n), -1, np.int32)
    found = count > 0
    cell[found] = np.arange(found.sum())
    return cell, total[found] / count[found][:, None]


def part(axis: int, own: slice, others: Sequence[slice] = ()) -> tuple[slice, ...]:
    """An index of a cube: one slice along an axis, others (all by default) along the other two."""
    found = list(others) or [slice(None)] * 2
    found.insert(axis, own)
    return tuple(found)


def squares(inside: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Two triangles for each inner grid edge that leaves the solid, seen counter-clockwise."""
    faces: list[np.ndarray] = []
    for axis in range(3):
        own = np.moveaxis(inside, axis, 0)
        numbers = np.moveaxis(cell, axis, 0)
        low, high = own[:-1, 1:-1, 1:-1], own[1:, 1:-1, 1:-1]
        a, b, c, d = (
            numbers[:, :-1, :-1], numbers[:, 1:, :-1], numbers[:, 1:, 1:], numbers[:, :-1, 1:]
        )  # fmt: skip
        for leaves, ring in ((low & ~high, (a, b, c, d)), (~low & high, (d, c, b, a))):
            corners = np.stack([part[leaves] for part in ring], axis=1)
            if axis == 1:  # moving y to the front mirrors the other two
                corners = corners[:, ::-1]
            faces += [corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]]
    return np.concatenate(faces).astype(np.int32)


def gradient(solid: Distance, points: np.ndarray) -> np.ndarray:
    """(n, 3) by central differences."""
    ahead = np.eye(3) * STEP
    return np.stack(
        [(solid(points + one) - solid(points - one)) / (2 * STEP) for one in ahead], axis=1
    )
