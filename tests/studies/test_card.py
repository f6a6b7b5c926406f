"""The report card: every pair of modalities, roads side by side, and scores that are refused."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.encode import ENCODERS
from isthmus.read import MODALITIES, modalities
from isthmus.studies.card.request import CardRequest
from isthmus.studies.card.run import run
from isthmus.studies.card.sides import _wanted, drawn, objects
from isthmus.studies.shared.collection import linked
from isthmus.types import (
    Bag,
    Common,
    Items,
    Links,
    Modality,
    Place,
    RequestError,
    Source,
    Space,
    View,
    World,
)
from isthmus.view import VIEWS, views
from isthmus.view.stress import STRESSES
from isthmus.worlds import WORLDS

SPACE, N, D = Space("senses", "senses-12", 12), 40, 12
MEANINGS = np.random.default_rng(0).normal(size=(N, D))
SMELL = Modality(
    "smell", read=lambda item: item, about="a row number and noise", suffixes=(".odr",)
)
TUNE = Modality("tune", read=lambda item: item, about="a row number", suffixes=(".tun",))
WORD = Modality("word", read=lambda item: item, about="a row number", suffixes=(".wrd",))


@dataclass(frozen=True)
class Sense:
    """The meaning of a row, blurred and moved in a way of the modality's own."""

    modality: str
    noise: float
    away: float
    space: Space = SPACE
    preprocessing: str = "its meaning, blurred"

    def encode(self, items):
        rng = np.random.default_rng(len(self.modality))
        blur = rng.normal(size=(N, D))
        rows = [int(item) for item in items]
        found = MEANINGS[rows] + self.noise * blur[rows] + self.away
        return found.astype(np.float32).reshape(len(items), D)


def load_senses(_rest="", _options=None):
    return {"smell": Sense("smell", 0.1, 0.4), "word": Sense("word", 0.1, -0.4)}


def sniffed(item, owner):
    parts = Items("smell", (f"{owner}/0",), [item])
    return Bag(owner, parts, (Place(0),))


def told(item, owner):
    """A road that loses nearly everything: each item is told as one of two words."""
    parts = Items("word", (f"{owner}/0",), [str(int(item) % 2)])
    return Bag(owner, parts, (Place(0),))


SNIFFED = View("sniffed", of="tune", to="smell", see=sniffed, about="smelt once")
TOLD = View("told", of="tune", to="word", see=told, about="told in one of two words")


def swapped(item, other, rng):
    """Every second one becomes the next one."""
    return str(int(item) + (int(item) % 2 == 0))


CHANGES = {
    "same": lambda item, other, rng: item,
    "swapped": swapped,
    "other": lambda item, other, rng: other,
}


def senses_world():
    """Smells, tunes and words; smells and tunes are linked to words only."""
    names = {kind: [f"{kind}-{row}" for row in range(N)] for kind in ("smell", "tune", "word")}
    items = {
        kind: Items(kind, tuple(ids), [str(row) for row in range(N)]) for kind, ids in names.items()
    }
    links = {
        (kind, "word"): Links(zip(names[kind], names["word"], strict=True))
        for kind in ("smell", "tune")
    }
    return World("senses", items, links)


@pytest.fixture(autouse=True)
def senses(monkeypatch, tmp_path):
    here = "tests.studies.test_card"
    for kind in ("smell", "tune", "word"):
        monkeypatch.setitem(MODALITIES, kind, f"{here}:{kind.upper()}")
    for name in ("sniffed", "told"):
        monkeypatch.setitem(VIEWS, name, f"{here}:{name.upper()}")
    monkeypatch.setitem(STRESSES, "smell", f"{here}:CHANGES")
    monkeypatch.setitem(ENCODERS, "senses", f"{here}:load_senses")
    monkeypatch.setitem(WORLDS, "senses", f"{here}:senses_world")
    monkeypatch.chdir(tmp_path)
    for known in (modalities, views):
        known.cache_clear()
    yield
    for known in (modalities, views):
        known.cache_clear()


def carded(**options):
    return run(CardRequest(("senses",), Source(world="senses"), common=Common(), **options))


def test_every_pair_of_invented_modalities_is_measured_both_ways_and_named_on_the_page():
    found = carded()
    for pair in ("smell, tune", "smell, word", "tune, word"):
        assert found[f"hit_at_k[{pair}]"].value > 0.9
        assert found[f"centroid_gap[{pair}]"].interval is not None
    grid = found["pairs"]
    assert grid.modalities == ("smell", "tune", "word")
    assert np.isnan(grid.shares).sum() == 3  # a modality is not asked of itself
    assert grid.chances[0, 1] == pytest.approx(1 / N, abs=0.01)
    assert "a row number and noise" in found.page and "test, where the data have" in found.page
    for word in ("smell", "tune", "smelt once", "told in one of two words", "by way of word"):
        assert word in found.page
    assert "for 6 of 6 ordered pairs" in found.verdict
    # the gap that was put between smells and words, and none between smells and sniffed tunes
    gap = {pair: found[f"centroid_gap[{pair}]"].value for pair in ("smell, tune", "smell, word")}
    assert gap["smell, word"] > 0.4
    assert gap["smell, tune"] == pytest.approx(0, abs=1e-6)


def test_a_road_that_loses_everything_is_told_from_one_that_does_not():
    found = carded()
    rows = {
        (one["what"], one["with"], row["name"]): row
        for one in found.record["roads"]
        for row in one["rows"]
    }
    lost = rows["tune: told against sniffed", "smell", "hit@1, tune → smell"]
    assert lost["first"] > 0.9 and lost["second"] < 0.1
    assert lost["interval"]["high"] < -0.7
    assert not carded(roads=("sniffed",)).record["roads"]


def test_classes_are_read_by_every_road(monkeypatch):
    world = senses_world()
    odd = {
        name: {"label": ("even", "odd")[row % 2]}
        for some in world.items.values()
        for row, name in enumerate(some.ids)
    }
    monkeypatch.setitem(WORLDS, "senses", "tests.studies.test_card:labelled_world")
    monkeypatch.setitem(
        globals(), "labelled_world", lambda: World(world.name, world.items, world.links, odd)
    )
    found = carded()
    told = [found[f"{name}[tune (told)]"] for name in ("few_shot", "class_retrieval")]
    assert [one.value for one in told] == [1, 1] and told[1].ndcg5 == pytest.approx(1)
    for name in ("few_shot", "class_retrieval", "linear_probe", "knn_probe"):
        plain = found[f"{name}[smell]"]
        assert plain.value < 0.8 and plain.null.p > 0.05
        assert f">{name.replace('_', ' ')}<" in found.page
    assert found["ndcg[smell, word]"].value > 0.9 and "nDCG@5" in found.page


def test_roads_of_several_views_are_taken_where_they_are_asked_for():
    ways = dict.fromkeys(
        ("cells+renders", "direct", "cells+depth", "cells"), Sense("tune", 0.0, 0.0)
    )
    assert [*_wanted(ways, ())] == ["cells+renders", "direct", "cells"]
    assert [*_wanted(ways, ("cells+depth",))] == ["cells+renders", "cells+depth"]
    assert _wanted(ways, ("all",)) == ways


def test_several_roads_are_taken_together_where_they_are_asked_for():
    rows = carded(roads=("sniffed&told",)).record["roads"]
    assert {one["what"] for one in rows} == {"tune: sniffed&told against sniffed"}
    with pytest.raises(RequestError, match="No road is called 'sniffed&lost'"):
        carded(roads=("sniffed&lost",))


def test_the_same_card_again_is_the_same_to_the_byte():
    first = Path("runs/card-senses-senses/report.html")
    carded()
    before = first.read_bytes(), first.with_name("report.json").read_bytes()
    carded()
    assert (first.read_bytes(), first.with_name("report.json").read_bytes()) == before
    record = json.loads(before[1])
    assert record["spaces"][0]["linked"]["smell, tune"] == "word"
    assert record["spaces"][0]["sides"]["tune (told)"]["protocol"].startswith("told in one")


def test_two_spaces_are_set_against_each_other_on_the_same_items():
    found = run(CardRequest(("senses", "senses"), Source(world="senses")))
    apart = [one for one in found.record["roads"] if "against senses" in one["what"]]
    assert len(apart) == 3
    assert {row["value"] for one in apart for row in one["rows"]} == {0.0}


def test_study_becomes_a_card_of_all_or_some_modalities(capsys):
    assert main(["study", "senses", "--world", "senses", "--modalities", "all"]) == 0
    assert "6 of 6 ordered pairs" in capsys.readouterr().out
    given = ["study", "senses", "--world", "senses", "--modalities", "smell", "tune", "--json"]
    assert main(given) == 0
    said = json.loads(capsys.readouterr().out)
    assert [*said["report"]["spaces"][0]["linked"]] == ["smell, tune"]
    assert main(["card", "senses", "--world", "senses", "--modalities", "smell", "colour"]) == 2
    assert "has no 'colour'" in capsys.readouterr().err


def test_a_study_points_to_the_card_where_there_is_more(capsys):
    assert main(["study", "senses", "--world", "senses"]) == 0
    assert "isthmus card senses --world senses" in Path(
        "runs/study-senses-senses/report.html"
    ).read_text("utf-8")


def test_objects_are_drawn_whole():
    world = senses_world()
    owner = objects(world)
    assert owner["smell-3"] == owner["tune-3"] == owner["word-3"] != owner["word-4"]
    some = drawn(world, 10, seed=1)
    assert {len(one) for one in some.items.values()} == {10}
    assert {name.partition("-")[2] for name in some.items["smell"].ids} == {
        name.partition("-")[2] for name in some.items["tune"].ids
    }
    assert drawn(world, N, 1) is world
    links, way = linked(world, "smell", "tune")
    assert way == "word" and ("smell-7", "tune-7") in links.pairs and len(links) == N
    with pytest.raises(RequestError, match="No links join"):
        linked(World("w", world.items, {}), "smell", "tune")


def npz(path, seed=0, n=60):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 8))
    a, b = (z + 0.5 * rng.normal(size=z.shape) + sign for sign in (1, -1))
    np.savez(path, image=a.astype("f4"), text=b.astype("f4"))


def test_scores_on_items_that_a_remedy_was_chosen_on_are_refused(capsys):
    npz("pairs.npz")
    npz("others.npz", seed=1)
    remedy = ["--keep", "mean_removal", "--splits", "2", "--remedies", "mean_removal", "--out", "m"]
    assert main(["mend", "--arrays", "pairs.npz", "--model", "made", *remedy]) == 0
    capsys.readouterr()
    for command in ("study", "card"):
        given = [command, "mended:m", "--model", "made", "--arrays"]
        assert main([*given, "pairs.npz"]) == 2
        said = capsys.readouterr().err
        assert "the choice of mean_removal saw 60 of 60 image items" in said and "--seen" in said
        assert main([*given, "others.npz"]) == 0
        assert main([*given, "pairs.npz", "--seen", "--out", f"seen-{command}"]) == 0
        assert main([command, "mended:m", "--out", f"alone-{command}"]) == 0  # means these arrays
        for page in (f"seen-{command}/report.html", f"alone-{command}/report.html"):
            assert "These numbers flatter the space" in Path(page).read_text("utf-8")


def test_scores_on_objects_that_were_trained_on_are_refused(capsys):
    pytest.importorskip("torch")
    npz("pairs.npz", n=120)
    assert main(["fit", "--arrays", "pairs.npz", "--epochs", "1", "--out", "trained"]) == 0
    capsys.readouterr()
    assert main(["study", "mended:trained", "--arrays", "pairs.npz"]) == 2
    assert "the training of" in capsys.readouterr().err


def test_prompts_and_weights_from_outside_are_not_declared_unless_a_record_says_so(capsys):
    Path("prompts.txt").write_text("the word {}\n")
    given = ["card", "senses", "--world", "senses", "--templates", "prompts.txt"]
    assert main([*given, "--out", "a"]) == 0
    page = Path("a/report.html").read_text("utf-8")
    assert "prompts.txt: origin not declared" in page
    assert page.count("origin not declared") > 1  # of the weights, too
    record = {"what": "these prompts, by the labels of test", "saw": [["smell", "smell-3"]]}
    Path("prompts.txt.selection.json").write_text(json.dumps(record))
    capsys.readouterr()
    for command in ("card", "study"):
        assert main([command, *given[1:]]) == 2
        assert "these prompts, by the labels of test saw 1 of 40 smell items" in (
            capsys.readouterr().err
        )
    record["saw"] = [["smell", "of another world"]]  # the weights stay undeclared
    Path("prompts.txt.selection.json").write_text(json.dumps(record))
    assert main([*given, "--out", "b"]) == 0
    page = Path("b/report.html").read_text("utf-8")
    assert page.count("these prompts, by the labels of test") == 1
    assert "origin not declared" in page
    Path("prompts.txt.selection.json").write_text('{"what": 3}')
    capsys.readouterr()
    assert main([*given, "--out", "c"]) == 2
    assert "selection.json wants" in capsys.readouterr().err


def test_a_card_of_one_modality_or_of_nothing_is_refused(capsys):
    assert main(["card", "senses", "--world", "senses", "--modalities", "smell"]) == 2
    assert main(["card", "senses", "senses", "--world", "senses", "--most", "3"]) == 2
    npz("pairs.npz")
    assert main(["card", "--arrays", "pairs.npz"]) == 0
    said = capsys.readouterr().out
    assert "2 of 2 ordered pairs" in said
    assert "isthmus study --arrays pairs.npz" in said and "--seed 1" not in said
    assert "objects at most" not in Path("runs/card-pairs/report.html").read_text("utf-8")


def test_a_card_of_noise_says_so_and_roads_that_are_not_there_are_refused(capsys):
    rng = np.random.default_rng(3)
    np.savez("noise.npz", **{x: rng.normal(size=(80, 8)).astype("f4") for x in ("image", "text")})
    assert main(["card", "--arrays", "noise.npz"]) == 0
    assert "above chance for 0 of 2 ordered pairs" in capsys.readouterr().out
    assert main(["card", "senses", "--world", "senses", "--roads", "snifed"]) == 2
    assert "did you mean 'sniffed'" in capsys.readouterr().err
    assert main(["card", "senses", "--world", "senses", "--most", "10"]) == 0
    assert "isthmus card senses --seed 1" in capsys.readouterr().out
