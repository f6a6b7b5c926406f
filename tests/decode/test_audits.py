"""Captions that claim what an item does not show."""

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.decode.audits import audited, fit_audit, phrases, siblings
from isthmus.types import RequestError
from tests.decode.test_inversion import Bag

COLOURS = ("red", "blue", "green", "yellow", "pink")
SHAPES = ("cube", "star", "ring", "cone", "heart", "cross")
OTHERS = {one: [x for x in some if x != one] for some in (COLOURS, SHAPES) for one in some}


def test_a_wrong_word_has_a_margin_below_nothing_and_says_what_is_right():
    text = Bag()
    items = unit(text.encode(["a red cube", "a blue star"]))
    first, second = audited(items, ["a red star", "a blue star"], OTHERS, text)
    assert [one.phrase for one in first] == ["red", "star"]
    assert first[0].margin > 0 > first[1].margin and first[1].instead == "cube"
    assert first[1].start == len("a red ")
    assert all(one.margin > 0 for one in second)
    item = items[0]
    plain, changed = unit(text.encode(["a red star", "a red cube"]))
    assert first[1].margin == pytest.approx(float(item @ plain - item @ changed), abs=1e-6)


def test_longer_phrases_hide_shorter_ones_and_parts_of_words_are_none():
    assert phrases("A plus sign, redder than red", ["plus", "plus sign", "red"]) == [
        (2, "plus sign"),
        (25, "red"),
    ]
    assert phrases("nothing", []) == []
    assert phrases("a.b*", ["a.b*"]) == [(0, "a.b*")]


def test_siblings_are_near_but_mean_something_else():
    names = ["dog", "cat", "cow", "saw", "axe"]
    kind = np.repeat(np.eye(2, 7), [3, 2], axis=0)
    rows = kind + 0.5 * np.eye(5, 7, 2)
    rows = np.vstack([rows, rows[:1] * 2])
    found = siblings([*names, "hound"], rows.astype(np.float32))
    assert set(found["dog"][:2]) == {"cat", "cow"} and "hound" not in found["dog"]
    assert "dog" not in found["dog"]


def test_a_rule_keeps_the_rate_of_false_alarms_and_probabilities_rise():
    rng = np.random.default_rng(1)
    right = rng.random(4000) < 0.8
    margins = rng.normal(0.1 * (2 * right - 1), 0.05)
    rule = fit_audit(margins, right)
    fresh = rng.normal(0.1, 0.05, 4000)
    assert np.mean(fresh < rule.threshold(0.05)) == pytest.approx(0.05, abs=0.02)
    assert rule.probability(0.2) > 0.9 > rule.probability(0.0) > 0.1 > rule.probability(-0.2)
    with pytest.raises(RequestError, match="above 0 and below 1"):
        rule.threshold(0.0)
    with pytest.raises(RequestError, match="right ones and wrong ones"):
        fit_audit(margins, np.ones(4000, bool))
    with pytest.raises(RequestError, match="a caption each"):
        audited(unit(Bag().encode(["red"])), [], OTHERS, Bag())
