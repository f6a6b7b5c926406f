"""Arrays that everything else is made of: directions, distances, spans, rows in even steps."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from isthmus.arrays import (
    directions_holding,
    evenly_spaced,
    pieces,
    squared_distances,
    unit,
    unit_or_zero,
    unit_rows,
)
from isthmus.types.subspaces import span


def test_unit_keeps_directions_and_gives_the_wanted_type():
    rows = np.array([[3.0, 4.0], [0.0, -2.0]])
    np.testing.assert_allclose(unit(rows), [[0.6, 0.8], [0, -1]], atol=1e-7)
    assert unit(rows).dtype == np.float32
    assert unit(rows, np.float64).dtype == np.float64
    grid = unit(np.arange(1.0, 25).reshape(2, 3, 4), np.float64)
    np.testing.assert_allclose((grid**2).sum(axis=-1), 1)


@pytest.mark.parametrize(("bad", "what"), [(0.0, "zero"), (np.nan, "not finite"), (np.inf, "not")])
def test_rows_without_direction_are_refused_by_number(bad, what):
    rows = np.ones((4, 3))
    rows[2:] = bad
    with pytest.raises(ValueError, match=f"row 2 is {what}.*2 of 4 rows"):
        unit(rows)


def test_many_rows_are_scaled_a_block_at_a_time(monkeypatch):
    monkeypatch.setattr("isthmus.arrays.BLOCK", 7)
    x = np.random.default_rng(0).normal(size=(30, 5))
    np.testing.assert_array_equal(unit_rows(x), unit(x))
    rows = np.array([29, 3, 3, 8, 0, 1, 2, 4, 5])
    np.testing.assert_array_equal(unit_rows(x, rows), unit(x)[rows])
    x[11] = 0
    for some in (None, np.arange(9, 20)):
        with pytest.raises(ValueError, match="row 11 is zero"):
            unit_rows(x, some)


def test_the_bytes_of_an_array_come_in_pieces_and_in_order():
    for x in (np.arange(24.0).reshape(6, 4), np.asfortranarray(np.arange(24).reshape(6, 4))):
        parts = [bytes(part) for part in pieces(x, size=70)]
        assert len(parts) == 3 and b"".join(parts) == x.tobytes()
    assert [bytes(part) for part in pieces(np.array(2.5))] == [np.array(2.5).tobytes()]
    assert [*pieces(np.empty((0, 3)))] == []


def test_differences_may_vanish():
    rows = np.array([[3e-5, 4e-5], [1e-7, 0], [0, 0]])
    np.testing.assert_allclose(unit_or_zero(rows), [[0.6, 0.8], [0, 0], [0, 0]], atol=1e-6)
    assert unit_or_zero(rows).dtype == np.float32
    assert unit_or_zero(rows, np.float64).dtype == np.float64


def test_squared_distances_are_those_of_scipy():
    x = np.random.default_rng(0).normal(size=(20, 4))
    np.testing.assert_allclose(squared_distances(x), cdist(x, x) ** 2, atol=1e-12)


def test_evenly_spaced_rows_hold_both_ends():
    np.testing.assert_array_equal(evenly_spaced(np.arange(101), 5), [0, 25, 50, 75, 100])
    np.testing.assert_array_equal(evenly_spaced(np.arange(7), 20), np.arange(7))


def test_directions_that_hold_a_share_of_the_variance():
    lengths = np.sqrt([6.0, 3.0, 1.0])
    assert [directions_holding(share, lengths) for share in (0.5, 0.7, 0.95)] == [1, 2, 3]


def test_a_span_leaves_out_what_adds_nothing():
    rows = np.array([[3.0, 0, 0], [0, 1.0, 0], [3.0, 1.0, 0]])
    found = span(rows)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found @ found.T, np.eye(2), atol=1e-12)
    assert abs(found[0, 0]) > 0.9  # what holds most comes first
    np.testing.assert_allclose(found[:, 2], 0, atol=1e-12)
