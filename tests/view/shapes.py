"""A small mesh that needs no reader."""

import numpy as np

from isthmus.read.meshes.triangles import Material, Mesh


def tetrahedron(colour=(0.9, 0.2, 0.1, 1.0)):
    """Four flat faces at the corner of a cube."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    flat = corners[faces].reshape(-1, 3)
    sides = np.cross(flat[1::3] - flat[::3], flat[2::3] - flat[::3])
    normals = np.repeat(sides / np.linalg.norm(sides, axis=1, keepdims=True), 3, axis=0)
    return Mesh(
        flat,
        np.arange(12, dtype=np.int32).reshape(4, 3),
        normals.astype(np.float32),
        np.zeros((12, 2), np.float32),
        np.full((12, 4), 255, np.uint8),
        np.zeros(4, np.int32),
        (Material(colour),),
    )
