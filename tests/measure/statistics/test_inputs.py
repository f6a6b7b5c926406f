"""Pairs: what they hold, how they look from the other side, and who belongs to whom."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus import measure
from isthmus.arrays import unit
from isthmus.measure.statistics.inputs import Pair, as_pair
from isthmus.measure.statistics.searches import scores_between
from isthmus.types import EmbeddingSet, Links, RequestError
from tests.measure.clouds import captions, pair_of_clouds


def crossed():
    """Three images and four texts, linked many to many."""
    a = EmbeddingSet.from_rows(np.eye(4)[:3], "image", ["x", "y", "z"])
    b = EmbeddingSet.from_rows(np.eye(4), "text", ["p", "q", "r", "s"])
    return as_pair(a, b, Links([("x", "s"), ("x", "p"), ("y", "q"), ("z", "q")]))


def test_a_reversed_pair_swaps_sides_and_keeps_the_order_of_links():
    pair = crossed()
    back = pair.reversed
    assert back.a is pair.b
    assert back.b is pair.a
    np.testing.assert_array_equal(pair.rows, [[0, 0], [0, 3], [1, 1], [2, 1]])
    np.testing.assert_array_equal(back.rows, [[0, 0], [3, 0], [1, 1], [1, 2]])
    np.testing.assert_array_equal(back.reversed.rows, pair.rows)
    assert back.n == pair.n == 2


def test_links_by_query_are_sorted_by_the_first_side():
    np.testing.assert_array_equal(crossed().reversed.by_query, [[0, 0], [1, 1], [1, 2], [3, 0]])


def test_the_same_object_is_what_links_join_also_through_others():
    expected = [[1, 0, 0, 1], [0, 1, 0, 0], [0, 1, 0, 0]]
    np.testing.assert_array_equal(crossed().same_object, np.array(expected, bool))
    np.testing.assert_array_equal(crossed().reversed.same_object, crossed().same_object.T)
    assert np.bincount(np.concatenate(crossed().objects)).tolist() == [3, 3, 1]


def test_scores_of_some_queries_are_rows_of_all():
    rng = np.random.default_rng(0)
    a, b = (EmbeddingSet.from_rows(rng.normal(size=(n, 6)), str(n)) for n in (9, 5))
    scores = scores_between(a, b)
    np.testing.assert_allclose(scores.whole, a.unit @ b.unit.T, atol=1e-6)
    rows = np.array([4, 1, 8])
    np.testing.assert_allclose(scores.of(rows).whole, scores.whole[rows], atol=1e-6)


def test_queries_of_the_gallery_do_not_find_themselves_when_some_are_taken():
    rng = np.random.default_rng(0)
    a = EmbeddingSet.from_rows(rng.normal(size=(7, 4)), "image")
    scores = replace(scores_between(a, a), own=np.arange(7))
    rows = np.array([5, 2])
    found = scores.of(rows).whole
    assert np.isneginf(found[[0, 1], rows]).all()
    assert np.isfinite(found).sum() == 2 * 6


def test_paired_objects_are_the_directions_of_their_means():
    images, texts, links = captions(12)
    pair = as_pair(images, texts, links).paired
    means = texts.unit.reshape(12, 3, -1).mean(axis=1)
    np.testing.assert_allclose(pair.y, means / np.linalg.norm(means, axis=1)[:, None], atol=1e-6)
    np.testing.assert_array_equal(pair.rows[:, 0], pair.rows[:, 1])


def test_plain_arrays_of_different_length_are_refused():
    x, y = pair_of_clouds(20)
    with pytest.raises(RequestError, match="20 and 19 rows"):
        as_pair(x, y[:-1])


def test_rows_without_a_link_count_as_distractors_only():
    x, y = pair_of_clouds(40)
    links = Links((str(row), str(row)) for row in range(30))
    part = measure.matched_cosine(x, y, links)
    assert part.n == 30
    assert part.value == pytest.approx(measure.matched_cosine(x[:30], y[:30]).value, abs=1e-6)
    assert isinstance(as_pair(x, y, links), Pair)


@pytest.mark.parametrize("name", ["hubness", "mutual_knn", "neighbour_mixing"])
def test_one_item_has_no_neighbour_and_says_so(name):
    one = np.ones((1, 4), dtype=np.float32)
    arguments = (one,) if name in measure.ONE_SET else (one, one)
    with pytest.raises(RequestError, match="two or more"):
        getattr(measure, name)(*arguments)


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
@pytest.mark.parametrize("n", [60, 5_500, 20_500])
def test_a_row_without_direction_is_reported_under_its_own_number(bad, n):
    """Whatever of it a measure reads: blocks of objects, runs, a sample, all of it."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, n, 4)).astype(np.float32)
    y[37::20] = bad
    count = len(y[37::20])
    labels = np.arange(n) % 2
    what = "zero" if bad == 0 else "not finite"
    for ask in (
        lambda: measure.effective_rank(y),
        lambda: measure.uniformity(y),
        lambda: measure.centroid_gap(x, y),
        lambda: measure.linear_cka(x, y),
        lambda: measure.cosine_separation(x, y),
        lambda: measure.hit_at_k(x, y),
        lambda: measure.knn_probe(y, labels),
    ):
        with pytest.raises(ValueError, match=rf"row 37 is {what}.*\({count} of {n} rows in all\)"):
            ask()


@pytest.mark.parametrize("size", [1e39, 1e200, 1e-39, 1e-46])
def test_double_precision_beyond_single_is_refused_in_a_sentence(size):
    rows = np.random.default_rng(0).normal(size=(20, 4))
    rows[5:] *= size
    with pytest.raises(RequestError, match=r"row 5 is beyond .*15 such of 20 rows.*scale the rows"):
        measure.effective_rank(rows)
    assert measure.effective_rank(rows[:5].repeat(2, axis=0)).n == 10


def test_double_precision_beyond_single_keeps_its_direction_at_length_one():
    rows = np.random.default_rng(0).normal(size=(5, 4))
    for size in (1e-200, 1e-40, 1e40, 1e200):
        np.testing.assert_allclose(unit(rows * size, np.float64), unit(rows, np.float64))
        np.testing.assert_allclose(unit(rows * size), unit(rows))
