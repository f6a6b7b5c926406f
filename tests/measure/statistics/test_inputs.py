"""Pairs: what they hold, how they look from the other side, and who belongs to whom."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus import measure
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
