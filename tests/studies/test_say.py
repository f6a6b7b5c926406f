"""Vectors in words: sums of items, vectors of one's own, every text embedded again."""

import json

import numpy as np
import pytest
from PIL import Image

import isthmus
from isthmus.arrays import unit
from isthmus.cli import main
from isthmus.decode.kinds import open_reader
from isthmus.decode.memories import shipped
from isthmus.decode.sums import among_texts, beside_mean
from isthmus.indexes.building import build
from isthmus.indexes.rules import named, nearest_part, seen
from isthmus.types import RequestError, SpaceMismatchError

QUICK = ("nearest", "concepts")


@pytest.fixture(scope="module")
def text():
    return isthmus.load("mini")["text"]


@pytest.fixture
def red(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (64, 64), (220, 20, 20)).save("red.png")
    return "red.png"


def test_a_text_says_itself_and_its_score_is_that_of_the_text_embedded_again(text):
    found = isthmus.say("'a photo of a dog'", ways=QUICK, quiet=True)
    said = found.said[0]
    assert said.best.text == "a photo of a dog" and said.best.score > 0.95
    assert said.ways["concepts"][0].text == "dog"
    assert said.chance.mean < said.chance.high < said.best.score
    whole, concept = unit(text.encode(["a photo of a dog", said.ways["concepts"][0].text]))
    assert said.ways["concepts"][0].score == pytest.approx(float(whole @ concept), abs=0.05)


def test_what_is_taken_away_is_gone_and_what_is_added_is_there():
    mixed = isthmus.say("'a photo of a dog' - 'dog' + 'cat'", ways=QUICK, quiet=True).said[0]
    names = [one.text for one in mixed.ways["concepts"]]
    assert any("cat" in one for one in names) and "dog" not in names[:1]
    heavy = isthmus.say("0.1 * 'dog' + 'a photo of a cat'", ways=("nearest",), quiet=True)
    assert "cat" in heavy.said[0].best.text
    assert (
        "dog" in isthmus.say("3 * 'dog' + 'cat'", ways=("nearest",), quiet=True).said[0].best.text
    )


def test_files_and_items_of_an_index_are_terms(red, tmp_path):
    build(tmp_path, "mini", tmp_path / "my.index")
    by_file = isthmus.say(red, ways=QUICK, quiet=True).said[0]
    by_index = isthmus.say("red.png@my.index", ways=QUICK, quiet=True).said[0]
    assert by_file.modality == by_index.modality == "image"
    assert by_file.best.text == by_index.best.text
    assert by_file.best.score == pytest.approx(by_index.best.score, abs=1e-4)
    both = isthmus.say(f"{red} + 'a car'", ways=("nearest",), quiet=True).said[0]
    assert both.modality == "image + text" and "car" in both.best.text


def test_json_tells_cycle_and_chance(capsys):
    assert main(["say", "'a photo of a dog'", "--ways", "nearest", "--json", "--quiet"]) == 0
    item = json.loads(capsys.readouterr().out)["items"][0]
    assert item["caption"] == "a photo of a dog" and item["cycle"] == item["score"] > 0.95
    assert item["chance"] < item["chance_95"] < item["cycle"]
    assert item["ways"]["nearest"][0]["said"] == item["caption"]


def test_words_have_their_evidence_whatever_way_comes_first(text, red):
    said = isthmus.say("'a photo of a dog'", ways=("nearest",), quiet=True).said[0]
    assert [one.word for one in said.best.evidence] == ["photo", "dog"]
    target = beside_mean(unit(text.encode(["a photo of a dog"])), open_reader(text, "text"))
    (target,) = among_texts(target, shipped(text))
    whole, less = unit(text.encode(["a photo of a dog", "a photo of a"])) @ target
    assert said.best.evidence[1].drop == pytest.approx(float(whole - less), abs=1e-3)
    assert said.to_dict()["evidence"] == said.best.to_dict()["evidence"]


def test_words_say_where_they_are_seen_in_one_file(red, capsys):
    both = Image.new("RGB", (128, 64), "white")
    both.paste(Image.open(red), (64, 0))
    both.save("both.png")
    found = isthmus.say("both.png", ways=("nearest",), where=True, quiet=True).said[0].best
    mini = isthmus.load("mini")
    needed = [one for one in found.evidence if one.drop > 0]
    assert needed
    for one in needed:
        part = nearest_part(seen(mini, "image", "both.png"), named(mini, [one.word])[0])
        assert one.place == part
    assert main(["say", "both.png", "--ways", "nearest", "--quiet"]) == 0
    most = max(needed, key=lambda one: one.drop)
    assert f"words      {most.word} {most.drop:.2f}" in capsys.readouterr().out
    for wrong in ("both.png + 'a dog'", "'a dog'"):
        with pytest.raises(RequestError, match="--where wants an expression of one file"):
            isthmus.say(wrong, where=True)


def test_texts_that_the_tower_cuts_are_counted(capsys):
    long = "'" + "dog " * 1000 + "'"
    assert main(["say", f"{long} + 'cat'", "--ways", "nearest", "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["cut"] == 1
    found = isthmus.say(f"{long} + {long}", ways=("nearest",), quiet=True)
    assert found.to_dict()["cut"] == 2 and "2 sentences cut at what mini reads" in found.verdict
    short = isthmus.say("'a dog'", ways=("nearest",), quiet=True)
    assert short.to_dict()["cut"] == 0 and "cut" not in short.verdict


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("nothing.jpg", "no file nothing.jpg; a text stands in quotes"),
        ("'a dog' - 'a dog'", "Nothing is left"),
        ("'a dog", "never closed"),
        ("a.png@nowhere.index", "is no index"),
        ("red.png@my.index", "is no index"),
    ],
)
def test_bad_expressions_are_one_sentence(expression, why, red, capsys):
    assert main(["say", expression, "--quiet"]) == 2
    assert why in capsys.readouterr().err


def test_ways_that_there_are_not_and_that_the_space_has_not(red):
    with pytest.raises(RequestError, match=r"no way .nearset.*did you mean .nearest"):
        isthmus.say(red, ways=("nearset",))
    with pytest.raises(RequestError, match="gives gradients"):
        isthmus.say(red, ways=("prompt",), quiet=True)
    with pytest.raises(RequestError, match="wants one or more"):
        isthmus.say(red, ways=())


def test_vectors_of_ones_own_are_said_where_their_modality_lies(text, red, tmp_path):
    texts = ["a photo of a dog", "a photo of a car", "a photo of a tree"]
    np.save("texts.npy", np.asarray(text.encode(texts)))
    found = isthmus.invert("texts.npy", ways=("nearest",), quiet=True)
    assert [one.best.text for one in found.said] == texts
    assert [one.name for one in found.said] == ["0", "1", "2"]
    first = isthmus.invert("texts.npy", ways=("nearest",), most=1, quiet=True)
    assert len(first.said) == 1 and "2 more are left out" in first.verdict
    isthmus.save(isthmus.embed("mini", [red]), tmp_path / "kept")
    kept = isthmus.invert("kept", ways=QUICK, quiet=True).said[0]
    said = isthmus.say(red, ways=QUICK, quiet=True).said[0]
    assert kept.best == said.best and kept.modality == "image"


def test_vectors_that_cannot_be_said_are_refused(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("short.npy", rng.normal(size=(3, 7)).astype(np.float32))
    with pytest.raises(RequestError, match=r"7 coordinates.*mini have 384"):
        isthmus.invert("short.npy")
    rows = rng.normal(size=(3, 384)).astype(np.float32)
    rows[1, 2] = np.nan
    np.save("broken.npy", rows)
    with pytest.raises(RequestError, match=r"not finite|NaN"):
        isthmus.invert("broken.npy")
    np.savez("two.npz", image=rows[[0, 2]], text=rows[[0, 2]])
    with pytest.raises(RequestError, match="image, text: say whose are meant by --modality"):
        isthmus.invert("two.npz")
    chosen = isthmus.invert("two.npz", modality="text", ways=("nearest",), quiet=True)
    assert len(chosen.said) == 2
    with pytest.raises(RequestError, match="no file or folder"):
        isthmus.invert("nothing.npy")
    other = isthmus.embed("mini", ["a dog"])
    foreign = isthmus.EmbeddingSet(
        other.vectors, other.ids, "text", isthmus.Space("other", "x", 384), other.history
    )
    isthmus.save(foreign, tmp_path / "foreign")
    with pytest.raises(SpaceMismatchError):
        isthmus.invert("foreign")
