"""Clouds as pictures, voxels as meshes, and which way is up."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from isthmus.read.meshes.triangles import AXES
from isthmus.read.points import PointCloud, sampled
from isthmus.read.voxels import Voxels
from isthmus.registry import find
from isthmus.testing import check_bag
from isthmus.testing.items import seen
from isthmus.view import VIEWS
from isthmus.view.cameras import Pose
from isthmus.view.shape_views import boxes, rotated, standing
from isthmus.view.splats import depth_maps, splats
from isthmus.view.upright import bringing_up, grounds, seen_from, upright
from tests.view.shapes import tetrahedron

FRONT = Pose(0.0, 0.0)
GRID = Voxels(np.full((2, 1, 1, 4), [9, 9, 200, 255], np.uint8), 0.5)
ITEMS = {
    "mesh": tetrahedron,
    "points": lambda: sampled(tetrahedron(), 64),
    "voxels": lambda: GRID,
}


def ball(count=3000, **more):
    points = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    colours = np.tile(np.array([200, 30, 30, 255], np.uint8), (count, 1))
    return PointCloud(points, colours, points)


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_of_a_shape_is_a_bag_of_what_it_says(name):
    view = find("views", VIEWS, name)
    if view.of not in ITEMS:
        pytest.skip("no shape")
    check_bag(lambda owner: view.see(ITEMS[view.of](), owner), ["one", "two"])
    assert view.see(ITEMS[view.of](), "one").parts.modality == view.to


def test_discs_close_a_ball_and_are_lit_from_above_on_the_left():
    (picture,) = splats(ball(), [FRONT])
    down, across = np.mgrid[0:224, 0:224] - 111.5
    inside = np.hypot(down, across) < 100
    drawn = (picture < 250).any(axis=2)
    assert drawn[inside].mean() > 0.999
    assert not drawn[np.hypot(down, across) > 118].any()
    assert picture[40:90, 70:100, 0].mean() > picture[140:180, 120:150, 0].mean() + 20
    assert (picture[inside][:, 0] > 2 * picture[inside][:, 1]).mean() > 0.99


def test_what_is_near_hides_what_is_far_from_every_side():
    plane = np.random.default_rng(0).uniform(-1, 1, (4000, 3)).astype(np.float32)
    plane[:, 2] = np.where(np.arange(4000) < 2000, 0.5, -0.5)
    colours = np.where((plane[:, 2:] > 0), [255, 0, 0, 255], [0, 0, 255, 255]).astype(np.uint8)
    normals = np.tile(np.array([0, 0, 1], np.float32), (4000, 1))
    cloud = PointCloud(plane, colours, normals)
    front, back = (
        one[80:140, 80:140].mean(axis=(0, 1)) for one in splats(cloud, [FRONT, Pose(180.0, 0.0)])
    )
    assert front[0] > 200 > 20 > front[2] and back[2] > 200 > 20 > back[0]


def test_depth_is_dark_where_near_and_white_where_nothing_is():
    ramp = np.random.default_rng(0).uniform(-1, 1, (20_000, 3)).astype(np.float32)
    ramp[:, 2] = ramp[:, 0]  # the right side is near
    (grey,) = depth_maps(PointCloud(ramp, np.zeros((20_000, 4), np.uint8), ramp), [FRONT])
    row = grey[112, :, 0].astype(int)
    inner = row[60:165]
    assert (np.diff(inner) <= 3).all() and inner[0] - inner[-1] > 60
    assert grey[2, 2].tolist() == [255, 255, 255]


def test_boxes_have_six_faces_and_two_cells_that_touch_share_none():
    mesh = boxes(GRID)
    assert len(mesh.faces) == 2 * 10
    np.testing.assert_allclose(mesh.bounds, [[0, 0, 0], [1, 0.5, 0.5]])
    corners = mesh.vertices[mesh.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((across * mesh.normals[mesh.faces[:, 0]]).sum(axis=1) > 0).all()
    assert set(map(tuple, mesh.colours.tolist())) == {(9, 9, 200, 255)}


def table(seed=0):
    """Points of a table: a plate at the top, four legs."""
    rng = np.random.default_rng(seed)
    plate = np.column_stack(
        [rng.uniform(-1, 1, 700), rng.choice([0.9, 1.0], 700), rng.uniform(-1, 1, 700)]
    )
    legs = np.column_stack(
        [rng.choice([-0.9, 0.9], 300), rng.uniform(0, 0.9, 300), rng.choice([-0.9, 0.9], 300)]
    )
    foot = np.array([[x, 0, z] for x in (-0.95, 0.95) for z in (-0.95, 0.95)])
    points = np.concatenate([plate, legs + rng.normal(0, 0.02, (300, 3)) * [1, 0, 1], foot])
    normals = np.zeros_like(points)
    normals[:700, 1] = np.sign(plate[:, 1] - 0.95)
    normals[700:] = points[700:] * [1, 0, 1]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return PointCloud(
        points.astype(np.float32),
        np.full((len(points), 4), 128, np.uint8),
        normals.astype(np.float32),
    )


def test_the_way_up_turns_with_the_shape():
    cloud = table()
    found = upright(cloud)[0, 1]
    for turn in Rotation.random(5, rng=np.random.default_rng(1)).as_matrix():
        again = upright(cloud.rotated(turn))[0, 1]
        assert again @ (turn @ found) > 0.999
        before, after = (np.sort(seen_from(one)[1][:, -1]) for one in (cloud, cloud.rotated(turn)))
        np.testing.assert_allclose(before, after, atol=1e-2)
    assert found[1] > 0.99


def test_grounds_of_a_box_are_its_six_sides_the_largest_first():
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 2) for z in (0, 3)], float)
    directions, sizes = grounds(corners)
    assert len(directions) == 6 and sizes.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.abs(directions[:2]), [[1, 0, 0]] * 2, atol=1e-9)
    flat = np.random.default_rng(0).normal(size=(20, 3)) * [1, 0, 1]
    assert len(grounds(flat)[0]) == 2


def test_a_unit_vector_is_brought_up_by_a_rotation():
    some = np.random.default_rng(0).normal(size=(20, 3))
    for up in (*some / np.linalg.norm(some, axis=1, keepdims=True), np.array([0.0, -1, 0])):
        turn = bringing_up(up)
        np.testing.assert_allclose(turn @ up, [0, 1, 0], atol=1e-9)
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(turn) == pytest.approx(1)


def test_upright_views_do_not_heed_the_axes_of_the_file():
    mesh = tetrahedron()
    turned = rotated(mesh, AXES["z"])
    assert seen(turned.vertices) == seen(mesh.turned("z").vertices)
    lowest = [np.sort(rotated(one, standing(one)[0]).vertices[:, 1]) for one in (mesh, turned)]
    np.testing.assert_allclose(lowest[0] - lowest[0].min(), lowest[1] - lowest[1].min(), atol=5e-3)
