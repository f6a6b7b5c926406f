"""Prompt templates from a file."""

import pytest

from isthmus.read.text import read_templates
from isthmus.types import RequestError


def test_templates_are_lines_with_one_gap(tmp_path):
    (tmp_path / "t.txt").write_text("a photo of a {}.\n\n  ein Bild: {}\r\n", encoding="utf-8-sig")
    assert read_templates(tmp_path / "t.txt") == ("a photo of a {}.", "ein Bild: {}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no template"),
        ("{}\na photo", "line 2: .* this is 'a photo'"),
        ("{} and {}", "once"),
        ("{0.__class__} {}", "line 1"),
        ("{name}", "line 1"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    (tmp_path / "t.txt").write_text(content)
    with pytest.raises(RequestError, match=message):
        read_templates(tmp_path / "t.txt")
    with pytest.raises(RequestError, match="cannot be read"):
        read_templates(tmp_path / "none.txt")
