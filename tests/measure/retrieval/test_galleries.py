"""Mixed galleries: the known collapse of CLIP, rule and ceiling, mates in both modalities."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import measure
from isthmus.measure.retrieval.galleries import Mixed, best_merge
from isthmus.measure.statistics.inputs import Pair, as_pair
from isthmus.types import Links, RequestError
from tests.measure.retrieval_spaces import captions, noisy_pair, real_pairs


def test_raw_clip_finds_nothing_across_the_gap_though_its_rankings_are_good(shared_data):
    found = measure.mixed_gallery(*real_pairs(shared_data, "pairs.npz"), relevant="cross")
    assert found.forward.value == pytest.approx(0, abs=5e-4)
    assert found.backward.value == pytest.approx(0, abs=5e-4)
    assert found.ceiling == pytest.approx((0.717, 0.680), abs=5e-4)


def test_ceiling_of_half_the_real_pairs_is_as_known(shared_data):
    images, texts = real_pairs(shared_data, "pairs.npz")
    rng = np.random.default_rng(0)
    known = []
    for _ in range(10):
        half = [images.ids[row] for row in rng.permutation(500)[:250]]
        pair = as_pair(images.take(half), texts.take(half))
        back = Pair(pair.b, pair.a, pair.rows)
        known.append(
            [Mixed.of(side, "cross", rng).merges(10).ceiling.mean() for side in (pair, back)]
        )
    assert np.mean(known, axis=0) == pytest.approx((0.793, 0.766), abs=0.02)


def test_with_one_match_rule_and_ceiling_are_the_other_modality_alone():
    a, b = noisy_pair()
    alone = measure.ndcg(a, b)
    for relevant in ("linked", "cross"):
        found = measure.mixed_gallery(a, b, relevant=relevant)
        expected = (alone.forward.value, alone.backward.value)
        assert found.ceiling == pytest.approx(expected)
        assert found.other_first == pytest.approx(expected)


def brute_force(x, y, objects, relevant, k=10):
    """nDCG@k of every query of x, from the definition."""
    vectors = np.concatenate([x, y])
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    other = np.arange(len(vectors)) >= len(x)
    values = []
    for query in range(len(x)):
        order = [i for i in np.argsort(-vectors @ vectors[query]) if i != query]
        hits = np.array([objects[i] == objects[query] and (relevant or other[i]) for i in order])
        worth = 1 / np.log2(np.arange(2, len(order) + 2)) * (np.arange(len(order)) < k)
        values.append(hits @ worth / np.sort(hits)[::-1].astype(float).__matmul__(worth))
    return np.mean(values)


@pytest.mark.parametrize("relevant", ["linked", "cross"])
def test_values_are_those_of_the_definition(relevant):
    a, b, links = captions(each=3)
    found = measure.mixed_gallery(a, b, links, relevant=relevant)
    images, texts = np.arange(20), np.repeat(np.arange(20), 3)
    linked = relevant == "linked"
    expected = brute_force(a, b, np.concatenate([images, texts]), linked)
    assert found.forward.value == pytest.approx(expected)
    expected = brute_force(b, a, np.concatenate([texts, images]), linked)
    assert found.backward.value == pytest.approx(expected)
    assert found.forward.candidates == 79


def test_a_perfect_space_reaches_its_ceiling_and_the_rule_does_not():
    meaning = np.eye(12)
    links = Links((str(row // 6), str(row)) for row in range(72))
    found = measure.mixed_gallery(meaning, np.repeat(meaning, 6, axis=0), links)
    assert found.backward.value == pytest.approx(1)
    assert found.ceiling == pytest.approx((1, 1))
    assert found.other_first[1] < 0.5


@given(
    same=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    other=st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
@settings(max_examples=30, deadline=None)
def test_the_best_merge_beats_every_merge_and_is_one(same, other):
    worth = 1 / np.log2(np.arange(2, 6))
    merges = []
    for places in combinations(range(8), 4):
        left, right = iter(same), iter(other)
        merged = [next(left) if place in places else next(right) for place in range(8)]
        merges.append(np.array(merged[:4]) @ worth)
    found = best_merge(np.array([same]), np.array([other]))[0]
    assert found == pytest.approx(max(merges))


def test_all_vectors_equal_score_chance_and_siblings_are_no_chance():
    links = Links((str(row // 3), str(row)) for row in range(36))
    found = measure.mixed_gallery(np.ones((12, 4)), np.ones((36, 4)), links)
    assert found.value == pytest.approx(found.null.mean)
    apart = measure.mixed_gallery(*captions(each=3))
    assert apart.backward.null.mean > 0.2


def test_what_is_relevant_must_be_known():
    with pytest.raises(RequestError, match="not 'all'"):
        measure.mixed_gallery(*noisy_pair(), relevant="all")


def test_large_galleries_ask_fewer_queries(monkeypatch):
    monkeypatch.setattr("isthmus.measure.retrieval.galleries.MOST_SCORES", 80 * 12)
    found = measure.mixed_gallery(*captions(each=3))
    assert (found.forward.queries, found.backward.queries) == (12, 12)


def test_the_plot_shows_raw_rule_and_ceiling():
    from matplotlib.figure import Figure

    found = measure.mixed_gallery(*noisy_pair())
    ax = found.plot(Figure().subplots())
    heights = [bar.get_height() for bar in ax.patches]
    both = (found.forward.value, found.backward.value)
    rules = found.own_first, found.other_first, found.interleaved, found.standardised
    assert heights == pytest.approx([*both, *np.concatenate(rules), *found.ceiling])
