"""Neighbours against a plain loop, and confusions that were built in."""

import numpy as np
import pytest

from isthmus.studies.pages.neighbours import (
    confident_mistakes,
    hubs,
    neighbours,
    query_example,
    random_examples,
    swaps,
)
from tests.toys import toy_set


def random_pair(n=40, m=60, d=8, seed=0):
    rng = np.random.default_rng(seed)
    a, b = toy_set(rng.normal(size=(n, d))), toy_set(rng.normal(size=(m, d)), "text")
    rows = np.unique(np.stack([rng.integers(n - 3, size=70), rng.integers(m, size=70)], 1), axis=0)
    return a, b, rows


def test_neighbours_agree_with_a_plain_loop():
    a, b, rows = random_pair()
    found = neighbours(a, b, rows)
    assert found.query_rows.tolist() == sorted(set(rows[:, 0].tolist()))
    for at, query in enumerate(found.query_rows):
        cosines = b.unit @ a.unit[query]
        order = np.argsort(-cosines)
        mine = set(rows[rows[:, 0] == query, 1].tolist())
        np.testing.assert_array_equal(found.nearest[at], order[:10])
        np.testing.assert_allclose(found.cosines[at], cosines[order[:10]], atol=1e-6)
        assert found.linked[at].tolist() == [row in mine for row in order[:10]]
        best = max(cosines[row] for row in mine)
        other = max(cosines[row] for row in range(len(b)) if row not in mine)
        assert found.margin[at] == pytest.approx(best - other, abs=1e-6)
        first = next(place for place, row in enumerate(order) if row in mine)
        assert found.rank[at] == first + 1
        assert found.best_linked[at] == order[first]


def test_link_order_does_not_matter():
    a, b, rows = random_pair()
    one, two = neighbours(a, b, rows), neighbours(a, b, rows[::-1])
    np.testing.assert_array_equal(one.margin, two.margin)
    np.testing.assert_array_equal(one.rank, two.rank)


def test_a_swap_that_was_built_in_is_found():
    a = toy_set(np.eye(4))
    b = toy_set(np.eye(4)[[1, 0, 2, 3]], "text")
    rows = np.repeat(np.arange(4)[:, None], 2, axis=1)
    found = neighbours(a, b, rows)
    ((one, two),) = swaps(found, rows, 5)
    assert {one.query, two.query} == {"0", "1"}
    assert {one.answers[0].id, two.answers[0].id} == {"0", "1"}
    assert len(found.mistakes) == 2


def test_the_most_confident_mistake_comes_first_and_pictures_before_it():
    a = toy_set([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    b = toy_set([[0.0, 1.0, 0.0], [0.6, 0.0, 0.8], [0.0, 0.28, 0.96]], "text")
    found = neighbours(a, b, np.array([[0, 0], [1, 1], [2, 2]]))
    first = confident_mistakes(found, 3, lambda one: 0)
    assert [one.query for one in first] == ["1", "0"]  # margins 0 - 1 and 0 - 0.6
    assert first[0].margin == pytest.approx(-1.0)
    pictured = confident_mistakes(found, 3, lambda one: int(one.query == "0"))
    assert [one.query for one in pictured] == ["0", "1"]


def test_a_hub_is_counted():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 20)) + 3
    b = toy_set(np.vstack([np.ones(20), rng.normal(size=(29, 20))]), "text")
    found = neighbours(toy_set(x), b, np.repeat(np.arange(30)[:, None], 2, axis=1))
    (first, *_) = hubs(found, 3)
    assert (first.id, first.queries, first.of, first.nearest) == ("0", 30, 30, 10)


def test_random_examples_are_drawn_not_chosen():
    a, b, rows = random_pair()
    found = neighbours(a, b, rows)
    drawn = [random_examples(found, 3, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len({one.query for one in drawn[0]}) == 3
    every = [one.query for one in random_examples(found, 1000, np.random.default_rng(0))]
    assert every == [a.ids[row] for row in found.query_rows]
    one = query_example(found, 0, 2)
    assert one.answers[0].id == str(found.nearest[0, 0])
    assert one.right.id == str(found.best_linked[0])
    assert one.right.cosine == pytest.approx(
        float(a.unit[found.query_rows[0]] @ b.unit[found.best_linked[0]]), abs=1e-4
    )


def test_no_query_is_shown_in_two_swaps():
    """Two pictures of one text both swap with a third picture; one of the swaps is shown."""
    a, b = toy_set(np.eye(2)[[1, 0, 0]]), toy_set(np.eye(2), "text")
    rows = np.array([[0, 0], [1, 1], [2, 1]])
    pairs = swaps(neighbours(a, b, rows), rows, 5)
    shown = [one.query for pair in pairs for one in pair]
    assert sorted(shown) in (["0", "1"], ["0", "2"])
