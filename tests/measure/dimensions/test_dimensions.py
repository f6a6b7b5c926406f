"""Dimension, geodesics and maps of clouds whose shape is known."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from isthmus import measure
from isthmus.measure.dimensions.geodesics import neighbour_graph
from isthmus.measure.dimensions.intrinsic import (
    _left,
    dimension_of,
    estimates,
    levina_bickel,
    neighbours,
    simplex_skewness,
    two_nn,
)
from isthmus.measure.dimensions.maps import MAPS
from isthmus.testing import check_measure
from isthmus.types import RequestError


def sphere(n, d, seed=0, inside=None):
    """Uniform on the d-sphere, turned into more coordinates where asked."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d + 1))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x if inside is None else x @ np.linalg.qr(rng.normal(size=(inside, d + 1)))[0].T


def circle(n, seed=0):
    turn = (np.arange(n) + np.random.default_rng(seed).uniform(-0.4, 0.4, n)) * 2 * np.pi / n
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


@pytest.mark.parametrize("d", [2, 8])
def test_plain_estimates_are_right_where_points_are_many(d):
    x = np.random.default_rng(d).random((3000, d)) if d == 2 else sphere(3000, d)
    distances, _ = neighbours(x, 20)
    assert two_nn(distances) == pytest.approx(d, rel=0.08)
    assert levina_bickel(distances, 20) == pytest.approx(d, rel=0.15)


@pytest.mark.slow
def test_plain_estimates_are_those_of_scikit_dimension():
    reference = pytest.importorskip("skdim").id
    x = sphere(500, 10)
    distances, _ = neighbours(x, 20)
    theirs = reference.MLE(K=20, unbiased=True).fit(x, comb="mle").dimension_
    assert levina_bickel(distances, 20) == pytest.approx(theirs, rel=1e-9)
    fitted = reference.TwoNN().fit(x).dimension_  # a line through nine tenths of the ratios
    assert two_nn(distances) == pytest.approx(fitted, rel=0.05)
    assert simplex_skewness(x[:300]) == pytest.approx(
        reference.ESS().fit(x[:300]).dimension_, rel=0.1
    )


def test_two_nn_is_the_exponent_of_its_law():
    ratio = 1 / np.random.default_rng(0).random(20_000) ** (1 / 7)
    assert two_nn(np.stack([np.ones_like(ratio), ratio], axis=1)) == pytest.approx(7, rel=0.03)


@pytest.mark.parametrize("d", [3, 12, 60])
def test_skewness_of_a_gaussian_is_its_dimension(d):
    x = np.random.default_rng(1).normal(size=(400, d))
    assert simplex_skewness(x) == pytest.approx(d, rel=0.05)


def test_estimates_do_not_know_place_turn_and_scale():
    x = sphere(200, 5)
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))[0]
    np.testing.assert_allclose(estimates(3 * x @ turn + 7), estimates(x), rtol=1e-6)


@pytest.mark.parametrize("d", [2, 5, 10, 20, 30])
def test_dimension_is_read_within_a_tenth_though_its_family_is_unknown(d):
    unknown = ("ellipsoids", "heavy tails")
    found = [
        dimension_of(np.random.default_rng(s).normal(size=(500, d)), without=unknown).dimension
        for s in range(5)
    ]
    assert np.median(np.abs(np.array(found) / d - 1)) <= 0.1


def test_large_clouds_and_equal_points():
    x = sphere(2500, 6, inside=40)
    assert dimension_of(x).dimension == pytest.approx(6, rel=0.1)
    few = sphere(100, 3)
    once, twice = dimension_of(few), dimension_of(np.concatenate([few, few]))
    assert once.dimension == twice.dimension
    with pytest.raises(RequestError, match="60 different points or more, not 50"):
        dimension_of(np.concatenate([few[:50], few[:50]]))


def test_the_measure_of_a_curved_sheet():
    found = measure.intrinsic_dimension(sphere(300, 4, inside=32))
    assert 4.0 in found.interval
    assert found.value == pytest.approx(4, rel=0.15)
    assert found.null.p == 1 / 200
    assert set(found.families) >= {"balls", "curls"}
    check_measure(lambda rng: measure.intrinsic_dimension(sphere(80, 3), rng=rng))


def test_a_flat_torus_is_not_told_from_a_sphere_and_the_interval_says_so():
    rng = np.random.default_rng(4)
    turn = 2 * np.pi * rng.random((500, 12))
    found = dimension_of(np.concatenate([np.cos(turn), np.sin(turn)], axis=1))
    assert found.low <= 12
    assert found.high >= 20


def test_geodesics_go_around_a_circle():
    x = circle(400)
    graph = neighbour_graph(x, 4)
    assert (graph.parts == 0).all()
    around = graph.geodesics(np.array([0]))[0]
    angle = np.arccos(np.clip(x @ x[0], -1, 1))
    np.testing.assert_allclose(around, angle, atol=0.05)
    path = graph.walk(0, 100)
    assert (path[0], path[-1]) == (0, 100)
    assert sorted(path) == path
    assert abs(graph.weights - graph.weights.T).max() == 0
    assert graph.weights[0, 1] == pytest.approx(angle[1], rel=1e-3)


def test_an_arc_with_a_gap_is_a_long_way_round():
    turn = np.linspace(0.3, 2 * np.pi - 0.3, 300)
    x = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    graph = neighbour_graph(x, 5)
    ends = graph.geodesics(np.array([0]))[0, -1]
    assert ends == pytest.approx(2 * np.pi - 0.6, rel=0.01)
    assert measure.geodesic_stretch(x, k=5).value > 1.1


def test_parts_of_a_graph_are_named_and_have_no_way_between():
    turn = np.concatenate([np.pi + np.linspace(-0.3, 0.3, 40), np.linspace(-0.3, 0.3, 60)])
    x = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    graph = neighbour_graph(x, 3)
    assert graph.parts[40:].max() == 0
    assert (graph.parts[:40] > 0).all()
    with pytest.raises(RequestError, match="take more neighbours"):
        graph.walk(0, 99)
    with pytest.raises(RequestError, match="1 to 99 of 100 items, not 100"):
        neighbour_graph(x, 100)


def test_stretch_of_an_isotropic_cloud_is_chance():
    found = measure.geodesic_stretch(sphere(300, 15))
    assert found.value == pytest.approx(found.null.mean, rel=0.02)
    assert found.null.p > 0.05
    sheet = measure.geodesic_stretch(sphere(300, 2, inside=16))
    assert sheet.value < 1.2 < sheet.null.low
    check_measure(lambda rng: measure.geodesic_stretch(sphere(60, 3), rng=rng))


@pytest.mark.parametrize("method", ["pca", "isomap", "tsne"])
def test_trustworthiness_is_that_of_scikit_learn(method):
    x = sphere(150, 8)
    found = measure.plane_map(x, method=method)
    by_angle = trustworthiness(x, found.points, n_neighbors=10)  # chords order as angles do
    assert found.value == pytest.approx(by_angle, abs=1e-6)
    back = trustworthiness(found.points, x, n_neighbors=10)
    assert found.continuity == pytest.approx(back, abs=1e-6)
    assert found.null.mean == pytest.approx(0.5, abs=0.03)


def test_a_flat_cloud_has_a_map_to_be_trusted():
    rng = np.random.default_rng(0)
    sheet = np.concatenate([0.3 * rng.normal(size=(200, 2)), np.ones((200, 1))], axis=1)
    assert measure.plane_map(sheet).value > 0.98
    check_measure(lambda rng: measure.plane_map(sheet, rng=rng))
    with pytest.raises(RequestError, match="asked was 'globe' of 200"):
        measure.plane_map(sheet, method="globe")


@pytest.mark.slow
def test_umap_is_trustworthy_too():
    pytest.importorskip("umap")
    assert "umap" in MAPS
    x = sphere(300, 3)
    found = measure.plane_map(x, method="umap")
    assert found.value > measure.plane_map(x).value
    assert found.points.tobytes() == measure.plane_map(x, method="umap").points.tobytes()


def test_how_far_a_family_s_clouds_are_is_measured_against_their_scatter():
    target, weight = np.array([1.0, 2.0, 3.0]), np.full(3, 1 / 3)
    line = np.stack([2 * (target - 2), -1 * (target - 1.5)], axis=1)
    # at log dimension d the estimates are off by 2 (d - 2) and 1.5 - d, without scatter
    assert _left(2.0, line, target, weight) == pytest.approx(np.sqrt(0.5**2 / 2))
    assert _left(3.0, line, target, weight) == pytest.approx(np.sqrt((2**2 + 1.5**2) / 2))
    # a bump beside the line scatters by weight @ (1/3, -2/3, 1/3)^2 = 2/9, and moves the middle
    bent = line + np.array([[1.0], [0.0], [1.0]])
    scatter = 2 / 9
    off = np.array([2 / 3, 2 / 3 - 0.5]) ** 2 / (1 + scatter)
    assert _left(2.0, bent, target, weight) == pytest.approx(np.sqrt(off.mean()))


def test_of_many_items_two_thousand_are_on_the_map():
    x = np.random.default_rng(4).normal(size=(2_050, 3))
    found = measure.plane_map(x)
    assert found.points.shape == (2_000, 2)
    assert found.n == len(set(found.rows.tolist())) == 2_000
