"""Texts by their vectors, their diversity, two systems compared, and retention."""

import numpy as np
import pytest

from isthmus import EmbeddingSet, Links, measure
from isthmus.measure import TEXTS
from isthmus.measure.statistics import mean_interval
from isthmus.measure.texts.captions import grams
from isthmus.measure.texts.diversity import _distinct_shares
from isthmus.registry import find
from isthmus.testing import check_measure
from isthmus.types import RequestError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 16))
Y = X + RNG.normal(size=(60, 16))
PREDICTIONS = ["a cat sat on a mat", "a dog ran in the park", "two owls at night"] * 4
REFERENCES = [["a cat is on the mat", "cat on mat"], ["dog runs in a park"], ["owls by night"]] * 4


def score_of(predictions):
    return measure.cider(predictions, REFERENCES)


GIVEN = {
    **dict.fromkeys(("bleu", "rouge_l", "cider", "cider_plain"), (PREDICTIONS, REFERENCES)),
    **dict.fromkeys(("distinct_n", "self_bleu"), (PREDICTIONS,)),
    **dict.fromkeys(("clip_score", "cycle_recall"), (X, Y)),
    "ref_clip_score": (X, Y, X, Links((str(i), str(i)) for i in range(60))),
    "vendi_score": (X,),
}


@pytest.mark.parametrize("name", TEXTS)
def test_results_are_whole(name):
    one, other = score_of(PREDICTIONS), score_of(PREDICTIONS[::-1])
    given = {
        **GIVEN,
        "text_difference": (one, other),
        "retention": ([other], [one], other),
        "spider": (one, np.full(12, 0.2)),
    }[name]
    check_measure(lambda _: find("measures", TEXTS, name)(*given))


def unit_pairs(cosines):
    """Pairs of vectors of these cosines, in planes of their own."""
    n = len(cosines)
    a, b = np.zeros((2, n, 2 * n))
    for row, cosine in enumerate(cosines):
        a[row, 2 * row] = 1
        b[row, 2 * row : 2 * row + 2] = cosine, np.sqrt(1 - cosine**2)
    return a, b


def test_clip_score_by_hand():
    a, b = unit_pairs([0.2, 0.4, -0.3])
    found = measure.clip_score(a, b, cut=2)
    assert found.value == pytest.approx(2.5 * (0.2 + 0.4 + 0) / 3, abs=1e-6)
    assert "2 sentences cut" in str(found) and "2.5 max(cos, 0)" in found.about
    assert "nobody counted" in str(measure.clip_score(a, b))


def test_clip_score_of_linked_items_is_above_its_chance():
    found = measure.clip_score(X, Y)
    assert found.null.p == 0.005 and found.null.high < found.interval.low
    strange = measure.clip_score(X, Y, Links((str(i), str((i + 7) % 60)) for i in range(60)))
    assert strange.null.p > 0.05


def test_ref_clip_score_by_hand():
    a, b = unit_pairs([0.2, 0.4])
    texts, items = (EmbeddingSet.from_rows(one, "text") for one in (a, b))
    theirs = EmbeddingSet.from_rows(np.concatenate([b[:1], a[1:], b[1:]]), "text")
    links = Links([("0", "0"), ("1", "1"), ("1", "2")])
    found = measure.ref_clip_score(texts, items, theirs, links)
    first, second = (0.5, 0.2), (1.0, 1.0)  # CLIPScore, best cosine with a reference
    means = [2 * x * y / (x + y) for x, y in (first, second)]
    assert found.value == pytest.approx(np.mean(means), abs=1e-6)
    with pytest.raises(RequestError, match="1 sentence have no reference, the first 1"):
        measure.ref_clip_score(texts, items, theirs, Links([("0", "0")]))


def test_a_text_of_several_items_is_refused():
    links = Links([("0", "0"), ("0", "1"), ("1", "1")])
    with pytest.raises(RequestError, match="0 is linked to 2"):
        measure.clip_score(X[:2], Y[:2], links)


def test_cycle_recall_is_the_share_that_finds_its_item():
    eye = np.eye(10)
    turned = eye[[0, 1, 2, 3, 4, 5, 6, 8, 9, 7]]
    found = measure.cycle_recall(turned, eye)
    assert found.value == pytest.approx(70) and found.candidates == 10
    assert found.null.mean == pytest.approx(10, abs=3) and found.value in found.interval
    assert measure.cycle_recall(np.ones((10, 4)), np.ones((10, 4))).value == pytest.approx(10)
    assert measure.cycle_recall(eye, eye).interval.low < 90


def test_distinct_by_hand():
    # pairs: a cat, cat sat, a cat, cat ran: three of four
    assert measure.distinct_n(["a cat sat", "a cat ran"]).value == pytest.approx(75)
    assert measure.distinct_n(["a cat sat", "a cat ran"], n=1).value == pytest.approx(100 * 4 / 6)
    with pytest.raises(RequestError, match="No text has 4 words"):
        measure.distinct_n(["a cat"], n=4)


def test_distinct_falls_with_repetition_and_has_an_interval():
    texts = [f"a {x} {y}" for x in "bcdefg" for y in "hijklm"]
    found = measure.distinct_n(texts)
    assert found.value in found.interval
    assert measure.distinct_n(texts * 2).value == pytest.approx(found.value / 2)


def test_distinct_without_a_block_is_that_of_the_other_texts():
    texts = ["a cat sat", "a cat ran", "owls", "a b a b", "a cat sat", "b a", "the owls ran"]
    block = np.array([0, 1, 2, 0, 1, 2, 1])
    found = _distinct_shares(grams([text.split() for text in texts], 2)[-1], block)
    for number in range(3):
        left = [text for text, own in zip(texts, block, strict=True) if own != number]
        assert found[1 + number] == pytest.approx(measure.distinct_n(left).value)


def test_self_bleu_is_bleu_against_all_others():
    texts = ["a cat sat on the mat", "a cat sat on a mat", "the dog ran away", "the dog ran away",
             "owls", "a b a b a b", "a b a b", "a cat sat"]  # fmt: skip
    for n in (1, 2, 4):
        each = [
            measure.bleu([one], [texts[:row] + texts[row + 1 :]], n=n).value
            for row, one in enumerate(texts)
        ]
        assert measure.self_bleu(texts, n=n).items == pytest.approx(each, abs=1e-6)
    assert measure.self_bleu(["a b c d"] * 3).value == pytest.approx(100, abs=1e-4)
    with pytest.raises(RequestError, match="2 or more, not 1"):
        measure.self_bleu(["a"])


def test_vendi_counts_what_is_different():
    eye = np.eye(12)
    assert measure.vendi_score(eye).value == pytest.approx(12)
    assert measure.vendi_score(np.repeat(eye[:3], 4, axis=0)).value == pytest.approx(3)
    assert measure.vendi_score(np.ones((9, 4))).value == pytest.approx(1)
    # two of weight 3/4 and 1/4
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    some = measure.vendi_score(eye[[0, 0, 0, 1] * 3])
    assert some.value == pytest.approx(np.exp(entropy))
    assert measure.vendi_score(100 * X).value == pytest.approx(measure.vendi_score(X).value)


def test_a_system_is_no_better_than_itself():
    found = measure.text_difference(score_of(PREDICTIONS), score_of(PREDICTIONS))
    assert found.value == 0 and found.null.p == 1
    assert (found.interval.low, found.interval.high) == (0, 0)


def test_a_difference_is_that_of_the_scores_and_turns_its_sign():
    one, other = score_of(PREDICTIONS), score_of([text[:-4] for text in PREDICTIONS])
    there, back = measure.text_difference(one, other), measure.text_difference(other, one)
    assert there.value == pytest.approx(one.value - other.value) and there.null.p < 0.05
    assert back.value == -there.value
    assert back.interval.low == pytest.approx(-there.interval.high)
    assert there.interval.low > 0


def test_the_difference_of_corpus_bleu_is_not_that_of_means():
    shorter = [text[:-4] for text in PREDICTIONS]
    one, other = (measure.bleu(some, REFERENCES, n=1) for some in (PREDICTIONS, shorter))
    found = measure.text_difference(one, other)
    assert found.value == pytest.approx(one.value - other.value)
    assert found.value in found.interval and found.null.kind == "label"


def test_differences_are_right_as_often_as_they_say():
    """Of systems that are equally good, one in twenty differs with p < 0.05 and outside of 0."""
    rng = np.random.default_rng(1)
    words, wrong, outside = ["a", "cat", "dog", "owl", "sits", "runs", "on", "in", "mat"], 0, 0
    truth = [[" ".join(rng.choice(words, 6))] for _ in range(40)]
    for _ in range(200):
        systems = [[" ".join(rng.choice(words, 6)) for _ in truth] for _ in range(2)]
        one, other = (measure.rouge_l(some, truth) for some in systems)
        found = measure.text_difference(one, other)
        wrong += found.null.p <= 0.05
        outside += 0.0 not in found.interval
    assert 2 <= wrong <= 19 and 2 <= outside <= 20


def test_the_interval_of_a_mean_is_students_where_items_are_many():
    score = measure.rouge_l(PREDICTIONS[::-1] * 20, REFERENCES * 20)
    exact = mean_interval(score.items, "")
    assert score.interval.low == pytest.approx(exact.low, abs=0.1 * (exact.high - exact.low))
    assert score.interval.high == pytest.approx(exact.high, abs=0.1 * (exact.high - exact.low))


def test_the_null_swaps_both_systems():
    one = measure.rouge_l(PREDICTIONS * 20, REFERENCES * 20)
    other = measure.rouge_l([text[:-4] for text in PREDICTIONS * 20], REFERENCES * 20)
    found = measure.text_difference(one, other)
    each = one.items - other.items
    spread = 2 * 1.96 * np.sqrt(np.mean(each**2) / one.n)
    assert found.null.high - found.null.low == pytest.approx(spread, rel=0.15)
    assert found.null.mean == pytest.approx(0, abs=0.1 * found.value)


def test_scores_that_do_not_compare_are_refused():
    one = score_of(PREDICTIONS)
    with pytest.raises(RequestError, match="CIDEr of 12 items and ROUGE-L of 12 items"):
        measure.text_difference(one, measure.rouge_l(PREDICTIONS, REFERENCES))
    with pytest.raises(RequestError, match="same score of the same items"):
        measure.text_difference(one, measure.cider(PREDICTIONS[:9], REFERENCES[:9]))


def test_retention_by_hand():
    twin, rule = score_of(PREDICTIONS), score_of(["a mat in the night"] * 12)
    half = score_of([text if row % 2 else "x" for row, text in enumerate(PREDICTIONS)])
    found = measure.retention([half, twin], [twin], rule)
    mean = (half.value + twin.value) / 2
    assert found.value == pytest.approx(100 * mean / twin.value)
    assert found.gain == pytest.approx(100 * (mean - rule.value) / (twin.value - rule.value))
    assert found.told and found.value in found.interval and found.gain in found.gain_interval
    assert measure.retention([twin], [twin], rule).value == pytest.approx(100)


def test_retention_cannot_tell_where_the_twin_hardly_beats_the_rule():
    twin = score_of(PREDICTIONS)
    found = measure.retention([twin], [twin], twin)
    assert not found.told and "cannot tell" in found.about and np.isnan(found.gain)
