"""Stress for shapes changes what it says and nothing else, the same for equal seeds."""

import numpy as np
import pytest

from isthmus.read.meshes.files import mesh
from isthmus.read.points import sampled
from isthmus.read.voxels import Voxels
from isthmus.testing.items import seen
from isthmus.view.stress.shapes import OF_MESHES, OF_VOXELS, STRESS, any_pose
from tests.view.shapes import tetrahedron

CLOUD = sampled(tetrahedron(), 41)
OTHER = sampled(tetrahedron(), 30, seed=1)


def made(name, seed=0):
    return STRESS[name](CLOUD, OTHER, np.random.default_rng(seed))


@pytest.mark.parametrize("name", STRESS)
def test_equal_seeds_give_equal_clouds_and_the_cloud_stays(name):
    before = seen(CLOUD)
    assert seen(made(name)) == seen(made(name)) != before == seen(CLOUD)


def test_each_changes_what_it_says():
    turned = made("any_pose")
    lengths = [np.linalg.norm(one.points, axis=1) for one in (CLOUD, turned)]
    np.testing.assert_allclose(*lengths, rtol=1e-5)
    np.testing.assert_allclose(
        CLOUD.points @ CLOUD.points.T, turned.points @ turned.points.T, atol=1e-5
    )
    half = made("half_the_points")
    assert len(half.points) == 21
    assert set(map(tuple, half.points.tolist())) < set(map(tuple, CLOUD.points.tolist()))
    both = made("two_objects")
    assert len(both.points) == 71
    gap = both.points[:41, 0], both.points[41:, 0]
    assert gap[0].max() < gap[1].min() or gap[1].max() < gap[0].min()
    assert (made("no_colour").colours[:, :3] == 184).all()
    np.testing.assert_array_equal(made("other_axis_up").points[:, 1], CLOUD.points[:, 2])


def test_poses_are_drawn_evenly():
    rng = np.random.default_rng(0)
    ups = np.stack([any_pose(CLOUD, OTHER, rng).normals[0] for _ in range(600)])
    assert np.abs(ups.mean(axis=0)).max() < 0.1
    np.testing.assert_allclose(ups.T @ ups / 600, np.eye(3) / 3, atol=0.05)


def of(changes, name, item, other, seed=0):
    return changes[name](item, other, np.random.default_rng(seed))


def test_meshes_are_changed_as_clouds_are():
    shape, other = mesh(tetrahedron()), mesh(tetrahedron())
    turned = of(OF_MESHES, "any_pose", shape, other)
    np.testing.assert_allclose(
        shape.vertices @ shape.vertices.T, turned.vertices @ turned.vertices.T, atol=1e-5
    )
    assert np.abs(shape.vertices - turned.vertices).max() > 0.1
    both = of(OF_MESHES, "two_objects", shape, other)
    one, two = both.vertices[: len(shape.vertices), 0], both.vertices[len(shape.vertices) :, 0]
    assert len(both.faces) == 2 * len(shape.faces)
    assert one.max() < two.min() or two.max() < one.min()
    bare = of(OF_MESHES, "no_colour", shape, other)
    assert (bare.colours == 255).all() and {one.colour[0] for one in bare.materials} == {0.72}
    up = of(OF_MESHES, "other_axis_up", shape, other)
    np.testing.assert_array_equal(up.vertices[:, 1], shape.vertices[:, 2])


def test_grids_are_changed_as_clouds_are():
    colours = np.zeros((9, 9, 9, 4), np.uint8)
    colours[1:8, 2:5, 3:6] = 200, 100, 50, 255
    grid = Voxels(colours)
    turned = of(OF_VOXELS, "any_pose", grid, grid)
    assert turned.filled.sum() == pytest.approx(grid.filled.sum(), rel=0.2)
    assert {tuple(one) for one in turned.colours[turned.filled]} == {(200, 100, 50, 255)}

    def spread(some):
        return np.linalg.eigvalsh(np.cov(np.argwhere(some.filled).T))

    np.testing.assert_allclose(spread(turned), spread(grid), rtol=0.3)  # as long and as thick
    assert not np.array_equal(turned.filled.any(axis=(0, 1)), grid.filled.any(axis=(0, 1)))
    grey = of(OF_VOXELS, "no_colour", grid, grid)
    np.testing.assert_array_equal(grey.filled, grid.filled)
    assert (grey.colours[..., :3] == 184).all()
    up = of(OF_VOXELS, "other_axis_up", grid, grid)
    assert np.argwhere(up.filled)[:, 1].max() == np.argwhere(grid.filled)[:, 2].max()
