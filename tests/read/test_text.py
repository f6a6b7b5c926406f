"""A text is Unicode, however it comes."""

import pytest

from isthmus.read.text import text
from isthmus.types import ItemError


def test_strings_bytes_and_files_are_texts(tmp_path):
    (tmp_path / "a.txt").write_text("Zürich 🐕", encoding="utf-8-sig")
    for item in ("Zürich 🐕", "Zürich 🐕".encode(), tmp_path / "a.txt"):
        assert text(item) == "Zürich 🐕"
    assert text("<b>\x1b[31m") == "<b>\x1b[31m"


def test_what_is_no_text_says_so():
    with pytest.raises(ItemError, match="must be UTF-8"):
        text("Zürich".encode("latin-1"))
    with pytest.raises(ItemError, match="this is a int"):
        text(3)
