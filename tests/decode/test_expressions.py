"""Sums of items, written down: what is read, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.decode.expressions import MOST, Term, parse
from isthmus.types import RequestError


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("photo.jpg", [(1.0, "photo.jpg", False)]),
        ("a-b+c.jpg + d e.wav", [(1.0, "a-b+c.jpg", False), (1.0, "d e.wav", False)]),
        ("- 'a dog' + x.glb", [(-1.0, "a dog", True), (1.0, "x.glb", False)]),
        ('a.jpg - .5 * "it\'s - here"', [(1.0, "a.jpg", False), (-0.5, "it's - here", True)]),
        (r"'it\'s' + 2*b.png", [(1.0, "it's", True), (2.0, "b.png", False)]),
        ("“ein Hund” - ‘🐕’", [(1.0, "ein Hund", True), (-1.0, "🐕", True)]),
        ("sub/dog.jpg@my.index", [(1.0, "sub/dog.jpg@my.index", False)]),
    ],
)
def test_what_is_written_is_read(text, terms):
    assert parse(text) == tuple(Term(*one) for one in terms)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("a.jpg + ", "after 'a.jpg' nothing stands"),
        ("a.jpg - - 'b'", "item is missing"),
        ("'a dog", "never closed"),
        ("'a' 'b'", "with spaces around"),
        ("'a'+'b'", "with spaces around"),
        ("''", "is empty"),
        ("0 * a.jpg", "weight 0"),
        (" + ".join(["'a'"] * (MOST + 1)), "at most 32"),
    ],
)
def test_what_is_wrong_is_one_sentence(text, why):
    with pytest.raises(RequestError, match=why):
        parse(text)


def test_an_item_of_an_index_is_taken_apart():
    assert parse("sub/dog@home.jpg@my.index")[0].item == ("sub/dog@home.jpg", "my.index")
    assert parse("dog.jpg")[0].item == ("dog.jpg", "")
    assert parse("@x")[0].item == ("@x", "")


operands = st.text(min_size=1, max_size=12).filter(lambda x: x.strip())
paths = st.from_regex(r"[a-z][a-z+\-]{0,6}(/[a-z ]{0,4}[a-z])?\.(jpg|wav)", fullmatch=True)


@given(
    st.lists(
        st.builds(
            lambda weight, sign, quoted, text, path: Term(
                sign * weight, text if quoted else path, quoted
            ),
            st.sampled_from([0.25, 0.5, 1.0, 2.0, 10.0]),
            st.sampled_from([1, -1]),
            st.booleans(),
            operands,
            paths,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_printed_is_read_again(terms):
    assert parse(" ".join(map(str, terms))) == tuple(terms)
