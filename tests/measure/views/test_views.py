"""Measures of many views of objects, on constructed objects whose answers are known."""

import json

import numpy as np
import pytest

from isthmus import measure
from isthmus.measure.views.angles import random_subspace
from isthmus.types import RequestError


def turned(objects=6, views=24, d=48, noise=0.02, spread=0.5, seed=0):
    """Views of objects on circles: a centre an object, a plane an object, azimuth in the plane."""
    rng = np.random.default_rng(seed)
    angle = 2 * np.pi * np.arange(views) / views
    rows = []
    for _ in range(objects):
        plane = random_subspace(2, d, rng).basis
        centre = rng.normal(size=d)
        circle = spread * np.stack([np.cos(angle), np.sin(angle)], axis=1) @ plane
        rows.append(centre / np.linalg.norm(centre) + circle + noise * rng.normal(size=(views, d)))
    return np.concatenate(rows), np.repeat(np.arange(objects).astype(str), views), np.rad2deg(angle)


def grid(effects, sizes=(30, 24, 20), d=40, seed=0):
    """A full crossed grid whose effects (by axes) are drawn with these standard deviations."""
    rng = np.random.default_rng(seed)
    table = np.zeros((*sizes, d))
    for axes, sd in effects.items():
        shape = [size if axis in axes else 1 for axis, size in enumerate(sizes)]
        table = table + sd * rng.normal(size=(*shape, d))
    labels = np.indices(sizes).reshape(len(sizes), -1)
    names = ("object", "view", "style")
    factors = {names[i]: [str(level) for level in row] for i, row in enumerate(labels)}
    return table.reshape(-1, d), factors


def test_sums_of_squares_are_exact_and_add_up():
    from isthmus.measure.views.variances import sums_of_squares

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(7, 3))
    a, b = a - a.mean(0), b - b.mean(0)
    found = sums_of_squares(a[:, None] + b[None])
    assert found[(0,)] == pytest.approx(7 * (a**2).sum(), rel=1e-6)
    assert found[(1,)] == pytest.approx(5 * (b**2).sum(), rel=1e-6)
    assert found[(0, 1)] == pytest.approx(0, abs=1e-9)
    table = rng.normal(size=(4, 5, 6, 3))
    total = ((table - table.mean((0, 1, 2))) ** 2).sum()
    assert sum(sums_of_squares(table).values()) == pytest.approx(total, rel=1e-9)


def test_random_effects_come_back_within_two_points():
    sds = {(0,): 1.0, (1,): 0.5, (2,): 0.7, (0, 1): 0.4, (0, 2): 0.3, (1, 2): 0.2, (0, 1, 2): 0.5}
    wide = 400  # far from zero and of many coordinates, so that lengths hardly vary
    vectors, factors = grid(sds, d=wide)
    found = measure.variance_shares(
        np.concatenate([vectors, np.full((len(vectors), 1), 3e3)], axis=1), factors
    )
    total = sum(sd**2 for sd in sds.values())
    names = ("object", "view", "style")
    for axes, sd in sds.items():
        name = " × ".join(names[axis] for axis in axes)
        assert found.components[name] == pytest.approx(sd**2 / total, abs=0.02)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.interval.low < found.value < found.interval.high


def test_noise_alone_has_the_chance_shares_and_no_object():
    vectors, factors = grid({(0, 1, 2): 1.0}, sizes=(12, 10, 8))
    found = measure.variance_shares(vectors, factors)
    for name, share in found.shares.items():
        assert share == pytest.approx(found.chance[name], abs=0.01)
    assert found.value < 0.01


def test_incomplete_grids_are_refused():
    vectors, factors = grid({(0,): 1.0}, sizes=(4, 3, 2))
    fewer = {name: labels[1:] for name, labels in factors.items()}
    with pytest.raises(RequestError, match=r"4 x 3 x 2 cells.* empty: 1, "):
        measure.variance_shares(vectors[1:], fewer)
    with pytest.raises(RequestError, match="style is always a"):
        measure.variance_shares(vectors, {**factors, "style": ["a"] * len(vectors)})
    with pytest.raises(RequestError, match="24 a items and 3 level of views"):
        measure.variance_shares(vectors, {**factors, "view": ["a"] * 3})
    with pytest.raises(RequestError, match="All vectors of the grid are equal"):
        measure.variance_shares(np.ones((24, 5)), factors)


def test_unseen_views_are_named_by_the_subspace_where_centres_coincide():
    x, objects, _ = turned()
    apart = measure.view_identity(x, objects)
    assert apart.rules["centroid"] == 1
    same = np.concatenate([rows - rows.mean(0) + 0.1 for rows in np.split(x, 6)])
    found = measure.view_identity(same, objects)
    assert found.rules["subspace"] > 0.9 > 0.5 > found.rules["centroid"]
    assert found.null.mean == pytest.approx(1 / 6)


def test_views_of_nothing_are_named_by_chance():
    rng = np.random.default_rng(0)
    found = measure.view_identity(rng.normal(size=(400, 20)), np.repeat(np.arange(20), 20))
    for value in found.rules.values():
        assert value == pytest.approx(0.05, abs=0.04)


def test_poses_are_read_in_arcs_never_seen():
    x, objects, azimuth = turned()
    found = measure.pose_error(x[objects == "0"], azimuth)
    assert found.value < 12 < 60 < found.null.mean
    assert found.null.p == pytest.approx(1 / 200)
    # the same circle, gone around once while the object makes half a turn
    seen = measure.pose_error(x[objects == "0"], azimuth / 2, symmetry=2)
    assert seen.value < 12


def test_poses_of_noise_are_not_read():
    rng = np.random.default_rng(1)
    p = [
        measure.pose_error(rng.normal(size=(24, 16)), 15.0 * np.arange(24), rng=rng).null.p
        for _ in range(60)
    ]
    assert (np.array(p) <= 0.05).mean() <= 0.15


def test_errors_of_guessing_are_ninety_degrees_over_the_symmetry():
    from isthmus.measure.views.poses import turn_between

    rng = np.random.default_rng(0)
    a, b = rng.uniform(0, 360, (2, 20000))
    assert turn_between(a, b).mean() == pytest.approx(90, abs=2)
    assert turn_between(a, b, 4).mean() == pytest.approx(22.5, abs=1)
    assert turn_between(np.array([359.0]), np.array([2.0])) == pytest.approx(3)


def test_a_circle_is_better_followed_by_its_curve_than_by_chords():
    x, objects, _ = turned(noise=0.0)
    found = measure.view_interpolation(x[objects == "0"])
    assert found.value > 0.9
    noisy = np.random.default_rng(0).normal(size=(24, 30)) + 3
    assert measure.view_interpolation(noisy).value < 0


def test_a_circle_has_rank_two_and_more_views_do_not_change_it():
    x, objects, _ = turned()
    found = measure.view_rank(x[objects == "0"])
    assert (found.value, found.held_out, found.growth[-2:].tolist()) == (2, 2, [2, 2])
    assert found.null.p == pytest.approx(1 / 2000)
    noise = measure.view_rank(np.random.default_rng(0).normal(size=(24, 48)))
    assert (noise.value, noise.held_out) == (0, 0)
    assert noise.null.p > 0.05


def test_overlap_is_one_with_itself_and_chance_with_another_object():
    x, objects, _ = turned(d=200)
    one, other = x[objects == "0"], x[objects == "1"]
    assert measure.view_overlap(one, one).value == pytest.approx(1)
    found = measure.view_overlap(one, other)
    assert found.dims == (2, 2)
    assert found.null.mean == pytest.approx(2 / 200, abs=0.003)
    assert found.null.p > 0.01
    assert found.angles[0] > 60


def test_the_interval_of_an_overlap_stays_between_none_and_all():
    x, objects, _ = turned(noise=0.1)
    one = x[objects == "0"]
    found = measure.view_overlap(one, one + 0.05 * np.random.default_rng(1).normal(size=one.shape))
    assert 0.9 < found.value < 1
    assert 0 < found.interval.low < found.value < found.interval.high < 1
    middle = (found.interval.low + found.interval.high) / 2
    assert middle < found.value  # on the scale of logits, the lower half is the longer one


def test_too_few_views_are_refused():
    x = np.eye(7)
    for name, sentence in {
        "view_rank": "10 views or more, not 7",
        "view_interpolation": "eight views or more, not 7",
    }.items():
        with pytest.raises(RequestError, match=sentence):
            getattr(measure, name)(x)
    with pytest.raises(RequestError, match="7 views and 7 azimuths"):
        measure.pose_error(x, np.arange(7.0))
    with pytest.raises(RequestError, match="must be two or more, not one"):
        measure.view_identity(x, ["a"] * 7)
    with pytest.raises(RequestError, match="b has 2"):
        measure.view_identity(x, ["a"] * 5 + ["b"] * 2, arcs=2)


@pytest.mark.parametrize("name", ["view_rank", "view_interpolation"])
def test_results_are_whole_and_drawn(name):
    from matplotlib.figure import Figure

    x, objects, _ = turned()
    result = getattr(measure, name)(x[objects == "0"])
    json.loads(json.dumps(result.to_dict(), allow_nan=False))
    ax = Figure().subplots()
    assert result.plot(ax).has_data()
    assert len(result.about) > 40
    assert len(result.cite()) > 30


def test_arcs_are_runs_of_an_object_s_views():
    from isthmus.measure.views.identity import arcs_of

    owner = np.array([0, 1, 0, 0, 1, 0, 0, 1, 0, 1])
    found = arcs_of(owner, 2)
    assert found[owner == 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert found[owner == 1].tolist() == [0, 0, 1, 1]
    assert np.bincount(arcs_of(np.zeros(10, dtype=int), 3)).tolist() == [4, 3, 3]
