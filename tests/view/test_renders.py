"""Renders against geometry that is known on paper."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("numba")
trimesh = pytest.importorskip("trimesh")

from isthmus.read.meshes.files import mesh  # noqa: E402
from isthmus.read.meshes.triangles import Material, Mesh  # noqa: E402
from isthmus.view.cameras import Pose, turntable  # noqa: E402
from isthmus.view.renders import Light, RenderOptions, render  # noqa: E402

FRONT = Pose(0.0, 0.0)
EVEN = RenderOptions(side=64, lights=(Light((0.0, 0.0, 0.0), 1.0),))
"""Light from everywhere: a surface shows its own colour."""


def quad(size=1.0, z=0.0, colour=(255, 0, 0, 255), material=None) -> Mesh:
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32) * size
    return Mesh(
        corners + np.float32([0, 0, z]),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        np.tile(np.float32([0, 0, 1]), (4, 1)),
        np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),
        np.tile(np.uint8(colour), (4, 1)),
        np.zeros(2, np.int32),
        (material or Material(),),
    )


def together(a: Mesh, b: Mesh) -> Mesh:
    join = {
        name: np.concatenate([getattr(a, name), getattr(b, name)])
        for name in ("vertices", "normals", "uv", "colours", "material")
    }
    return replace(a, faces=np.concatenate([a.faces, b.faces + len(a.vertices)]), **join)


def test_a_square_covers_what_perspective_says():
    (seen,) = render(quad(), [FRONT], EVEN)
    half = np.deg2rad(EVEN.field_of_view / 2)
    distance = 1 / np.sin(half)
    side = 64 * (2**-0.5) / (distance * np.tan(half))
    assert abs(np.sqrt(seen.mask.sum()) - side) <= 1
    np.testing.assert_allclose(seen.depth[seen.mask], distance, rtol=1e-5)
    np.testing.assert_allclose(seen.normals[seen.mask], [[0, 0, 1]] * seen.mask.sum(), atol=1e-5)
    assert np.isinf(seen.depth[~seen.mask]).all()


def test_colours_are_exact_under_even_light():
    (seen,) = render(quad(colour=(200, 30, 7, 255)), [FRONT], replace(EVEN, background=(1, 2, 3)))
    assert seen.colour[32, 32].tolist() == [200, 30, 7]
    assert seen.colour[0, 0].tolist() == [1, 2, 3]


def test_the_first_row_of_a_texture_is_its_top():
    texture = np.zeros((2, 2, 4), np.uint8)
    texture[..., 3] = 255
    texture[0, 0], texture[1, 1] = (255, 0, 0, 255), (0, 0, 255, 255)
    shown = quad(colour=(255,) * 4, material=Material(texture=texture))
    (seen,) = render(shown, [FRONT], EVEN)
    inside = np.flatnonzero(seen.mask.any(axis=0))
    low, high = inside[len(inside) // 4], inside[-len(inside) // 4]
    assert seen.colour[low, low].argmax() == 0
    assert seen.colour[high, high].argmax() == 2
    assert seen.colour[low, high].max() < 60 < seen.colour[low, low].max()


def test_a_texture_on_a_slanted_square_is_perspective_correct():
    stripes = np.zeros((1, 256, 4), np.uint8)
    stripes[..., :3] = np.arange(256)[None, :, None]
    stripes[..., 3] = 255
    shown = quad(colour=(255,) * 4, material=Material(texture=stripes))
    (seen,) = render(shown, [Pose(60.0, 0.0)], replace(EVEN, side=128, samples=1))
    row = 64
    columns = np.flatnonzero(seen.mask[row])[8:-8]
    half = np.deg2rad(EVEN.field_of_view / 2)
    across = ((columns + 0.5) / 64 - 1) * seen.depth[row, columns] * np.tan(half)
    along = across / np.cos(np.deg2rad(60)) * 2**0.5  # the square reaches from -1 to 1
    wanted = (along + 1) / 2 * 256 - 0.5
    np.testing.assert_allclose(seen.colour[row, columns, 0], wanted, atol=2)


def test_a_ball_has_the_depth_and_the_normals_of_a_ball():
    ball = mesh(trimesh.creation.icosphere(subdivisions=5).export(file_type="ply"))
    (seen,) = render(ball, [Pose(33.0, 21.0)], RenderOptions(samples=1))
    half = np.deg2rad(15)
    place = (np.arange(224) + 0.5) / 112 - 1
    x, y = np.meshgrid(place * np.tan(half), -place * np.tan(half))
    distance = 1 / np.sin(half)
    inside = distance**2 - (1 + x**2 + y**2) * (distance**2 - 1)
    depth = (distance - np.sqrt(np.maximum(inside, 0))) / (1 + x**2 + y**2)
    well = (inside > 0.05) & seen.mask
    assert well.sum() > 20_000
    np.testing.assert_allclose(seen.depth[well], depth[well], atol=4e-3)
    normal = np.stack([x * depth, y * depth, distance - depth], axis=-1)
    assert np.abs((seen.normals * normal)[well].sum(axis=-1) - 1).max() < 0.01


def test_what_is_nearer_hides_what_is_behind_whatever_the_order():
    near, far = quad(0.4, 0.2, (0, 255, 0, 255)), quad(1.0, -0.2)
    for scene in (together(near, far), together(far, near)):
        front, back = render(scene, [FRONT, Pose(180.0, 0.0)], EVEN)
        assert front.colour[32, 32].tolist() == [0, 255, 0]
        assert back.colour[32, 32].tolist() == [255, 0, 0]


def test_half_opacity_covers_half_of_the_samples():
    (seen,) = render(quad(colour=(0, 0, 0, 128)), [FRONT], replace(EVEN, samples=4))
    whole = seen.colour[24:40, 24:40, 0] / 255
    light = np.where(whole <= 0.04045, whole / 12.92, ((whole + 0.055) / 1.055) ** 2.4)
    assert light.mean() == pytest.approx(0.5, abs=0.02)
    (gone,) = render(quad(colour=(0, 0, 0, 0)), [FRONT], EVEN)
    assert not gone.mask.any()


def test_light_falls_off_with_the_cosine():
    sun = replace(EVEN, lights=(Light((0.0, 0.0, 5.0), 1.0),))
    straight, slanted = render(quad(colour=(255,) * 4), [FRONT, Pose(60.0, 0.0)], sun)
    assert straight.colour[32, 32, 0] == 255
    assert slanted.colour[32, 32, 0] == pytest.approx(188, abs=1)  # sRGB of 0.5


def test_equal_input_gives_equal_bytes_whatever_the_workers():
    ball = mesh(trimesh.creation.torus(1, 0.4).export(file_type="glb"))
    one = render(ball, turntable(5), workers=1)
    four = render(ball, turntable(5), workers=4)
    for a, b in zip(one, four, strict=True):
        assert a.pose == b.pose
        for name in ("colour", "depth", "normals", "mask"):
            assert getattr(a, name).tobytes() == getattr(b, name).tobytes()


def test_turning_the_object_is_turning_the_camera_the_other_way():
    shape = mesh(trimesh.creation.box((1, 0.6, 0.3)).export(file_type="ply"))
    angle = np.deg2rad(40)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    turned = replace(
        shape,
        vertices=(shape.vertices @ turn.T).astype(np.float32),
        normals=(shape.normals @ turn.T).astype(np.float32),
    )
    (a,) = render(turned, [Pose(40.0, 10.0, 4.0)], EVEN)
    (b,) = render(shape, [Pose(0.0, 10.0, 4.0)], EVEN)
    assert (a.mask != b.mask).mean() < 0.002
    assert np.abs(a.colour.astype(int) - b.colour).mean() < 1


def test_transparent_parts_of_a_texture_are_not_seen():
    texture = np.full((8, 8, 4), 255, np.uint8)
    texture[:, :4, 3] = 0
    texture[:, 4:6, 3] = 128
    leaf = quad(colour=(255, 255, 255, 255), material=Material(texture=texture))
    behind = quad(z=-0.5, colour=(0, 0, 0, 255))
    options = replace(EVEN, samples=4)
    (alone,) = render(leaf, [FRONT], options)
    across = alone.mask[32]
    assert not across[:32].any()
    assert alone.mask[:, 34:].any(axis=0).sum() > 10
    two = replace(leaf, materials=(*leaf.materials, Material()))
    behind = replace(behind, material=np.ones(2, np.int32))
    (both,) = render(together(two, behind), [FRONT], options)
    row = both.colour[32, :, 0].astype(int)
    left, half, right = row[22], row[34:38].mean(), row[44]
    assert left == 0
    assert right == 255
    assert 150 < half < 225  # half of the light is 188 of 255


def test_gloss_adds_a_spot_of_the_lamps_colour_and_only_there():
    ball = mesh(trimesh.creation.icosphere(3).export(file_type="glb"))
    colour = (0.5, 0.1, 0.1, 1.0)
    matte = replace(ball, materials=(Material(colour),))
    shiny = replace(ball, materials=(Material(colour, gloss=0.9),))
    options = RenderOptions(side=64)
    seen, spot = (render(one, [FRONT], options)[0].colour.astype(int) for one in (matte, shiny))
    more = (spot - seen).max(axis=2)
    assert more.max() > 80
    assert 0.01 < (more > 60).mean() < 0.2
    row, column = np.unravel_index(more.argmax(), more.shape)
    assert row < 32
    assert column < 32  # the key light is above on the left
