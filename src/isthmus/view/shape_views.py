"""Meshes as clouds, clouds as pictures, voxels as meshes; views that ask no file for its axes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from isthmus.read.image import Picture
from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.triangles import Material, Mesh
from isthmus.read.points import PointCloud, cloud, sampled
from isthmus.read.voxels import Voxels, voxels
from isthmus.types import Bag, Items, Place, View
from isthmus.view.cameras import Pose, dome
from isthmus.view.mesh_views import posed
from isthmus.view.renders import render
from isthmus.view.splats import depth_maps, splats
from isthmus.view.upright import upright

POINTS = 10_000
"""Drawn of a mesh's surface, as published point encoders take them."""
ASKED = 1024
"""Points that the way up is found from."""
Drawer = Callable[[PointCloud, Sequence[Pose]], list[UInt8[np.ndarray, "h w 3"]]]


def rotated(shape: Mesh, rotation: Float[np.ndarray, "3 3"]) -> Mesh:
    """A mesh turned about the origin by a rotation matrix."""
    turn = rotation.T.astype(np.float32)
    return replace(shape, vertices=shape.vertices @ turn, normals=shape.normals @ turn)


def standing(shape: Mesh, count: int = 1) -> Float[np.ndarray, "k 3 3"]:
    """The rotations that bring the likeliest ways up of a mesh's shape to y."""
    return upright(sampled(shape.fitted(), ASKED), count)


def upright_renders(item: Any, owner: str) -> Bag:
    """Three pictures around each of four ways up, as ``UPRIGHT`` says; poses are the file's."""
    shape, poses = mesh(item), dome(3)
    places: list[Pose] = []
    pictures: list[Picture] = []
    for turn in standing(shape, 4):
        for view in render(rotated(shape, turn), poses, workers=1):
            x, y, z = turn.T @ view.pose.direction()
            angles = np.rad2deg([np.arctan2(x, z), np.arcsin(np.clip(y, -1, 1))])
            places.append(Pose(float(angles[0]), float(angles[1])))
            pictures.append(Picture(Image.fromarray(view.colour)))
    return posed(owner, places, pictures)


def surface(item: Any, owner: str) -> Bag:
    """One cloud of a mesh's surface."""
    return single(owner, "points", sampled(mesh(item), POINTS))


def cells(item: Any, owner: str) -> Bag:
    """One mesh of the faces between filled cells and empty ones."""
    return single(owner, "mesh", boxes(voxels(item)))


def standing_clouds(item: Any, owner: str) -> Bag:
    """A mesh's cloud, turned as ``STANDING`` says."""
    shape = mesh(item)
    whole = sampled(shape.fitted(), POINTS)
    clouds = [whole.rotated(turn) for turn in upright(whole.taken(slice(0, ASKED)), 2)]
    ids = tuple(f"{owner}/{number:03d}" for number in range(len(clouds)))
    return Bag(owner, Items("points", ids, clouds), tuple(map(Place, range(len(clouds)))))


def single(owner: str, modality: str, item: Any) -> Bag:
    """A bag of one part, which is the whole item."""
    return Bag(owner, Items(modality, (f"{owner}/000",), [item]), (Place(0),))


def pictured(item: Any, owner: str, draw: Drawer) -> Bag:
    """Twelve pictures of a cloud from all around."""
    poses = dome(12)
    drawn = draw(cloud(item), poses)
    return posed(owner, poses, [Picture(Image.fromarray(pixels)) for pixels in drawn])


def boxes(grid: Voxels) -> Mesh:
    """The surface of the filled cells.

    Two triangles for each face between a filled and an empty cell, in the colour of the filled one.
    """
    filled = np.pad(grid.filled, 1)
    corners: list[np.ndarray] = []
    colours: list[np.ndarray] = []
    normals: list[np.ndarray] = []
    for axis in range(3):
        for side in (-1, 1):
            where = np.argwhere(filled & ~np.roll(filled, -side, axis)) - 1
            one, two = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
            start = where + (side > 0) * np.eye(3)[axis]
            square = np.stack([0 * one, one, one + two, two])[::side]
            corners.append((start[:, None] + square).reshape(-1, 3))
            colours.append(np.repeat(grid.colours[tuple(where.T)], 4, axis=0))
            normals.append(np.tile(side * np.eye(3)[axis], (4 * len(where), 1)))
    vertices = np.concatenate(corners) * grid.cell
    squares = np.arange(len(vertices), dtype=np.int32).reshape(-1, 4)
    faces = np.concatenate([squares[:, [0, 1, 2]], squares[:, [0, 2, 3]]])
    return Mesh(
        vertices.astype(np.float32),
        faces,
        np.concatenate(normals).astype(np.float32),
        np.zeros((len(vertices), 2), np.float32),
        np.concatenate(colours),
        np.zeros(len(faces), np.int32),
        (Material(),),
    )


UPRIGHT = View(
    "upright",
    of="mesh",
    to="image",
    see=upright_renders,
    about="3 shaded renders around each of the four ways up that its shape makes likeliest",
)
SURFACE = View(
    "surface", of="mesh", to="points", see=surface, about="10,000 points drawn over its surface"
)
STANDING = View(
    "standing",
    of="mesh",
    to="points",
    see=standing_clouds,
    about="10,000 points over its surface, turned to each of the two likeliest ways up",
)
SPLATS = View(
    "splats",
    of="points",
    to="image",
    see=lambda item, owner: pictured(item, owner, splats),
    about="12 pictures of shaded discs from three rings around it, 0, 30 and 60 degrees up",
)
DEPTH = View(
    "depth",
    of="points",
    to="image",
    see=lambda item, owner: pictured(item, owner, depth_maps),
    about="12 depth maps, dark where near, from three rings around it, 0, 30 and 60 degrees up",
)
CELLS = View("cells", of="voxels", to="mesh", see=cells, about="the faces of its filled cells")
