"""Polygons of any shape are covered once by triangles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.surfaces import ears
from isthmus.types import ItemError


def polygon(points):
    vertices = "".join(f"v {x} {y} 0\n" for x, y in points)
    return (vertices + "f " + " ".join(str(i + 1) for i in range(len(points)))).encode()


POLYGONS = {
    "arrow": ([(0, 0), (2, 0), (2, 2), (1, 0.5)], 1.5),
    "arrow begun elsewhere": ([(1, 0.5), (0, 0), (2, 0), (2, 2)], 1.5),
    "L": ([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)], 3),
    "L begun at its outer corner": ([(2, 0), (2, 1), (1, 1), (1, 2), (0, 2), (0, 0)], 3),
    "comb": ([(0, 0), (5, 0), (5, 3), (4, 3), (4, 1), (3, 1), (3, 3), (2, 3), (2, 1), (1, 1),
              (1, 3), (0, 3)], 11),
    "corners on a line": ([(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 1), (0, 2), (0, 1)], 3),
    "hole on a bridge": ([(0, 0), (3, 0), (3, 3), (0, 3), (0, 0), (1, 1), (1, 2), (2, 2), (2, 1),
                          (1, 1)], 8),
    "a corner twice": ([(0, 0), (2, 0), (2, 0), (2, 2), (1, 0.5)], 1.5),
}  # fmt: skip


@pytest.mark.parametrize("name", POLYGONS)
@pytest.mark.parametrize("clockwise", [False, True])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_polygons_of_any_shape_are_covered_once(name, clockwise, scale):
    points, right = POLYGONS[name]
    points = np.array(points[::-1] if clockwise else points) * scale
    found = mesh(polygon(points.tolist()))
    assert len(found.faces) == len(points) - 2
    one, two, three = found.vertices[found.faces].transpose(1, 0, 2).astype(float)
    each = np.cross(two - one, three - one)[:, 2] / 2 / scale**2 * (-1 if clockwise else 1)
    assert each.sum() == pytest.approx(right, rel=1e-5)
    assert each.min() > -1e-6


@given(st.lists(st.floats(0.05, 1), min_size=4, max_size=24), st.integers(0, 23))
def test_stars_and_what_is_left_of_a_square_around_them_are_covered_once(reach, first):
    turn = np.arange(len(reach)) * 2 * np.pi / len(reach)
    star = np.stack([np.cos(turn), np.sin(turn)], axis=1) * np.array(reach)[:, None]
    star = np.roll(star, -(first % len(reach)), axis=0)
    twice = np.roll(star, -1, axis=0)
    inner = (star[:, 0] * twice[:, 1] - star[:, 1] * twice[:, 0]).sum() / 2
    # seen from the corner of a square, the star is a hole behind a bridge
    far = star[(star @ [1, 1]).argmax()]
    hole = np.roll(star, -int((star @ [1, 1]).argmax()), axis=0)[::-1]
    square = np.array([[2, 2], [-2, 2], [-2, -2], [2, -2]])
    around = np.concatenate([square, [[2, 2], far], hole])
    for shape, right in ((star, inner), (around, 16 - inner)):
        corners = shape[ears(shape / 4)]
        one, two, three = corners.transpose(1, 0, 2)
        each = np.linalg.det(np.stack([two - one, three - one], axis=1)) / 2
        assert each.sum() == pytest.approx(right, abs=1e-9)
        assert each.min() > -1e-9


def test_faces_in_space_of_too_few_corners_and_of_too_many(monkeypatch):
    tilted = np.array(POLYGONS["L"][0]) @ [[0.36, 0.48, 0.8], [-0.8, 0.6, 0]]
    rows = "".join(f"v {x} {y} {z}\n" for x, y, z in tilted)
    found = mesh((rows + "f 1 2\nf 3\nf 1 2 3 4 5 6\n").encode())
    normals = found.normals[found.faces]
    assert (np.abs(normals - normals[0, 0]) < 1e-5).all()
    assert len(found.faces) == 4
    monkeypatch.setattr("isthmus.read.meshes.surfaces.MAX_CORNERS", 5)
    with pytest.raises(ItemError, match="A face has 12 corners; 5 are cut"):
        mesh(polygon(POLYGONS["comb"][0]))


def test_polygons_that_cross_themselves_end():
    turns = np.arange(5) * 4 * np.pi / 5
    star = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    assert len(mesh(polygon(star.tolist())).faces) == 3
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert len(mesh(polygon(rng.random((12, 2)).tolist())).faces) == 10
