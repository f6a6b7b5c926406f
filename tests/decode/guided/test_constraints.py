"""Syllables, grades and sentences by hand, and what is refused before a word is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.decode.guided.constraints import Constraints, check_start, is_plain, share_out
from isthmus.decode.guided.reading import (
    ended,
    grade,
    sentences,
    syllables,
    unfinished,
    words,
)
from isthmus.types import RequestError

SYLLABLES = {
    1: "cat the walked eye whale hoped school moved trees clothes smiled cakes queue free",
    2: "table wanted nation people boxes little candle handled watches going million quiet music",
    3: "idea elephant bicycle radio video beautiful languages family various religion area",
    4: "television information",
}


def test_syllables_by_hand():
    wrong = {
        word: (syllables(word), count)
        for count, some in SYLLABLES.items()
        for word in some.split()
        if syllables(word) != count and not word.endswith("'d")
    }
    assert not wrong
    assert syllables("well-known") == 2


def test_grade_is_the_formula():
    # 6 words, 1 sentence, 6 syllables
    assert grade("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 - 15.59)
    # 5 words, 2 sentences, 9 syllables
    text = "Elephants walk. The radio is on."
    assert grade(text) == pytest.approx(0.39 * 6 / 2 + 11.8 * 10 / 6 - 15.59)
    assert grade("") == 0


def test_sentences_end_at_their_marks():
    text = 'Mr. Smith went. He came back! "Yes?" ok'
    assert sentences(text) == ["Mr. Smith went.", "He came back!", '"Yes?"', "ok"]
    assert unfinished(text) == "ok"
    assert unfinished("Done.") == unfinished("") == ""
    assert ended("He left.") and ended('"No!"') and not ended("He saw Dr.") and not ended("He")
    assert words("It's a well-known café, naïve 3 times") == [
        *("It's", "a", "well-known", "café", "naïve", "3", "times"),
    ]


@given(st.text())
def test_no_text_breaks_the_counting(text):
    assert grade(text) == grade(text)
    assert unfinished(text) in (text.strip(), *sentences(text), "")
    for one in words(text):
        assert syllables(one) >= 1


def test_plain_pieces():
    assert all(map(is_plain, [" dog", "ing", ".", ",", " a", "’s", "-"]))
    assert not any(
        map(is_plain, ["", "\n", "�", '"', " (", "...", "<b>", ".5", "—", " \n", " ", " ,"])
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"words": (9, 4)}, "least and the most"),
        ({"words": (0, 4)}, "least and the most"),
        ({"require": ("two words",)}, "single words"),
        ({"forbid": ("",)}, "single words"),
        ({"require": ("Owl",), "forbid": ("owl",)}, "both required and forbidden"),
        ({"words": (1, 2), "require": ("a", "b", "c")}, "do not fit"),
        ({"words": (2, 4), "grade": 18.0}, "read at grades"),
        ({"words": (30, 40), "grade": 1.0}, "read at grades"),
    ],
)
def test_what_contradicts_itself_is_refused(given, said):
    with pytest.raises(RequestError, match=said):
        Constraints(**given)


@pytest.mark.parametrize(
    ("given", "start", "said"),
    [
        ({}, "", "not an empty one"),
        ({}, "  ...", "not an empty one"),
        ({"forbid": ("owl",)}, "The Owl", "forbidden word 'owl'"),
        ({"words": (2, 4)}, "It was a very old", "leaves no room"),
        ({"words": (2, 4), "require": ("fox",)}, "It was a very", "leaves no room"),
    ],
)
def test_openings_that_leave_no_way_are_refused(given, start, said):
    with pytest.raises(RequestError, match=said):
        check_start(Constraints(**given), start)


def test_openings_that_leave_one_are_not():
    check_start(Constraints(words=(2, 4), require=("fox",)), "It was the")
    check_start(Constraints(words=(2, 4)), "It was a very old house. Then")


def test_forbidden_words_do_not_appear_on_the_way():
    asked = Constraints(forbid=("cat",))
    assert not asked.allows("", "a", " cat")
    assert not asked.allows("", "a ca", "t")
    assert asked.allows("", "a", " dog")
    assert asked.allows("", "con", "catenate")


def test_words_do_not_go_on_for_ever():
    asked = Constraints()
    assert asked.allows("", "there", "'s")
    assert not asked.allows("", "there's", "'n")
    assert not asked.allows("", "well-known", "-")
    assert not asked.allows("", "ba" * 15, "na")
    assert not asked.allows("", "one,", ",")


def test_required_words_take_the_last_room():
    asked = Constraints(words=(2, 4), require=("owl",))
    assert asked.allows("", "one two", " three")
    assert not asked.allows("", "one two three", " four")
    assert asked.allows("", "one two three", " owl")
    assert not asked.allows("", "one owl", "s")  # another word
    assert not asked.allows("", "one two", ".")
    assert asked.allows("", "one two owl", ".")


def test_sentences_end_in_their_length_and_not_on_an_article():
    asked = Constraints(words=(3, 5))
    assert not asked.allows("", "birds fly", ".")
    assert asked.allows("", "birds fly south", ".")
    assert not asked.allows("", "birds fly in the", ".")
    assert not asked.allows("", "birds fly far away south", " again")
    assert not asked.allows("", "birds fly away far", " the")


def test_grades_are_kept():
    asked = Constraints(words=(4, 20), grade=2.0)
    assert not asked.allows("", "International organisations administer universities", ".")
    assert asked.allows("", "The yellow dog ran down the hill to the old house", ".")
    asked = Constraints(words=(8, 20), grade=2.0)
    press = asked.pressure("", "The dog ran down the", " hill")
    assert press > asked.pressure("", "The dog ran down the", " university")


def test_words_of_a_style_are_favoured():
    asked = Constraints(favour=("gloomy",))
    assert asked.pressure("", "a", " gloomy") > 0 == asked.pressure("", "a", " happy")


def test_required_words_are_shared_out():
    assert share_out(("a", "b", "c"), 2) == [("a", "c"), ("b",)]
