"""The word pieces of `mini` are those of BERT's own tokenizer, with `tokenizers` as referee."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.encode.mini import END, START, WEIGHTS, cut, open_weights, word_pieces

referee = pytest.importorskip("tokenizers")
WORDS = [
    "a",
    "red",
    "Café",
    "İstanbul",
    "straße",
    "don't",
    "3.14",
    "中国の絵",
    "한국어",
    "हिन्दी",
    "🍆",
    "x",
]
ASSIGNED = st.characters(exclude_categories=["Cn", "Cs", "Co"], max_codepoint=0x1FAFF)
"""Code points that Unicode has not assigned yet are dropped by one and unknown to the other."""
MARKS = ("[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]")


@pytest.fixture(scope="module")
def tokenizers():
    theirs = referee.Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))
    theirs.no_padding()
    theirs.no_truncation()
    return open_weights(WEIGHTS)["text"].tokenizer, theirs


@given(
    st.one_of(
        st.text(ASSIGNED, max_size=60),
        st.text("ab éÉ\t\n\u00a0\u3000\u0301,.!", max_size=250),
        st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
    )
)
def test_word_pieces_are_those_of_the_referee(tokenizers, said):
    ours, theirs = tokenizers
    if not any(mark in said for mark in MARKS):
        assert word_pieces(ours, [said])[0] == theirs.encode(said).ids


def test_the_marks_are_those_of_the_vocabulary(tokenizers):
    _, theirs = tokenizers
    assert [theirs.id_to_token(mark) for mark in (START, END)] == ["[CLS]", "[SEP]"]


def test_the_name_of_a_mark_is_plain_text(tokenizers):
    ours, _ = tokenizers
    (found,) = word_pieces(ours, ["[SEP]"])
    assert found.count(END) == 1
    assert len(found) > 3


def test_a_cut_text_keeps_both_marks():
    row = [START, 5, 6, 7, END]
    assert cut(row, 5) == row
    assert cut(row, 4) == [START, 5, 6, END]
    assert cut(row, 2) == [START, END]
