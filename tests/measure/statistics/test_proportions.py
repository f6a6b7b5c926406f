"""Intervals of proportions cover what they promise, and do not collapse at 0 and 1."""

import numpy as np
import pytest

from benchmarks.calibration.proportions import (
    CHANGES,
    SHARES,
    SIZES,
    answers,
    changed,
    clustered,
    exact,
)
from isthmus import measure
from isthmus.measure.statistics import change_interval, wilson_interval
from isthmus.measure.statistics.proportions import Z


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("p", SHARES)
def test_independent_items_are_covered(n, p):
    assert exact(n, p) >= 0.93


@pytest.mark.parametrize("n", [12, 50, 200])
@pytest.mark.parametrize("p", SHARES)
@pytest.mark.parametrize(("alike", "most"), [(0.0, 4), (0.3, 5), (0.95, 8)])
def test_items_of_objects_are_covered(n, p, alike, most):
    assert clustered(n, p, alike, most, trials=200) >= 0.90  # 93 % less the noise of 200


def test_rare_hits_in_a_few_objects_are_covered():
    """With the degrees of freedom of all 500 objects it is 92.8 %."""
    assert clustered(500, 0.99, 0.95, 8, trials=2000) >= 0.945


@pytest.mark.parametrize("n", [12, 50, 500])
@pytest.mark.parametrize(("gain", "loss"), CHANGES)
def test_paired_changes_are_covered(n, gain, loss):
    assert changed(n, gain, loss, trials=200) >= 0.90


def test_all_right_is_not_certain():
    """Wilson 1927: n / (n + z^2)."""
    for n in (8, 12, 100):
        sure, none = wilson_interval(np.ones(n)), wilson_interval(np.zeros(n))
        assert sure.high == 1
        assert sure.low == pytest.approx(n / (n + Z**2))
        assert (none.low, none.high) == (0, pytest.approx(Z**2 / (n + Z**2)))


def test_a_share_in_the_middle_is_wilsons_own():
    scores = np.repeat([0.0, 1.0], [60, 40])
    found, n = wilson_interval(scores), 99  # variance with n - 1
    ends = np.roots([1 + Z**2 / n, -(0.8 + Z**2 / n), 0.16])
    assert (found.low, found.high) == pytest.approx(tuple(sorted(ends)))


def test_copies_of_an_item_say_nothing_new():
    scores = (np.arange(40) < 30).astype(float)
    alone, copied = (
        wilson_interval(np.repeat(scores, times), np.repeat(np.arange(40), times))
        for times in (2, 9)
    )
    assert (copied.low, copied.high) == pytest.approx((alone.low, alone.high))
    free = wilson_interval(np.repeat(scores, 9))
    assert free.high - free.low < 0.4 * (copied.high - copied.low)
    sure = wilson_interval(np.ones(90), np.repeat(np.arange(10), 9))
    assert sure.low == pytest.approx(10 / (10 + Z**2))


def test_items_of_an_object_that_are_not_alike_count_one_by_one():
    rng = np.random.default_rng(0)
    scores, objects = answers(rng, 400, 0.4, 0.0, 6)
    one, other = wilson_interval(scores, objects), wilson_interval(scores)
    assert one.high - one.low == pytest.approx(other.high - other.low, rel=0.15)


def test_graded_scores_vary_as_they_do():
    scores = np.random.default_rng(0).beta(20, 20, size=400)
    found = wilson_interval(scores)
    assert (found.high - found.low) / (2 * Z) == pytest.approx(scores.std() / 20, rel=0.05)
    # a single score that is not like the others does not tell how rare others are
    one_off = np.r_[np.ones(499), 0.99]
    assert wilson_interval(one_off).low < 0.993


def test_where_all_objects_are_alike_few_others_could_be_unseen():
    unseen = Z**2 / (40 + Z**2)
    for scores in (np.full(40, 0.1), np.r_[np.full(39, 0.1), 0.1001]):
        found = wilson_interval(scores)
        assert found.low == pytest.approx(0.1 * (1 - unseen), abs=1e-4)
        assert found.high == pytest.approx(0.1 + 0.9 * unseen, abs=1e-4)
    assert change_interval(np.full(40, 0.1)).low > 0 > change_interval(np.full(10, 0.1)).low


def test_a_share_of_parts_is_the_ratio_of_the_sums():
    rng = np.random.default_rng(0)
    whole = rng.random(300) + 0.5
    found = wilson_interval(0.8 * whole, whole=whole)
    assert 0.8 in found
    assert wilson_interval(whole, whole=whole).high == 1
    mixed = whole * (rng.random(300) < 0.8)
    assert float(mixed.sum() / whole.sum()) in wilson_interval(mixed, whole=whole)


def test_nothing_changed_says_how_much_could_have_gone_unseen():
    found = change_interval(np.zeros(100))
    assert (found.low, found.high) == pytest.approx((-(Z**2) / (100 + Z**2), Z**2 / (100 + Z**2)))
    turned = change_interval(-np.r_[np.ones(30), np.zeros(70)])
    plain = change_interval(np.r_[np.ones(30), np.zeros(70)])
    assert (-turned.high, -turned.low) == pytest.approx((plain.low, plain.high))
    assert 0.0 not in plain


def test_many_small_changes_have_the_error_of_their_mean():
    changes = np.random.default_rng(0).normal(0.01, 0.1, 2000)
    found = change_interval(changes)
    assert (found.high - found.low) / (2 * Z) == pytest.approx(changes.std() / 2000**0.5, rel=0.05)
    assert float(changes.mean()) in found
    copied = change_interval(np.repeat(changes, 3), np.repeat(np.arange(2000), 3))
    assert copied.high - copied.low == pytest.approx(found.high - found.low, rel=0.01)


@pytest.mark.parametrize(
    "name", ["hit_at_k", "recall_at_k", "ndcg", "mean_average_precision", "r_precision",
             "mean_reciprocal_rank", "neighbour_confusions", "mixed_gallery"],
)  # fmt: skip
def test_what_is_always_found_has_an_interval(name):
    x = np.eye(12, dtype=np.float32)
    found = getattr(measure, name)(x, x)
    assert found.interval.high - found.interval.low > 0.1
    assert "Wilson" in found.interval.method
