"""Words are those of the field's Java program: stored outputs, and a hash over COCO's captions."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.measure.texts.tokens import words
from isthmus.store import read_json
from tools.caption_fixtures import digest, sentence

HERE = Path(__file__).parent
UNLIKE = {"Md.D.", "MTG.", "x&y.com"}
"""Words of the awkward lines that are known to be cut otherwise, as are three lines with them."""
OF_COCO = "eada4f345a6fd168820f77f5a6ffab04c85ea7b8aff985b360cac19c3cb35ccb"
"""Of the Java program's words of the 25,014 captions of val2017 (tools/caption_fixtures.py)."""


def stored():
    return read_json(HERE / "java_words.json")


def test_sentences_are_cut_as_the_java_program_cuts_them():
    rng = random.Random(0)
    own = {sentence(rng) for _ in range(200)}
    found = [(text, expected) for text, expected in stored() if text in own]
    assert len(found) > 150
    assert [(text, words(text)) for text, _ in found] == [tuple(one) for one in found]


def test_awkward_lines_are_cut_alike_but_for_those_that_are_known():
    unlike = {text for text, expected in stored() if words(text) != expected}
    assert len(stored()) > 1400
    assert {text for text in unlike if " " not in text} == UNLIKE
    assert len(unlike - UNLIKE) == 3


def test_all_captions_of_coco_are_cut_as_the_java_program_cuts_them(shared_data):
    path = shared_data / "coco_captions" / "captions_val2017.json"
    if not path.is_file():
        pytest.skip("no captions of COCO in ISTHMUS_SHARED")
    texts = [one["caption"] for one in read_json(path)["annotations"]]
    assert len(texts) == 25_014
    assert digest([words(one) for one in texts]) == OF_COCO


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A man's hat.", "a man 's hat"),
        ("It isn't, can't, cannot!", "it is n't ca n't can not"),
        ("the dogs' “toys”", "the dogs toys"),
        ("(two) [three]", "-lrb- two -rrb- -lsb- three -rsb-"),
        ("St. Mary at 5 p.m., No. 5", "st. mary at 5 p.m. no. 5"),
        ("a half-eaten, well- worn thing", "a half-eaten well worn thing"),
        ("signs of K. A dog", "signs of k a dog"),
        ("by J. K. Rowling", "by j. k. rowling"),
        ("50% off, $5 & 1½ cups", "50 % off $ 5 & 1 1/2 cups"),
        ("what?! ... 10:30pm", "what ?! 10:30 pm"),
        ("a cat 🐱 and a ☺", "a cat and a ☺"),
        ("a🐱b \u200bc", "a b c"),
        ("line\nbreak\ttab", "line break tab"),
        ("café naïve 日本語", "café naïve 日本語"),
        ("", ""),
        (" . , ! ", ""),
    ],
)
def test_words_by_hand(text, expected):
    assert words(text) == expected.split()


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_has_words_that_hold_no_space_and_are_lower_case(text):
    found = words(text)
    assert all(one and one == one.lower() and len(one.split()) == 1 for one in found)
    assert words(text) == found


@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "cat",
                "sits",
                "on",
                "the",
                "mat",
                "well-worn",
                "isn't",
                "5",
                "owls",
                ",",
                ";",
                "(",
                ")",
            ]
        )
    )
)
def test_spaces_between_words_do_not_count(parts):
    assert words("  ".join(parts)) == words(" ".join(parts) + " \n")
    assert [one for part in parts for one in words(part)] == words(" ".join(parts))


def test_a_long_text_takes_no_time_that_grows_with_its_square():
    for text in ("a@" * 20_000, "<a " * 10_000, "(5" * 10_000, "a." * 25_000 + "x"):
        assert words(text) is not None
