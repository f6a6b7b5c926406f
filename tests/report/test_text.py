"""Whatever a caption holds, it is read, not run."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from isthmus.report.text import escaped, visible


def test_control_characters_are_shown():
    assert visible("a\x1b[31mred\x07\n\x7f") == "a␛[31mred␇␊␡"
    assert visible("\x9b31m") == "\\u009b31m"


def test_text_that_reverses_or_hides_is_shown_by_number():
    assert visible("evil\u202egpj.exe\u200b") == "evil\\u202egpj.exe\\u200b"
    assert visible("\ud800") == "\\ud800"
    assert visible("👩\u200d🚀 ქართული") == "👩\u200d🚀 ქართული"


def test_long_text_is_cut_and_says_so():
    assert visible("x" * 1000, 10) == "xxxxxxxxxx… (1000 characters)"


@given(st.text())
def test_escaped_text_holds_no_markup_and_comes_back(text):
    safe = escaped(text)
    assert not re.search("[<>\"']", safe)
    assert html.unescape(safe) == visible(text, 4000)
    safe.encode("utf-8")


@given(st.text())
def test_visible_twice_is_visible_once(text):
    assert visible(visible(text, 10**6), 10**6) == visible(text, 10**6)
