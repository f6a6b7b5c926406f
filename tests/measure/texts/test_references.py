"""BLEU, ROUGE-L and CIDEr: toys by hand, coco-caption's own numbers, what must not matter."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import measure
from isthmus.measure.texts.captions import Captions, grams, tokens_of
from isthmus.measure.texts.references import (
    bleu_of,
    cider_of,
    cider_plain_of,
    common_words,
    rouge_of,
)
from isthmus.store import read_json
from isthmus.types import RequestError

HERE = Path(__file__).parent
CAT, DOG = ["a cat sits on a mat", "the cat is on the mat"], ["a dog runs in the park"]
SCORES = {
    **{f"BLEU-{n}": (lambda captions, n=n: bleu_of(captions, n)) for n in (1, 2, 3, 4)},
    "ROUGE-L": rouge_of,
    "CIDEr": cider_of,
    "CIDEr (plain)": cider_plain_of,
}
LETTERS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=9).map(" ".join)
ITEMS = st.lists(
    st.tuples(LETTERS, st.lists(LETTERS, min_size=1, max_size=3)), min_size=2, max_size=6
)


def values(predictions, references):
    captions = Captions.of(predictions, references)
    return {name: score(captions).value for name, score in SCORES.items()}


def test_bleu_by_hand():
    # "the the the" of Papineni et al., section 2.1: clipped at the most of one reference
    found = measure.bleu(["the the the the the the the"], [["the cat is on the mat"]], n=1)
    assert found.value == pytest.approx(100 * 2 / 7, abs=1e-6)
    # five of six words; the closest reference is shorter, so that there is no penalty
    two = ["a cat sits on a red mat today", "one cat sat on one mat"]
    assert measure.bleu(["a cat sat on a mat"], [two], n=1).value == pytest.approx(100, abs=1e-6)
    # 2 of 2 words, 1 of 1 pairs, and half as long as the reference: exp(1 - 4/2)
    short = measure.bleu(["a cat"], [["a cat sits down"]], n=2)
    assert short.value == pytest.approx(100 * math.exp(-1), abs=1e-5)


def test_of_two_references_equally_near_the_shorter_counts():
    # four words between three and five: three are taken, so that there is no penalty
    found = measure.bleu(["a b c d"], [["a b c d e", "a b c"]], n=1)
    assert found.value == pytest.approx(100, abs=1e-6)


def test_bleu_is_of_the_corpus_and_no_mean():
    found = measure.bleu(["a b", "x y z"], [["a b"], ["a b c"]], n=1)
    assert found.value == pytest.approx(100 * 2 / 5, abs=1e-6)
    assert found.items == pytest.approx([100, 0], abs=1e-6)


def test_rouge_by_hand():
    # common "a cat on a" of a prediction of 5 and a reference of 6 words
    found = measure.rouge_l(["a cat on a rug"], [["a cat sits on a mat"]])
    p, r = 4 / 5, 4 / 6
    assert found.value == pytest.approx(100 * 2.44 * p * r / (r + 1.44 * p))
    # precision of one reference, recall of another
    found = measure.rouge_l(["a b"], [["a b x x x x", "a"]])
    assert found.value == pytest.approx(100)


def test_cider_by_hand():
    # one word each, in one item of two: weight log 2, cosine 1 of four orders of which one is there
    found = measure.cider(["owl", "cat"], [["owl"], ["dog"]])
    assert found.items == pytest.approx([1000 / 4, 0])
    # twice the word: clipped to one, over a norm of two, one pair of words longer
    twice = measure.cider(["owl owl", "cat"], [["owl"], ["dog"]]).items[0]
    assert twice == pytest.approx(1000 / 4 / 2 * math.exp(-1 / 72))
    assert measure.cider_plain(["owl owl", "cat"], [["owl"], ["dog"]]).items[0] == 250
    # what every item has weighs nothing
    assert measure.cider(["a", "a"], [["a"], ["a"]]).value == 0


def test_spider_is_the_mean_of_its_parts():
    cider = measure.cider(["owl", "cat"], [["owl"], ["dog"]])
    assert measure.spider(cider, np.array([0.2, 0.4])).value == pytest.approx((125 + 30) / 2)
    with pytest.raises(RequestError, match="from 0 to 1"):
        measure.spider(cider, np.array([20.0, 40.0]))


def test_scores_are_those_of_coco_caption():
    stored = read_json(HERE / "coco_caption.json")
    captions = Captions.of(stored["predictions"], stored["references"])
    for name, expected in stored["scores"].items():
        assert SCORES[name](captions).value == pytest.approx(100 * expected, abs=1e-6), name
    for name, expected in stored["items"].items():
        assert SCORES[name](captions).items == pytest.approx(100 * np.array(expected), abs=1e-6)


@given(ITEMS)
@settings(max_examples=60, deadline=None)
def test_scores_are_those_of_pycocoevalcap_on_any_words(items):
    pytest.importorskip("pycocoevalcap", reason="pip install --no-deps pycocoevalcap")
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    cut = [(tuple(one.split()), tuple(tuple(x.split()) for x in some)) for one, some in items]
    captions = Captions(tuple(one for one, _ in cut), tuple(some for _, some in cut))
    ours = {number: [one] for number, (one, _) in enumerate(items)}
    theirs = {number: some for number, (_, some) in enumerate(items)}
    expected = Bleu(4).compute_score(theirs, ours, verbose=0)[0]
    for n, value in enumerate(expected, 1):
        assert bleu_of(captions, n).value == pytest.approx(100 * value, abs=1e-6)
    assert rouge_of(captions).value == pytest.approx(100 * Rouge().compute_score(theirs, ours)[0])
    value = 100 * Cider().compute_score(theirs, ours)[0]
    assert cider_of(captions).value == pytest.approx(value, abs=1e-6)


@given(ITEMS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_neither_the_order_of_items_nor_of_references_counts(items, rng):
    predictions, references = zip(*items, strict=True)
    before = values(predictions, references)
    shuffled = [(one, rng.sample(some, len(some))) for one, some in items]
    rng.shuffle(shuffled)
    assert values(*zip(*shuffled, strict=True)) == pytest.approx(before, abs=1e-9)


@given(ITEMS)
@settings(max_examples=60, deadline=None)
def test_scores_lie_in_their_range_and_a_reference_is_best(items):
    predictions, references = zip(*items, strict=True)
    own = values(predictions, references)
    assert all(-1e-9 <= one <= (1000 if "CIDEr" in name else 100) + 1e-6
               for name, one in own.items())  # fmt: skip
    best = values([some[0] for some in references], [some[:1] for some in references])
    other = values(predictions, [some[:1] for some in references])
    assert best["ROUGE-L"] == pytest.approx(100) and best["BLEU-1"] == pytest.approx(100, abs=1e-4)
    assert all(other[name] <= best[name] + 1e-4 for name in ("BLEU-1", "ROUGE-L", "CIDEr (plain)"))


def test_a_longer_text_of_its_reference_alone_has_the_whole_cider():
    references = [["a cat sits on a mat"], ["the dog runs in our park"], ["two owls fly at night"]]
    found = measure.cider([some[0] for some in references], references)
    assert found.items == pytest.approx([1000, 1000, 1000])
    assert measure.cider_plain([x[0] for x in references], references).value == pytest.approx(1000)


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_the_longest_common_subsequence_is_that_of_the_table(a, b):
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            up, left = table[i, j + 1], table[i + 1, j]
            table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(up, left)
    assert common_words(a, b) == table[-1, -1]


def test_grams_are_counted_by_text():
    one, two, three, _ = grams([("a", "b", "a", "b"), (), ("b", "a")])
    assert one.text.tolist() == [0, 0, 2, 2] and one.count.tolist() == [2, 2, 1, 1]
    assert two.text.tolist() == [0, 0, 2] and sorted(two.count.tolist()) == [1, 1, 2]
    assert three.text.tolist() == [0, 0] and three.kinds == 2


def test_an_empty_prediction_scores_nothing():
    found = values(["", "a dog runs"], [["a cat"], ["a dog runs"]])
    alone = values(["a dog runs", "x"], [["a dog runs"], ["a cat"]])
    assert found["ROUGE-L"] == pytest.approx(50) and found["CIDEr"] == pytest.approx(alone["CIDEr"])
    assert values([""], [["a cat"]])["BLEU-1"] == pytest.approx(0, abs=1e-6)


def test_intervals_hold_the_value_and_narrow_with_items():
    stored = read_json(HERE / "coco_caption.json")
    widths = []
    for times in (1, 4):
        captions = Captions.of(stored["predictions"] * times, stored["references"] * times)
        for name, score in SCORES.items():
            found = score(captions)
            assert found.value in found.interval, name
            widths.append(found.interval.high - found.interval.low)
    ratios = np.divide(*np.reshape(widths, (2, -1)))
    assert (ratios > 1.6).all() and (ratios < 2.4).all()
    few = Captions.of(stored["predictions"][:7], stored["references"][:7])
    assert cider_of(few).interval is None


def test_what_does_not_fit_is_refused():
    with pytest.raises(RequestError, match="1 predictions and references of 2 items"):
        measure.bleu(["a"], [["a"], ["b"]])
    with pytest.raises(RequestError, match="1 of 2 items have no reference, the first at place 1"):
        measure.cider(["a", "b"], [["a"], []])
    with pytest.raises(RequestError, match="list of texts, not one text"):
        measure.cider(["a"], ["a"])
    with pytest.raises(RequestError, match="A caption is a text, not an int"):
        tokens_of(3)
    with pytest.raises(RequestError, match="Predictions are a list of texts, not one text"):
        measure.bleu("a cat", [["a"]] * 5)
    with pytest.raises(RequestError, match="1, 2, 3 or 4 words, not 5"):
        measure.bleu(["a"], [["a"]], n=5)
    with pytest.raises(RequestError, match="no prediction to score"):
        measure.cider_plain([], [])
