"""Small scenes of the soft views' tests."""

import numpy as np
import pytest
import trimesh

torch = pytest.importorskip("torch")

from isthmus.view.soft.cameras import Camera  # noqa: E402
from isthmus.view.soft.light import linear  # noqa: E402
from isthmus.view.soft.meshes import SoftMesh, SoftOptions, drawn  # noqa: E402

BLACK = (0, 0, 0)


def colours(vertices):
    """Smooth linear colours of places."""
    return 0.2 + 0.6 * np.abs(np.sin(vertices * [1, 2, 3]))


def ball(level=2, radius=0.8):
    """Vertices and faces of an icosphere."""
    found = trimesh.creation.icosphere(subdivisions=level, radius=radius)
    return np.array(found.vertices), np.array(found.faces)


def torus():
    found = trimesh.creation.torus(0.62, 0.25, major_sections=24, minor_sections=14)
    return np.array(found.vertices), np.array(found.faces)


def two_balls():
    """One before the other."""
    vertices, faces = ball(radius=0.5)
    return (
        np.concatenate((vertices - np.array([0.2, 0, 0.2]), vertices + np.array([0.3, 0.2, 0.35]))),
        np.concatenate((faces, faces + len(vertices))),
    )


def box():
    found = trimesh.creation.box((0.9, 0.6, 1.0))
    return np.array(found.vertices), np.array(found.faces)


def octahedron():
    vertices = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1.0]])
    faces = [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]]
    return vertices * [0.8, 0.7, 0.6], np.array(faces)


SHAPES = {
    "ball": ball,
    "torus": torus,
    "two balls": two_balls,
    "box": box,
    "octahedron": octahedron,
}


def soft(shape, flat=False, vertices=None, paint=None):
    """A shape in double precision, with other vertices or colours where they are given."""
    place, faces = SHAPES[shape]()
    own = torch.tensor(place) if vertices is None else vertices
    light = torch.tensor(colours(place)) if paint is None else paint
    return SoftMesh(own, torch.tensor(faces.astype(np.int64)), light, flat=flat)


def slope(side, seed=1):
    """A smooth random picture, by which pixels are weighed."""
    draw = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, 3, 6, 6, generator=draw, dtype=torch.float64)
    wide = torch.nn.functional.interpolate(
        coarse, size=(side, side), mode="bicubic", align_corners=True
    )
    return wide[0].permute(1, 2, 0)


def picture(mesh, pose, **options):
    """Linear light of a view before black."""
    camera = pose if isinstance(pose, Camera) else Camera.of(pose, like=mesh.vertices)
    return linear(drawn(mesh, camera, SoftOptions(background=BLACK, **options)).colour)


def alike(a, b):
    """Cosine and ratio of lengths of two arrays of slopes."""
    a, b = np.ravel(a), np.ravel(b)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)), float(
        np.linalg.norm(a) / np.linalg.norm(b)
    )
