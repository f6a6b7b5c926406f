"""Ranks and their formulas against the plain definition, averaged over every order within ties."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.measure.retrieval.gains import (
    average_precisions,
    gains_of_retrieved,
    relative_gains,
    shares_of_first_r,
)
from isthmus.measure.retrieval.hits import first_places, hit_chances, reciprocals, shares_found
from isthmus.measure.statistics.ranks import (
    Ranks,
    Scores,
    above_and_tied,
    ranked,
    top_probabilities,
)
from isthmus.similarity.euclidean import dot


def ranks_of(scores, relevant):
    """Ranks in a gallery whose score table is given: the gallery is the identity."""
    scores = np.asarray(scores, dtype=np.float32)
    pairs = [(query, item) for query, items in enumerate(relevant) for item in sorted(items)]
    return ranked(Scores(scores, np.eye(scores.shape[1], dtype=np.float32), dot), np.array(pairs))


def discounted(hits, k):
    return sum(1 / np.log2(place + 2) for place, hit in enumerate(hits[:k]) if hit)


PLAIN = {
    "hit": (lambda r: hit_chances(r, 2), lambda hits: float(any(hits[:2]))),
    "recall": (lambda r: shares_found(r, 2), lambda hits: sum(hits[:2]) / sum(hits)),
    "first place": (first_places, lambda hits: 1 + hits.index(True)),
    "reciprocal rank": (reciprocals, lambda hits: 1 / (1 + hits.index(True))),
    "average precision": (
        average_precisions,
        lambda hits: sum(sum(hits[: p + 1]) / (p + 1) for p, h in enumerate(hits) if h) / sum(hits),
    ),
    "R-precision": (shares_of_first_r, lambda hits: sum(hits[: sum(hits)]) / sum(hits)),
    "nDCG": (
        lambda r: relative_gains(r, 3),
        lambda hits: discounted(hits, 3) / discounted(sorted(hits, reverse=True), 3),
    ),
    "nDCG of the retrieved": (
        lambda r: gains_of_retrieved(r, 3),
        lambda hits: (
            discounted(hits, 3) / discounted(sorted(hits[:3], reverse=True), 3)
            if any(hits[:3])
            else 0.0
        ),
    ),
}


def averaged_over_orders(scores, relevant, plain):
    """The definition itself: all orders that sort the scores, equally likely."""
    orders = [
        order
        for order in permutations(range(len(scores)))
        if all(scores[i] >= scores[j] for i, j in pairwise(order))
    ]
    return np.mean([plain([item in relevant for item in order]) for order in orders])


@pytest.mark.parametrize("name", PLAIN)
@given(
    scores=st.lists(st.integers(0, 3), min_size=6, max_size=6),
    relevant=st.sets(st.integers(0, 5), min_size=1, max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_a_formula_is_the_mean_of_its_definition_over_all_orders_within_ties(
    name, scores, relevant
):
    formula, plain = PLAIN[name]
    expected = averaged_over_orders(scores, relevant, plain)
    np.testing.assert_allclose(formula(ranks_of([scores], [relevant]))[0], expected, atol=1e-9)


def test_one_of_three_relevant_items_at_the_first_place():
    scores = [[9, 0, 0, *range(8, 0, -1), 5, 5, 5, 5]]
    found = ranks_of(scores, [{0, 1, 2}])
    assert relative_gains(found, 10)[0] == pytest.approx(0.469, abs=5e-4)
    assert gains_of_retrieved(found, 10)[0] == pytest.approx(1.0)


def test_ndcg_and_average_precision_agree_with_scikit_learn():
    from sklearn.metrics import average_precision_score, ndcg_score

    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20, 30)).astype(np.float32)
    truth = rng.random((20, 30)) < 0.2
    truth[:, 0] = True
    found = ranks_of(scores, [set(np.flatnonzero(row)) for row in truth])
    assert relative_gains(found, 10).mean() == pytest.approx(ndcg_score(truth, scores, k=10))
    expected = [average_precision_score(t, s) for t, s in zip(truth, scores, strict=True)]
    np.testing.assert_allclose(average_precisions(found), expected)


def test_tiles_change_nothing(monkeypatch):
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 5, size=(40, 30))
    relevant = [set(rng.choice(30, size=3, replace=False)) for _ in range(40)]
    whole = ranks_of(scores, relevant)
    monkeypatch.setattr("isthmus.measure.statistics.ranks.TILE", 7 * 30)
    tiled = ranks_of(scores, relevant)
    for field in ("query", "above", "tied", "found"):
        np.testing.assert_array_equal(getattr(whole, field), getattr(tiled, field))


def test_repeated_gallery_vectors_are_ties_whatever_the_matrix_product_rounds():
    rng = np.random.default_rng(2)
    one = rng.normal(size=(1, 101)).astype(np.float32)
    gallery = np.repeat(one, 37, axis=0)
    queries = rng.normal(size=(11, 101)).astype(np.float32)
    found = ranked(Scores(queries, gallery, dot), np.stack([np.arange(11)] * 2, axis=1))
    assert (found.above == 0).all()
    assert (found.tied == 37).all()


def test_a_query_does_not_find_itself():
    vectors = np.array([[1, 0], [0.9, 0.1], [0, 1]], dtype=np.float32)
    own = np.arange(3)
    found = ranked(Scores(vectors, vectors, dot, own), np.array([[0, 1], [1, 2], [2, 1]]))
    np.testing.assert_array_equal(found.above, [0, 1, 0])
    assert found.gallery == 2


def test_groups_count_relevant_items_before_them():
    found = Ranks.of_items(
        np.array([0, 0, 0, 1]), np.array([4, 0, 4, 2]), np.array([3, 1, 3, 1]), (2, 9)
    )
    np.testing.assert_array_equal(found.found, [1, 2, 1])
    np.testing.assert_array_equal(found.before, [0, 1, 0])
    np.testing.assert_array_equal(found.relevant, [3, 1])


def test_the_first_place_is_shared_by_equal_scores():
    scores = np.array([[3.0, 1, 3], [0, 2, 1], [1, 1, 1]])
    expected = [[0.5, 0, 0.5], [0, 1, 0], [1 / 3] * 3]
    np.testing.assert_allclose(top_probabilities(scores), expected)
    near = np.array([[1.0, 1 - 1e-13, 1 - 1e-6]])
    np.testing.assert_allclose(top_probabilities(near), [[1, 0, 0]])
    np.testing.assert_allclose(top_probabilities(near, 1e-12), [[0.5, 0.5, 0]])


def test_places_count_what_is_higher_and_what_is_equal():
    scores = np.array([[1.0, 5, 5, 2], [7, 7, 7, 0]])
    above, tied = above_and_tied(scores, np.array([0, 0, 1]), np.array([1, 3, 3]))
    assert above.tolist() == [0, 2, 3]
    assert tied.tolist() == [2, 1, 1]


def test_hits_begin_at_the_place_of_the_match():
    found = ranks_of([[4, 3, 2, 1]], [{2}])
    assert [hit_chances(found, k)[0] for k in (1, 2, 3, 4)] == [0, 0, 1, 1]
    assert [shares_found(found, k)[0] for k in (1, 2, 3, 4)] == [0, 0, 1, 1]
    assert relative_gains(found, 2)[0] == 0
    assert relative_gains(found, 3)[0] == pytest.approx(1 / np.log2(4))
    assert first_places(found)[0] == 3
