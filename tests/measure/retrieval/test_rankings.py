"""Measures of retrieval on whole spaces: known values, chance, invariances, refusals."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import measure
from isthmus.measure.statistics.inputs import as_pair
from isthmus.measure.statistics.searches import both_searches
from isthmus.types import EmbeddingSet, Links, RequestError, Space, SpaceMismatchError
from tests.measure.retrieval_spaces import captions, noisy_pair, real_pairs

RANKINGS = (
    "hit_at_k",
    "recall_at_k",
    "median_rank",
    "mean_reciprocal_rank",
    "mean_average_precision",
    "ndcg",
    "ndcg_retrieved_only",
    "r_precision",
    "neighbour_confusions",
    "mixed_gallery",
)
BETWEEN = RANKINGS[:-1]


def test_real_clip_retrieves_as_known_and_its_random_copy_at_chance(shared_data):
    found = measure.hit_at_k(*real_pairs(shared_data, "pairs.npz"))
    assert found.forward.value == pytest.approx(0.552, abs=5e-4)
    assert found.backward.value == pytest.approx(0.506, abs=5e-4)
    assert found.null.p == pytest.approx(0.005)
    random = measure.hit_at_k(*real_pairs(shared_data, "pairs_random_init.npz"))
    assert random.forward.value == pytest.approx(0.002, abs=5e-4)
    assert random.backward.value == pytest.approx(0.002, abs=5e-4)
    assert random.null.mean == pytest.approx(1 / 500)
    assert random.null.p > 0.05


@pytest.mark.parametrize("name", BETWEEN)
@pytest.mark.parametrize("several", [False, True])
def test_all_vectors_equal_score_chance(name, several):
    n, each = 24, 3 if several else 1
    links = Links((str(row // each), str(row)) for row in range(n * each))
    result = getattr(measure, name)(np.ones((n, 5)), np.ones((n * each, 5)), links)
    for one in (result.forward, result.backward):
        assert one.value == pytest.approx(one.null.mean)
        assert one.null.p == 1
        assert one.at == pytest.approx(one.chance_at)


def test_chance_of_hits_and_of_places_in_closed_form():
    a, b = noisy_pair(n=30)
    assert measure.hit_at_k(a, b, k=5).null.mean == pytest.approx(5 / 30)
    assert measure.mean_reciprocal_rank(a, b).null.mean == pytest.approx(
        np.mean(1 / np.arange(1, 31))
    )
    assert measure.median_rank(np.ones((31, 2)), np.ones((31, 2))).value == 16


@pytest.mark.parametrize("name", BETWEEN)
def test_exact_chance_lies_within_the_permutations(name):
    result = getattr(measure, name)(*noisy_pair(n=60))
    assert result.null.low <= result.null.mean <= result.null.high


def test_hits_and_recall_by_hand():
    a = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32)
    b = np.array([[0.9, 0.1, 0], [0, 0.9, 0.1], [0.5, 0, 0.5], [0, 1, 0]], dtype=np.float32)
    links = Links([("0", "0"), ("0", "1"), ("1", "2"), ("1", "3")])
    # image 0 orders 0, 2, then 1 and 3 tied; image 1 orders 3, 1, 0, 2
    hits, recall = (of(a, b, links, k=1).forward for of in (measure.hit_at_k, measure.recall_at_k))
    assert hits.value == 1
    assert recall.value == 0.5
    assert measure.recall_at_k(a, b, links, k=3).forward.value == pytest.approx((0.75 + 0.5) / 2)
    # texts 0, 1, 2, 3 find images 0, 1, 0, 1 first; right are 0, 0, 1, 1
    assert measure.hit_at_k(a, b, links).backward.value == 0.5


def test_one_match_per_query_makes_measures_coincide():
    a, b = noisy_pair()
    hit, recall = measure.hit_at_k(a, b, k=5), measure.recall_at_k(a, b, k=5)
    assert hit.value == pytest.approx(recall.value)
    assert measure.r_precision(a, b).value == pytest.approx(measure.hit_at_k(a, b).value)
    mean_ap, mrr = measure.mean_average_precision(a, b), measure.mean_reciprocal_rank(a, b)
    assert mean_ap.value == pytest.approx(mrr.value)
    assert measure.ndcg(a, b).value == pytest.approx(measure.ndcg_retrieved_only(a, b).value)
    assert measure.neighbour_confusions(a, b).value == pytest.approx(
        1 - measure.hit_at_k(a, b).value
    )


def test_every_cut_off_is_a_field_with_its_chance():
    result = measure.hit_at_k(*noisy_pair(n=40), k=3)
    assert result.ks == (1, 3, 5, 10)
    assert result.value == result.forward.at[1]
    assert result.forward.chance_at == pytest.approx((1 / 40, 3 / 40, 5 / 40, 10 / 40))


def rotation(d, seed):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]


@pytest.mark.parametrize("name", RANKINGS)
@given(seed=st.integers(0, 50), scale=st.floats(0.1, 10))
@settings(max_examples=5, deadline=None)
def test_rotation_scale_and_order_of_items_change_nothing(name, seed, scale):
    a, b, links = captions(seed)
    turn = rotation(8, seed)
    order = np.random.default_rng(seed).permutation(len(b))
    moved = EmbeddingSet.from_rows(
        (scale * b @ turn)[order].astype(np.float32), "b", [str(row) for row in order]
    )
    before = getattr(measure, name)(a, b, links)
    after = getattr(measure, name)((a @ turn).astype(np.float32), moved, links)
    assert after.value == pytest.approx(before.value, abs=1e-6)
    assert after.backward.value == pytest.approx(before.backward.value, abs=1e-6)


@given(seed=st.integers(0, 50))
@settings(max_examples=5, deadline=None)
def test_doubling_a_gallery_halves_hits_at_one(seed):
    a, b = noisy_pair(seed)
    twice = EmbeddingSet.from_rows(np.concatenate([b, b]), "b")
    links = Links((str(row), str(row)) for row in range(len(a)))
    doubled = measure.hit_at_k(a, twice, links).value
    assert doubled == pytest.approx(measure.hit_at_k(a, b, links).value / 2)


def test_swapping_the_sets_swaps_the_directions():
    a, b, links = captions()
    there, back = measure.ndcg(a, b, links), measure.ndcg(b, a, links.reversed)
    assert there.forward.value == pytest.approx(back.backward.value)
    assert there.backward.value == pytest.approx(back.forward.value)


@pytest.mark.parametrize("name", RANKINGS)
def test_other_spaces_and_missing_links_are_refused(name):
    a, b = noisy_pair()
    other = EmbeddingSet(b, tuple(map(str, range(30))), "text", Space("other", "other", 8))
    with pytest.raises(SpaceMismatchError, match="embed both with one model"):
        getattr(measure, name)(a, other)
    with pytest.raises(RequestError, match="Not one link of 1"):
        getattr(measure, name)(a, b, Links([("x", "y")]))


@pytest.mark.parametrize("name", ["hit_at_k", "recall_at_k", "ndcg", "ndcg_retrieved_only"])
def test_a_cut_off_below_one_is_refused(name):
    with pytest.raises(RequestError, match="1 or more, not 0"):
        getattr(measure, name)(*noisy_pair(), k=0)


@pytest.mark.parametrize("name", RANKINGS)
def test_results_are_repeatable_json_and_can_be_read(name):
    first, second = (getattr(measure, name)(*captions()) for _ in range(2))
    assert json.dumps(first.to_dict()) == json.dumps(second.to_dict())
    assert f"{first.forward.value:.3f}" in str(first)
    assert first.about.endswith(".")
    assert first.cite()


def test_items_without_links_are_distractors_and_no_queries():
    a, b = noisy_pair()
    links = Links((str(row), str(row)) for row in range(10))
    found = measure.hit_at_k(a, b, links).forward
    assert (found.queries, found.candidates) == (10, 30)
    whole = np.argmax(unit(a) @ unit(b).T, axis=1)[:10]
    assert found.value == pytest.approx((whole == np.arange(10)).mean())


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_many_queries_are_sampled_by_whole_objects(monkeypatch):
    monkeypatch.setattr("isthmus.measure.statistics.searches.MOST_QUERIES", 12)
    a, b, links = captions(each=3)
    found = measure.hit_at_k(a, b, links)
    assert found.forward.queries == 12
    assert found.backward.queries == 12
    assert found.backward.candidates == 20


def test_many_links_take_queries_away_and_never_draws(monkeypatch):
    """39 draws cannot give a p-value that survives its adjustment."""
    monkeypatch.setattr("isthmus.measure.statistics.searches.MOST_LINKS", 36)
    a, b, links = captions(each=3)
    hits, mixed = measure.hit_at_k(a, b, links), measure.mixed_gallery(a, b, links)
    assert (hits.forward.queries, hits.backward.queries) == (12, 36)
    assert (mixed.forward.queries, mixed.backward.queries) == (9, 9)  # three of the own beside
    assert {hits.null.draws, hits.forward.null.draws, mixed.null.draws} == {199}


def test_one_search_serves_all_measures_of_a_pair():
    a, b = (EmbeddingSet.from_rows(x, name) for x, name in zip(noisy_pair(), "ab", strict=True))
    first = both_searches(as_pair(a, b))
    assert both_searches(as_pair(a, b)) is first
    fewer = as_pair(a, b, Links([("1", "2")]))
    assert both_searches(fewer)[0].ranks.queries == 200
    assert measure.hit_at_k(a, b, rng=np.random.default_rng(1)).null == measure.hit_at_k(a, b).null


def test_a_score_rule_of_the_space_is_the_one_that_ranks():
    space = Space("long", "long", 2, score="dot")
    a = EmbeddingSet(np.eye(2), ("0", "1"), "a", space)
    b = EmbeddingSet(np.array([[1.0, 0], [5, 6]]), ("0", "1"), "b", space)
    assert measure.hit_at_k(a, b).value == 0.5
    plain = [EmbeddingSet.from_rows(np.asarray(some.vectors), some.modality) for some in (a, b)]
    assert measure.hit_at_k(*plain).value == 1


def test_permuted_links_keep_whole_objects_together():
    a, b, links = captions(each=3, n=6)
    found = both_searches(as_pair(a, b, links))[0]
    assert found.ranks.queries == 6 * 200
    assert (found.ranks.relevant == 3).all()


@pytest.mark.parametrize("name", ["hit_at_k", "median_rank"])
def test_the_plot_shows_both_directions_and_chance(name):
    from matplotlib.figure import Figure

    found = getattr(measure, name)(*noisy_pair(n=40))
    ax = found.plot(Figure().subplots())
    both = found.directions
    bars = [height for one in both for height in (one.at or (one.value,))]
    chance = [height for one in both for height in (one.chance_at or (one.null.mean,))]
    assert [bar.get_height() for bar in ax.patches] == pytest.approx(bars)
    marks = np.concatenate([np.asarray(marks.get_offsets()) for marks in ax.collections])
    assert marks[:, 1] == pytest.approx(chance)


@pytest.mark.parametrize("name", RANKINGS)
def test_a_good_space_is_better_than_chance_whichever_end_is_better(name):
    found = getattr(measure, name)(*noisy_pair(n=60, noise=0.3))
    for one in found.directions:
        assert one.null.p == pytest.approx(0.005)
        assert (one.value > one.null.mean) == (found.better == "larger")
        assert one.value in one.interval
