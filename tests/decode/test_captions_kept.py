"""The sheet of captions that is judged blind, and what its judgements say."""

import numpy as np
import pytest

from benchmarks.captions_kept import CRITERIA, Line, moved, read_sheet, shares, write_sheet


def lines(many):
    return [Line(n + 1, "glyphs", f"thing {n // 2}", "a drawing, of one") for n in range(many)]


def test_every_item_gets_the_caption_of_another_and_every_caption_is_given_once():
    said = [str(n) for n in range(9)]
    found = moved(said, np.random.default_rng(0))
    assert sorted(found) == said and all(a != b for a, b in zip(said, found, strict=True))


def test_a_sheet_tells_its_criteria_and_not_whose_captions_are(tmp_path):
    path = tmp_path / "sheet.csv"
    write_sheet(path, lines(4))
    text = path.read_text()
    assert text.startswith(f"# {CRITERIA[0]}\n") and all(one in text for one in CRITERIA)
    assert "number,kind,truth,caption,kept\n" in text and "own" not in text.partition("number,")[2]
    with pytest.raises(SystemExit, match="Line 1 wants y or n"):
        read_sheet(path)
    path.write_text(text.replace('one",\n', 'one",y\n', 1).replace('one",\n', 'one",n\n'))
    found, kept = read_sheet(path)
    assert found == lines(4) and kept == [True, False, False, False]


def test_shares_are_of_own_captions_and_of_others_item_by_item():
    kept = [True, False, True, False, False, True, False, False]
    own = [True, False, True, False, False, True, False, True]
    row = shares(lines(8), kept, own)["glyphs"]
    assert row["items"] == 4
    assert row["own"][0] == 0.75 and row["other"][0] == 0.0
    assert row["difference"][0] == 0.75 and row["difference"][1] < 0.75 < row["difference"][2]
    swapped = shares(lines(8), kept, [not one for one in own])["glyphs"]
    assert swapped["own"] == row["other"] and swapped["difference"][0] == -0.75
