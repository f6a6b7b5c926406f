"""A text is Unicode, however it comes."""

import ast
import os
from pathlib import Path

import pytest

import isthmus
from isthmus.read.text import read_lines, text
from isthmus.store import readable, text_lines
from isthmus.types import ItemError


def test_strings_bytes_and_files_are_texts(tmp_path):
    (tmp_path / "a.txt").write_text("Zürich 🐕", encoding="utf-8-sig")
    for item in ("Zürich 🐕", "Zürich 🐕".encode(), tmp_path / "a.txt"):
        assert text(item) == "Zürich 🐕"
    assert text("<b>\x1b[31m") == "<b>\x1b[31m"


def test_what_is_no_text_says_so():
    with pytest.raises(ItemError, match=r"This is not UTF-8 text \(line 1: .*save it as UTF-8"):
        text("Zürich".encode("latin-1"))
    with pytest.raises(ItemError, match="this is an int"):
        text(3)


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_before_a_text_says_what_it_is(tmp_path, code):
    content = "Zürich 🐕\r\nzwei\x0cdrei\x85vier\u2028fünf\rsechs\n\n".encode(code)
    (tmp_path / "a.txt").write_bytes(content)
    assert text(content).startswith("Zürich")
    lines = ["Zürich 🐕", "zwei\x0cdrei\x85vier\u2028fünf", "sechs", ""]
    assert read_lines(tmp_path / "a.txt") == lines


@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_text_without_a_mark_is_known_by_its_nuls_or_refused(tmp_path, code):
    path = tmp_path / "a.txt"
    for said in ("3 dogs", "one\r\ntwo", "Zürich 🐕 " * 2000):
        path.write_bytes(said.encode(code))
        assert text(path) == text(said.encode(code)) == said
    for bad in ("漢字 " * 20 + "\ud800", "plain text\0 with NULs"):
        path.write_bytes(bad.encode(code, "surrogatepass"))
        with pytest.raises(ItemError, match=r"a\.txt is not UTF-8 text .*; save it as UTF-8"):
            text(path)


def test_a_few_nuls_make_no_other_encoding(tmp_path):
    assert text(b"a dog\0 on a long beach") == "a dog\0 on a long beach"


def test_lines_end_in_line_breaks_only():
    others = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
    assert text_lines(others) == [others]
    assert text_lines("") == []
    assert text_lines("a\n") == text_lines("a") == ["a"]
    assert text_lines("\r\n\n\r") == ["", "", ""]


def test_no_text_is_cut_where_only_python_sees_a_line():
    """``str.splitlines`` cuts at form feeds, U+0085 and U+2028, which captions hold."""
    for path in Path(isthmus.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert "splitlines" not in names, f"{path}: use isthmus.store.text_lines"


def test_any_name_can_be_written():
    assert readable("été\n🐕") == "été\n🐕"
    assert readable(os.fsdecode(b"\xff.png")) == "\\xff.png"
    assert readable("a\ud83d \udc00") == "a\\ud83d \\udc00"
