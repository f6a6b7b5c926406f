"""A scene as a mesh: the same things in the same places, to be seen from any side.

Metres, y up, the front towards +z; the picture's side is one metre, its middle the origin. The
facts ``view`` and ``style`` are the camera's and the hand's: a mesh does not hold them. From signed
distances to triangles: naive surface nets, moved onto the surface.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from isthmus.read.meshes.triangles import Material, Mesh, merged
from isthmus.read.points import PointCloud, sampled
from isthmus.types import RequestError
from isthmus.worlds.babel.facts import Facts
from isthmus.worlds.babel.layout import Thing, arrange
from isthmus.worlds.babel.paint import PALETTE
from isthmus.worlds.babel.solids import SOLIDS

GLASS = 110
"""Opacity, 0..255."""
GLOSS = 0.9
SHAPE_FACTS = ("shape", "colour", "size", "material", "count")
CELLS = 56
"""Cells along each side of the cube that a solid is sampled in."""
REACH = 1.1
"""Half of that cube's side."""
STEP = 1e-3
"""Of the differences that give a gradient."""

Distance = Callable[[np.ndarray], np.ndarray]


def render_mesh(facts: Facts, rng: np.random.Generator) -> Mesh:
    """All things of a scene as one mesh; what a mesh shows must be stated.

    Raises:
        RequestError: a fact is not stated.
    """
    for group in facts.groups:
        missing = [name for name in SHAPE_FACTS if getattr(group, name) is None]
        if missing:
            raise RequestError(f"A mesh shows every fact, but {missing[0]!r} is not stated.")
    return merged([_placed(thing) for thing in arrange(facts, rng)])


def render_points(facts: Facts, rng: np.random.Generator, count: int = 2048) -> PointCloud:
    """Points drawn evenly over the mesh of a scene."""
    return sampled(render_mesh(facts, rng), count, seed=int(rng.integers(2**32)))


def _placed(thing: Thing) -> Mesh:
    points, normals, faces = surface(str(thing.facts.shape))
    place = np.array([thing.x - 0.5, 0.5 - thing.y, 0.0])
    material = str(thing.facts.material)
    return Mesh(
        (points * (thing.diameter / 2) + place).astype(np.float32),
        faces,
        normals,
        np.zeros((len(points), 2), np.float32),
        _painted(points.astype(float), str(thing.facts.colour), material),
        np.zeros(len(faces), np.int32),
        (Material(gloss=GLOSS if material == "shiny" else 0.0),),
    )


def _painted(points: np.ndarray, colour: str, material: str) -> np.ndarray:
    """(v, 4) colour of each vertex of a thing in its own coordinates."""
    own = np.array(PALETTE[colour], float)
    share = np.zeros(len(points))
    x, y, z = points.T
    if material == "striped":
        wave = np.sin(2 * np.pi * 2.1 * (0.9 * y + 0.35 * x + 0.25 * z) + 0.6)
        share = 0.78 * np.clip(0.5 - 4 * wave, 0, 1)
    if material == "spotted":
        share = 0.92 * np.clip(0.5 + 14 * (0.2 - _to_spot(points)), 0, 1)
    if material == "shiny":  # a plane may mirror no lamp at all: two slanted glints are painted
        slant = (x - y) / np.sqrt(2)
        far = np.minimum(np.abs(slant + 0.25) - 0.07, np.abs(slant + 0.05) - 0.03)
        share = 0.85 * np.clip(0.5 - 20 * far, 0, 1)
    rgb = own + (255 - own) * share[:, None]
    opacity = np.full((len(points), 1), GLASS if material == "glass" else 255)
    return np.rint(np.concatenate([rgb, opacity], axis=1)).astype(np.uint8)


def _to_spot(points: np.ndarray) -> np.ndarray:
    """Distance to the nearest point of a body-centred lattice, whose balls cut spots of a solid."""
    lattice = points / 0.62
    corner = np.linalg.norm(lattice - np.round(lattice), axis=1)
    middle = lattice - 0.5
    return 0.62 * np.minimum(corner, np.linalg.norm(middle - np.round(middle), axis=1))


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
        vertices = vertices - np.clip(away[:, None] * grad, -REACH / CELLS, REACH / CELLS)
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
