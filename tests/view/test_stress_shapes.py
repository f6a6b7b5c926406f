"""Stress for shapes changes what it says and nothing else, the same for equal seeds."""

import numpy as np
import pytest

from isthmus.read.points import sampled
from isthmus.testing.items import seen
from isthmus.view.stress.shapes import STRESS, any_pose
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
    turned = made("any pose")
    lengths = [np.linalg.norm(one.points, axis=1) for one in (CLOUD, turned)]
    np.testing.assert_allclose(*lengths, rtol=1e-5)
    np.testing.assert_allclose(
        CLOUD.points @ CLOUD.points.T, turned.points @ turned.points.T, atol=1e-5
    )
    half = made("half the points")
    assert len(half.points) == 21
    assert set(map(tuple, half.points.tolist())) < set(map(tuple, CLOUD.points.tolist()))
    both = made("two objects")
    assert len(both.points) == 71
    gap = both.points[:41, 0], both.points[41:, 0]
    assert gap[0].max() < gap[1].min() or gap[1].max() < gap[0].min()
    assert (made("no colour").colours[:, :3] == 184).all()
    np.testing.assert_array_equal(made("other axis up").points[:, 1], CLOUD.points[:, 2])


def test_poses_are_drawn_evenly():
    rng = np.random.default_rng(0)
    ups = np.stack([any_pose(CLOUD, OTHER, rng).normals[0] for _ in range(600)])
    assert np.abs(ups.mean(axis=0)).max() < 0.1
    np.testing.assert_allclose(ups.T @ ups / 600, np.eye(3) / 3, atol=0.05)
