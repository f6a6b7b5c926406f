"""A text of one sentence a file: what is asked is met, and what cannot be is told in a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import isthmus
from isthmus.cli import main
from isthmus.decode.evidence import SMALL, bare
from isthmus.decode.guided import causal
from isthmus.decode.guided.reading import sentences, words
from isthmus.indexes.rules import named, nearest_part, seen
from isthmus.studies.tell.request import TellRequest
from isthmus.types import ExtraMissingError, RequestError
from tests.decode.guided.toys import PIECES, ToyModel, bigrams

FORBIDDEN = [one.strip() for one in PIECES if one.strip().isalpha() and one not in (" the", "s")]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A picture, a text and a file that is damaged; a toy in the language model's place."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 40), "red").save("red.png")
    (tmp_path / "note.txt").write_text("a ship that sails", encoding="utf-8")
    (tmp_path / "bad.png").write_bytes(b"nothing")
    monkeypatch.setattr(causal, "load_model", lambda name: ToyModel(bigrams(1)))
    return ["red.png", "note.txt"]


def told(capsys, *words):
    code = main(["tell", *words, "--json", "--quiet"])
    return code, json.loads(capsys.readouterr().out)


def test_each_file_has_its_sentence(files, capsys):
    code, found = told(capsys, *files, "--start", "a cat sleeps. the", "--words", "3", "8")
    assert code == 0
    assert found["text"].startswith("a cat sleeps. the")
    assert sentences(found["text"])[1:] == [one["caption"] for one in found["items"]]
    assert [(one["file"], one["modality"]) for one in found["items"]] == [
        ("red.png", "image"),
        ("note.txt", "text"),
    ]
    for one in found["items"]:
        assert 3 <= len(words(one["caption"])) <= 8
        assert 0 <= one["score"] <= 1
    vectors = isthmus.embed("mini", [one["caption"] for one in found["items"]], modality="text")
    item = isthmus.embed("mini", ["red.png"]).unit[0]
    assert found["items"][0]["cycle"] == pytest.approx(float(vectors.unit[0] @ item), abs=1e-4)
    assert found["cut"] == 0


def test_evidence_is_what_a_word_is_missed_by(files, capsys):
    _, found = told(capsys, "note.txt", "--start", "the ship", "--words", "3", "6")
    (one,) = found["items"]
    asked = [each for each in words(one["caption"]) if each not in SMALL]
    assert [each["word"] for each in one["evidence"]] == asked and asked
    parts = one["caption"].split()
    at = next(k for k, part in enumerate(parts) if bare(part) == asked[0])
    texts = [one["caption"], " ".join(parts[:at] + parts[at + 1 :])]
    vectors = isthmus.embed("mini", texts, modality="text").unit
    item = isthmus.embed("mini", ["a ship that sails"]).unit[0]
    drop = float((vectors[0] - vectors[1]) @ item)
    assert one["evidence"][0]["drop"] == pytest.approx(drop, abs=1e-4)


def test_words_say_where_they_are_seen_and_are_printed(files, capsys):
    both = Image.new("RGB", (80, 40), "white")
    both.paste("red", (40, 0, 80, 40))
    both.save("both.png")
    asked = ("both.png", "--start", "the", "--words", "3", "6", "--require", "red")
    plain, found = (told(capsys, *asked, *more)[1]["items"][0] for more in ((), ("--where",)))
    assert [{**one, "place": None} for one in plain["evidence"]] == [
        {**one, "place": None} for one in found["evidence"]
    ]
    mini = isthmus.load("mini")
    parts = seen(mini, "image", "both.png")
    needed = [one for one in found["evidence"] if one["drop"] > 0]
    assert needed and not any("place" in one for one in plain["evidence"])
    for one in needed:
        place = nearest_part(parts, named(mini, [one["word"]])[0])
        box = one.get("place", {}).get("box")
        assert box == (None if place is None else pytest.approx(place.box))
    assert main(["tell", *asked, "--quiet"]) == 0
    most = max(needed, key=lambda one: one["drop"])
    assert f"words: {most['word']} {most['drop']:.2f}" in capsys.readouterr().out


def test_the_file_steers(files, capsys, tmp_path):
    (tmp_path / "cat.txt").write_text("a cat", encoding="utf-8")
    texts = [told(capsys, one, "--start", "the")[1]["text"] for one in ("note.txt", "cat.txt")]
    assert "ship" in texts[0] and "cat" in texts[1]


@pytest.mark.parametrize("strategy", ["magic", "best-of-n", "beam", "gibbs"])
def test_same_seed_same_text(files, capsys, strategy):
    asked = (*files, "--start", "the", "--strategy", strategy, "--seed", "5")
    assert told(capsys, *asked) == told(capsys, *asked)


def test_words_are_required_and_forbidden(files, capsys):
    code, found = told(
        capsys, *files, "--start", "the", "--require", "lantern", "quietly", "--forbid", "dog",
        "cat", "--words", "4", "9",
    )  # fmt: skip
    assert code == 0
    assert {"lantern", "quietly"} <= set(words(found["text"]))
    assert not {"dog", "cat"} & set(words(found["text"]))


def test_what_cannot_be_read_is_named_and_left_out(files, capsys):
    code, found = told(capsys, "bad.png", *files, "--start", "the")
    assert code == 0
    assert [*found["skipped"]] == ["bad.png"] and len(found["items"]) == 2
    assert main(["tell", "bad.png", "--quiet"]) == 1
    assert "Not one of 1 file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["red.png", "--start", ""], "not an empty one"),
        (["red.png", "--start", " .. "], "not an empty one"),
        (["red.png", "--words", "9", "3"], "least and the most"),
        (["red.png", "--require", "cat", "--forbid", "Cat"], "both required and forbidden"),
        (["red.png", "--grade", "19", "--words", "3", "5"], "read at grades"),
        (["gone.png"], "no file 'gone.png'"),
        (["red.png", "--start", "the", "--words", "2", "3", "--forbid", *FORBIDDEN],
         "ask for less"),
    ],
)  # fmt: skip
def test_what_cannot_be_met_is_one_sentence_and_exit_2(files, capsys, asked, said):
    assert main(["tell", *asked, "--quiet"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_options_that_do_not_go_together_are_refused():
    for wrong, said in (
        ({"files": ()}, "name one file"),
        ({"words": (9,)}, "two numbers"),
        ({"strategy": "majic"}, "did you mean 'magic'"),
        ({"strategy": "conzic"}, "wants --model"),
    ):
        with pytest.raises(RequestError, match=said):
            TellRequest(**{"files": (Path("red.png"),), **wrong})


def test_a_missing_library_is_named_with_its_extra(files, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ExtraMissingError) as caught:
        causal.load_model()
    assert caught.value.extras == ("speak",)


def test_grades_choose_their_length():
    easy, hard = (TellRequest((Path("a.png"),), grade=one).asked.words for one in (2.0, 11.0))
    assert easy[1] < hard[0] + 8 and easy[0] < hard[0]
    assert np.diff(easy)[0] > 5
