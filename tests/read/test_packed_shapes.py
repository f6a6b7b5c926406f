"""Meshes packed into a few kilobytes, and back."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.read.meshes.packed import pack, unpack
from isthmus.read.meshes.triangles import Material, Mesh

WOOD = np.random.default_rng(3).integers(0, 255, (8, 8, 1), np.uint8).repeat(4, axis=2)


def random_mesh(seed: int, vertices: int, faces: int, materials: int, colours: bool) -> Mesh:
    rng = np.random.default_rng(seed)
    normals = rng.standard_normal((vertices, 3))
    material = np.sort(rng.integers(0, materials, faces)).astype(np.int32)
    return Mesh(
        rng.normal(0, [1, 10, 0.01], (vertices, 3)).astype(np.float32),
        rng.integers(0, vertices, (faces, 3)).astype(np.int32),
        (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32),
        rng.normal(0, 2, (vertices, 2)).astype(np.float32),
        rng.integers(0, 255, (vertices, 4), np.uint8)
        if colours
        else np.full((vertices, 4), 255, np.uint8),
        material,
        tuple(
            Material((0.1 * number, 0.5, 1.0, 1.0), WOOD if number % 2 else None)
            for number in range(materials)
        ),
    )


def corners(mesh: Mesh, of: str) -> np.ndarray:
    return getattr(mesh, of)[mesh.faces].astype(float)


@given(
    st.integers(0, 1000), st.integers(3, 60), st.integers(1, 90), st.integers(1, 4), st.booleans()
)
@settings(deadline=None, max_examples=40)
def test_every_corner_comes_back_in_its_place(seed, vertices, faces, materials, colours):
    mesh = random_mesh(seed, vertices, faces, materials, colours)
    found = unpack(pack(mesh))
    side = np.ptp(mesh.vertices, axis=0)
    assert (np.abs(corners(mesh, "vertices") - corners(found, "vertices")) <= side / 1e5).all()
    cosine = (corners(mesh, "normals") * corners(found, "normals")).sum(axis=2)
    assert cosine.min() > np.cos(np.deg2rad(1.5))
    np.testing.assert_array_equal(corners(mesh, "colours"), corners(found, "colours"))
    textured = np.array([found.materials[m].texture is not None for m in found.material])
    away = np.abs(corners(mesh, "uv") - corners(found, "uv"))
    assert (away[textured] <= np.ptp(mesh.uv, axis=0) / 1e5).all()
    for face, (before, after) in enumerate(zip(mesh.material, found.material, strict=True)):
        assert mesh.materials[before].colour == pytest.approx(found.materials[after].colour), face


def test_what_nothing_uses_is_left_out_and_equal_ones_are_joined():
    mesh = random_mesh(0, 30, 12, 1, colours=False)
    twice = replace(
        mesh,
        vertices=np.concatenate([mesh.vertices, mesh.vertices, mesh.vertices + 100]),
        normals=np.concatenate([mesh.normals] * 3),
        uv=np.concatenate([mesh.uv] * 3),
        colours=np.concatenate([mesh.colours] * 3),
        faces=np.concatenate([mesh.faces, mesh.faces + 30]),
        material=np.repeat(np.int32([0, 2]), 12),
        materials=(mesh.materials[0], Material((0.3, 0.3, 0.3, 1.0)), mesh.materials[0]),
    )
    found = unpack(pack(twice))
    assert len(found.materials) == 1
    assert len(found.vertices) == len(np.unique(mesh.faces))
    assert len(found.faces) == 24


def test_textures_keep_their_transparency_and_look():
    texture = np.full((16, 16, 4), (200, 40, 40, 255), np.uint8)
    texture[:, :8, 3] = 0
    mesh = replace(random_mesh(1, 9, 9, 1, colours=False), materials=(Material(texture=texture),))
    found = unpack(pack(mesh)).materials[0].texture
    np.testing.assert_array_equal(found[..., 3], texture[..., 3])
    assert np.abs(found[:, 9:, :3].astype(int) - texture[:, 9:, :3]).max() < 12


def test_a_flat_mesh_stays_flat():
    mesh = random_mesh(2, 9, 9, 1, colours=False)
    flat = replace(mesh, vertices=mesh.vertices * np.float32([1, 0, 1]))
    assert (unpack(pack(flat)).vertices[:, 1] == 0).all()
