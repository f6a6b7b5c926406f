"""JSON of others: read as it stands within limits, refused in one sentence beyond them."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.store import documents as module
from isthmus.store import parse_json, read_json

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    LEAVES | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.booleans())
def test_every_document_is_read_as_it_stands_in_every_encoding(value, encoding, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert parse_json(text, "it") == value
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:  # half a surrogate pair
        return
    assert parse_json(data, "it") == value


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"[" * 100_000, "it has lists and objects 100,000 deep inside each other; 100 are read."),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "101 deep inside each other"),
        (b"[1, 1e999]", "it has the number 1e999, which is not finite."),
        (b"[-1e999]", "the number -1e999, which"),
        (b"[NaN]", "the number NaN, which"),
        (b"[-Infinity]", "the number -Infinity, which"),
        (b"[" + b"9" * 5000 + b"]", "the number 99999999999999999999, which"),
        (b'{"a": 1,}', "it is damaged JSON: .* at line 1, column"),
        (b'["open', "it is damaged JSON: Unterminated string"),
        (b"", "it is damaged JSON: Expecting value at line 1, column 1"),
        (b'["\xe9"]', "it is not text in UTF-8"),
        (b" " * 1001, "it is larger than the 1,000 bytes of JSON that are read"),
    ],
)
def test_what_is_damaged_too_deep_or_not_finite_is_refused_in_one_sentence(document, said):
    limit = 1000 if document.startswith(b" ") else module.MAX_BYTES
    with pytest.raises(ValueError, match=said) as error:
        parse_json(document, "it", max_bytes=limit)
    assert "\n" not in str(error.value)


def test_brackets_and_digits_inside_texts_and_fractions_do_not_count():
    text = '["' + "[{" * 500 + '\\"[' + '", "\\\\", ' + "[" * 98 + "]" * 98 + "]"
    assert parse_json(text, "it")[0].endswith('"[')
    assert parse_json("[0." + "1" * 400 + ", " + "1" * 308 + "]", "it")[1] == int("1" * 308)
    with pytest.raises(ValueError, match=r"11 deep .* 10 are read"):
        parse_json("[" * 11 + "]" * 11, "it", max_depth=10)


def test_many_values_are_refused_before_they_are_made(monkeypatch):
    monkeypatch.setattr(module, "MAX_VALUES", 1000)
    document = b"[" + b"[]," * 100_000 + b"[]]"
    tracemalloc.start()
    with pytest.raises(ValueError, match="it has 200,002 values; 1,000 are read"):
        parse_json(document, "it")
    assert tracemalloc.get_traced_memory()[1] < 4 * len(document)
    tracemalloc.stop()


def test_files_are_named_and_read_no_further_than_their_limit(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("\ufeff[1]", encoding="utf-8")
    assert read_json(path) == [1]
    with pytest.raises(ValueError, match=r"a\.json is larger than the 3 bytes"):
        read_json(path, max_bytes=3)
    with pytest.raises(OSError, match=r"none\.json"):
        read_json(tmp_path / "none.json")
