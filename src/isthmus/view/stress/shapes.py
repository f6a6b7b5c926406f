"""Stress for shapes: what a cloud is turned into before it is judged again.

``STRESS`` maps a name to ``(cloud, other, rng) -> cloud``; ``other`` is another object of the same
set, and equal generators give equal clouds.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from isthmus.read.points import PointCloud

Distortion = Callable[[PointCloud, PointCloud, np.random.Generator], PointCloud]
GREY = 184
"""As a file without colours is read."""


def any_pose(cloud: PointCloud, other: PointCloud, rng: np.random.Generator) -> PointCloud:
    """Turned by a rotation drawn evenly from all of them, SO(3)."""
    return cloud.rotated(Rotation.random(rng=rng).as_matrix())


def half_the_points(cloud: PointCloud, other: PointCloud, rng: np.random.Generator) -> PointCloud:
    """Every second point, drawn by lot, is left out."""
    count = len(cloud.points)
    return cloud.taken(np.sort(rng.choice(count, -(-count // 2), replace=False)))


def two_objects(cloud: PointCloud, other: PointCloud, rng: np.random.Generator) -> PointCloud:
    """Another object of the same size stands beside it, to the left or to the right."""
    one, two = cloud.fitted(), other.fitted()
    step = np.array([rng.choice([-2.1, 2.1]), 0, 0], np.float32)
    return PointCloud(
        np.concatenate([one.points, two.points + step]),
        np.concatenate([one.colours, two.colours]),
        np.concatenate([one.normals, two.normals]),
    )


def no_colour(cloud: PointCloud, other: PointCloud, rng: np.random.Generator) -> PointCloud:
    """Light grey all over."""
    grey = np.full_like(cloud.colours, GREY)
    grey[:, 3] = cloud.colours[:, 3]
    return replace(cloud, colours=grey)


def other_axis_up(cloud: PointCloud, other: PointCloud, rng: np.random.Generator) -> PointCloud:
    """What a file whose z points up is, if it is read as if y did."""
    return cloud.turned("z")


STRESS: dict[str, Distortion] = {
    "any pose": any_pose,
    "half the points": half_the_points,
    "two objects": two_objects,
    "no colour": no_colour,
    "other axis up": other_axis_up,
}
