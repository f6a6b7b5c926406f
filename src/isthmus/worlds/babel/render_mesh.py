"""A scene as a mesh: the same things in the same places, to be seen from any side.

Metres, y up, the front towards +z; the picture's side is one metre, its middle the origin. The
facts ``view`` and ``style`` are the camera's and the hand's: a mesh does not hold them.
"""

import numpy as np

from isthmus.read.meshes.triangles import Material, Mesh, merged
from isthmus.read.points import PointCloud, sampled
from isthmus.types import RequestError
from isthmus.worlds.babel.facts import Facts
from isthmus.worlds.babel.layout import Thing, arrange
from isthmus.worlds.babel.paint import PALETTE
from isthmus.worlds.babel.surfaces import surface

GLASS = 110
"""Opacity, 0..255."""
GLOSS = 0.9
SHAPE_FACTS = ("shape", "colour", "size", "material", "count")


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
    found = render_mesh(facts, rng)
    return sampled(found, count, seed=int(rng.integers(2**32)))


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
