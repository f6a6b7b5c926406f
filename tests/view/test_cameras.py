"""Rigs: where the cameras stand, and that they look at the object upright."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from isthmus.view.cameras import RIGS, Pose, dome, fibonacci, turntable


def directions(poses):
    return np.stack([pose.direction() for pose in poses])


@given(st.floats(0, 360), st.floats(-89, 89))
def test_axes_are_right_handed_upright_and_look_at_the_origin(azimuth, elevation):
    right, up, back = Pose(azimuth, elevation).axes()
    np.testing.assert_allclose(np.cross(right, up), back, atol=1e-9)
    assert right[1] == 0
    assert up[1] > 0
    np.testing.assert_allclose(back, Pose(azimuth, elevation).direction())


def test_azimuth_0_is_the_front_and_90_the_side():
    np.testing.assert_allclose(Pose(0.0, 0.0).direction(), [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(Pose(90.0, 0.0).direction(), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(Pose(0.0, 90.0).direction(), [0, 1, 0], atol=1e-12)


@given(st.integers(1, 60))
def test_rigs_have_as_many_distinct_poses_as_asked(count):
    for rig in RIGS.values():
        poses = rig(count)
        assert len(poses) == count
        assert len(np.unique(directions(poses).round(9), axis=0)) == count


def test_a_turntable_turns_in_equal_steps():
    found = directions(turntable(12, elevation=20.0))
    steps = (found * np.roll(found, 1, axis=0)).sum(axis=1)
    assert np.ptp(steps) < 1e-9
    np.testing.assert_allclose(found.mean(axis=0), [0, np.sin(np.deg2rad(20)), 0], atol=1e-9)


def test_a_dome_stays_above_and_a_fibonacci_sphere_is_even():
    assert directions(dome(24))[:, 1].min() >= 0
    found = directions(fibonacci(500))
    assert np.linalg.norm(found.mean(axis=0)) < 0.01
    np.testing.assert_allclose(found.T @ found / 500, np.eye(3) / 3, atol=0.005)
    nearest = np.arccos(np.sort(found @ found.T, axis=1)[:, -2])
    hexagons = np.sqrt(8 * np.pi / (np.sqrt(3) * 500))  # what the densest packing would reach
    assert 0.75 * hexagons < nearest.min() < hexagons
