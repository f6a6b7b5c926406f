"""A unit square in every format of text, and what tests ask of it."""

import struct

import numpy as np
import pytest

PLAIN = (0.72, 0.72, 0.72, 1.0)
SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], "<f4")
BOM = b"\xef\xbb\xbf"
OBJ = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"
OFF = "4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n"


def is_square(found):
    corners = np.concatenate([found.vertices[found.faces].reshape(-1, 3), SQUARE])
    assert len(np.unique(corners, axis=0)) == 4
    assert area(found) == pytest.approx(1)
    assert (np.abs(found.normals[found.faces] - [0, 0, 1]) < 1e-6).all()


def area(found):
    """Signed area of what lies in the plane z = 0."""
    one, two, three = found.vertices[found.faces].transpose(1, 0, 2).astype(float)
    return np.cross(two - one, three - one)[:, 2].sum() / 2


def colours(found):
    """Of each face, the colours of its corners times that of its material."""
    material = np.array([one.colour for one in found.materials])[found.material]
    return np.rint(found.colours[found.faces] * material[:, None]).astype(int).tolist()


def stl(count=2, head=b"", attributes=(0, 0)):
    facets = b"".join(
        np.float32([[0, 0, 0], *SQUARE[corners]]).tobytes() + struct.pack("<H", attribute)
        for corners, attribute in zip(([0, 1, 2], [0, 2, 3]), attributes, strict=True)
    )
    return head.ljust(80, b"\0") + struct.pack("<I", count) + facets
