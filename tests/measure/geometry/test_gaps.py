"""Gaps and distances against closed forms: which side is larger, and by how much."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.arrays import unit
from isthmus.measure.geometry.gaps import centroid_distance, dissimilarity, relative_gap
from isthmus.measure.geometry.spread import log_mean_potential, potential
from isthmus.measure.geometry.temperature import SHIFTS, _minimum
from tests.measure.clouds import pair_of_clouds


def axis_pairs(n=40, d=6, axis=0):
    """n unit rows, half of them along a coordinate and half against it."""
    rows = np.zeros((n, d))
    rows[:, axis] = np.where(np.arange(n) % 2, 1.0, -1.0)
    return rows


def test_covariances_along_different_coordinates_are_as_far_apart_as_can_be():
    n = 40
    found = measure.distribution_gap(axis_pairs(n, axis=0), axis_pairs(n, axis=1))
    assert found.value == pytest.approx(2 * n / (n - 1), abs=1e-4)
    assert found.mean_part == pytest.approx(0, abs=1e-12)
    assert found.null.mean < 0.5 * found.value
    assert found.null.p <= 0.05
    assert measure.distribution_gap(axis_pairs(), axis_pairs()).value == pytest.approx(0, abs=1e-5)


def test_a_wider_cloud_is_a_distribution_gap_and_its_centre_none():
    rng = np.random.default_rng(0)
    narrow, wide = (
        np.concatenate([np.ones((400, 1)), s * rng.normal(size=(400, 5))], axis=1)
        for s in (0.02, 0.08)
    )
    found = measure.distribution_gap(narrow, wide)
    # five coordinates whose standard deviations differ by 0.06
    assert found.value == pytest.approx(5 * 0.06**2, rel=0.15)
    assert found.value > 5 * (found.floor or 0)


def test_the_direction_of_the_gap_points_from_b_to_a():
    a, b = np.tile([0.8, 0.6, 0], (20, 1)), np.tile([0.8, -0.6, 0], (20, 1))
    found = measure.centroid_gap(a, b)
    assert found.value == pytest.approx(1.2, abs=1e-6)
    np.testing.assert_allclose(found.direction, [0, 1, 0], atol=1e-6)
    shares = measure.gap_concentration(a, b)
    assert shares.differences[0] == pytest.approx(1.2, abs=1e-6)
    assert measure.gap_concentration(b, a).differences[0] == pytest.approx(-1.2, abs=1e-6)
    assert centroid_distance(a, b) == pytest.approx(1.2)


def test_the_cosine_gap_is_that_of_the_means():
    a, b = np.tile([0.8, 0.6, 0], (20, 1)), np.tile([0.8, -0.6, 0], (20, 1))
    found = measure.centroid_cosine_gap(a, b)
    assert found.value == pytest.approx(1 - (0.64 - 0.36), abs=1e-6)
    assert (found.length_a, found.length_b) == pytest.approx((1, 1), abs=1e-6)


def test_cosine_gaps_of_one_cloud_are_what_chance_gives():
    found = []
    for seed in range(8):
        x = np.random.default_rng(seed).normal(size=(400, 6))
        x[:, 0] += 1
        found.append(measure.centroid_cosine_gap(x[:200], x[200:]))
        assert 0 < found[-1].null.low < found[-1].null.mean < found[-1].null.high
    values, nulls, floors = (
        np.mean([f(one) for one in found])
        for f in (lambda one: one.value, lambda one: one.null.mean, lambda one: one.floor)
    )
    assert nulls == pytest.approx(values, rel=0.4)
    assert floors == pytest.approx(2 * values, rel=0.5)  # halves of a modality: half as many rows


def test_the_floor_of_a_cosine_across_is_that_of_two_halves_of_one_modality():
    rng = np.random.default_rng(6)
    x, y = (rng.normal(size=(24, 8)) + centre for centre in (0.5, -0.2))
    inside = [measure.intra_cosine(z).value for z in (x, y)]
    assert measure.inter_cosine(x, y).floor == pytest.approx(np.mean(inside), abs=0.004)


def test_the_relative_gap_by_hand():
    assert dissimilarity(np.array([1.0, 0, -1])).tolist() == [0, 0.5, 1]
    # matched 0.25; within 0.1 and 0.3, on average 0.2
    assert relative_gap(0.5, 0.8, 0.4) == pytest.approx(0.25 / 0.45)
    assert np.isnan(relative_gap(1.0, 1.0, 1.0))
    x, y = pair_of_clouds(50)
    found = measure.relative_modality_gap(x, y)
    assert found.intra_a == pytest.approx(dissimilarity(measure.intra_cosine(x).value), abs=1e-6)
    assert found.intra_b == pytest.approx(dissimilarity(measure.intra_cosine(y).value), abs=1e-6)
    assert found.intra_a != pytest.approx(found.intra_b, abs=1e-3)
    assert found.value == pytest.approx(
        found.matched / (found.matched + (found.intra_a + found.intra_b) / 2)
    )


def test_swapping_the_sets_keeps_gaps_and_swaps_their_sides():
    x, y = pair_of_clouds(60)
    for name in ("centroid_gap", "centroid_cosine_gap", "distribution_gap", "modality_probe"):
        there, back = getattr(measure, name)(x, y), getattr(measure, name)(y, x)
        assert there.value == pytest.approx(
            back.value, abs=0.04 * (name == "modality_probe") + 1e-6
        )
    there, back = measure.centroid_cosine_gap(x, y), measure.centroid_cosine_gap(y, x)
    assert (there.length_a, there.length_b) == pytest.approx((back.length_b, back.length_a))
    np.testing.assert_allclose(
        measure.centroid_gap(x, y).direction, -measure.centroid_gap(y, x).direction, atol=1e-6
    )


def test_the_potential_and_its_mean_over_different_rows():
    x = unit(np.random.default_rng(0).normal(size=(30, 4)), np.float64)
    distances = np.linalg.norm(x[:, None] - x[None], axis=2)
    np.testing.assert_allclose(potential(x @ x.T), np.exp(-2 * distances**2), atol=1e-12)
    off = ~np.eye(30, dtype=bool)
    expected = np.log(np.exp(-2 * distances[off] ** 2).mean())
    assert log_mean_potential(x) == pytest.approx(expected)
    assert measure.uniformity(x).value == pytest.approx(expected, abs=1e-5)


def test_the_best_shift_closes_the_gap_of_a_space_that_is_only_shifted():
    rng = np.random.default_rng(0)
    content = np.concatenate([0.3 * rng.normal(size=(300, 20)), np.ones((300, 1))], axis=1)
    shift = np.zeros(21)
    shift[0] = 0.4
    found = measure.temperature_shift(content + shift, content - shift)
    assert found.best[0] == pytest.approx(1, abs=0.26)
    assert found.loss[0, 2] > found.loss[0].min()  # the space as it is loses more
    assert "At temperature 0.01 the loss is smallest" in found.about
    assert "; at 0.1, among the shifts that were tried" in found.about
    wrong = measure.temperature_shift(content, content)
    assert np.abs(wrong.loss[0] - wrong.loss[0, 2]).max() < 1e-3  # no gap: every shift is the same


def test_the_best_shift_lies_between_the_shifts_that_were_tried():
    for best in (-0.5, 0.1, 0.375, 1.25):
        assert _minimum((SHIFTS - best) ** 2) == pytest.approx(best)
    assert _minimum((SHIFTS - 2) ** 2) == SHIFTS[-1]
    assert _minimum((SHIFTS + 2) ** 2) == SHIFTS[0]
    assert _minimum(-((SHIFTS - 2) ** 2) + 9) == SHIFTS[0]  # bent down: the lowest is an end


@pytest.mark.parametrize(("slope", "end", "words"), [
    (1, 0, "the gap at least 50% wider"), (-1, -1, "the gap at least 125% closed"),
])  # fmt: skip
def test_a_best_shift_at_the_end_of_the_grid_is_a_bound_without_interval(
    slope, end, words, monkeypatch
):
    shifts = iter(np.repeat(SHIFTS, 4))
    monkeypatch.setattr(
        "isthmus.measure.geometry.temperature._losses",
        lambda *_: slope * np.sqrt(1 + next(shifts)) + np.arange(21) / 1e3,
    )
    x = unit(np.random.default_rng(0).normal(size=(60, 8)))
    found = measure.temperature_shift(x, x + 1)
    assert found.value == found.best[0] == SHIFTS[end] and found.interval is None
    assert found.about.count(words) == 2


def test_the_histogram_is_of_different_rows_and_has_area_one():
    x = unit(np.random.default_rng(5).normal(size=(300, 3)) + 0.5)
    found = measure.intra_cosine(x)
    cosines = (x @ x.T)[~np.eye(len(x), dtype=bool)]
    expected, edges = np.histogram(cosines, bins=found.edges, density=True)
    np.testing.assert_array_equal(found.edges, edges)
    np.testing.assert_allclose(found.edges, np.linspace(-1, 1, len(found.density) + 1))
    np.testing.assert_allclose(found.density, expected, atol=2e-3)
    assert found.density @ np.diff(found.edges) == pytest.approx(1)
