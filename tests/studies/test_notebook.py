"""What a newcomer meets in a Python prompt: short answers, tables, figures, and plain mistakes."""

import copy
import json
import os
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import isthmus
from isthmus.registry import UnknownPartError
from isthmus.studies.shared import MeasuredResult, numbers_of
from isthmus.types import Named, Place, RequestError, Result
from tests.studies import mistakes

VALUE, LINES, WIDE = 300, 15, 300
"""Letters of a value, lines of a run, and letters of its lines, that are shown at most."""


PLACES = tuple(Place(number) for number in range(300))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The result of every study, on as little as it takes."""
    folder, before = tmp_path_factory.mktemp("notebook"), Path.cwd()
    os.chdir(folder)
    os.environ["ISTHMUS_CACHE"] = str(folder / "cache")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 8)).astype(np.float32)
    np.savez("pairs.npz", image=x, text=x + 0.5 * rng.normal(size=x.shape).astype(np.float32))
    Path("photos").mkdir()
    for number, colour in enumerate(("red", "green", "blue")):
        Image.new("RGB", (30, 30), colour).save(f"photos/{number}.png")
        Path(f"photos/{number}.txt").write_text(f"{colour} paper", encoding="utf-8")
    Path("captions.json").write_text('[{"prediction": "a cat", "refs": ["a cat", "cats"]}]')
    np.save("said.npy", rng.normal(size=(3, 384)).astype(np.float32))
    cells = rng.normal(size=(40, 1, 8)) + rng.normal(size=(1, 3, 8))
    np.save("cells.npy", cells.reshape(-1, 8).astype(np.float32))
    rows = [f"{thing},{style}" for thing in range(40) for style in "abc"]
    Path("cells.csv").write_text("\n".join(["object,style", *rows]), encoding="utf-8")
    pairs, photos = {"arrays": "pairs.npz", "quiet": True}, {"inside": "photos", "quiet": True}
    try:
        yield {
            "study": isthmus.study(**pairs),
            "link_spaces": isthmus.link_spaces("arrays:pairs.npz", "arrays:pairs.npz", quiet=True),
            "compare": isthmus.compare("arrays:pairs.npz", "arrays:pairs.npz", quiet=True),
            "card": isthmus.card(**pairs),
            "atlas": isthmus.atlas(limit=2, views=10, quiet=True, out="atlas"),
            "styles": isthmus.styles(
                arrays="cells.npy", labels="cells.csv", score=12, fit_on="others", quiet=True
            ),
            "mend": isthmus.mend(**pairs, remedies="mean_removal", calibrate=8, splits=2),
            **trained(pairs),
            "replicate": isthmus.replicate("cone_at_random", quiet=True),
            "search": isthmus.search("red", **photos),
            "index": isthmus.index("photos", quiet=True),
            "find": isthmus.find("red", "photos/0.png", learn=4, quiet=True),
            "score": isthmus.score("captions.json", quiet=True),
            "caption": isthmus.caption("photos/0.png", quiet=True),
            "say": isthmus.say("photos/0.png - 'red'", ways=("nearest",), quiet=True),
            "invert": isthmus.invert("said.npy", ways=("nearest",), most=2, quiet=True),
            "tell": told("photos/0.png"),
            "edit": isthmus.edit("photos/0.png", to="blue", corpus="colours", **photos),
            "spaces": isthmus.spaces("mini"),
            "parts": isthmus.parts(),
            "cache": isthmus.cache(),
            "embed_files": isthmus.embed_files("mini", "kept", images="photos", quiet=True),
        }
    finally:
        os.chdir(before)
        del os.environ["ISTHMUS_CACHE"]


def told(file):
    """A text by a language model of sixteen words."""
    from unittest.mock import patch

    from tests.decode.guided.toys import ToyModel, bigrams

    with patch("isthmus.decode.guided.causal.load_model", lambda _: ToyModel(bigrams())):
        return isthmus.tell(file, start="the", words=[3, 9], quiet=True)


def trained(pairs):
    """What needs torch, where it is."""
    if find_spec("torch") is None:
        return {}
    return {
        "fit": isthmus.fit(**pairs, epochs=1),
        "sweep": isthmus.sweep(**pairs, losses=["info_nce", "sigmoid"], epochs=1),
    }


def objects():
    """Everything else that a prompt shows, by how one comes to it."""
    space = isthmus.load("mini")
    yield from (("space", space), ("encoder", space["image"]), ("space.space", space["text"].space))
    for name in ("glyphs", "babel", "clipart", "furniture"):
        world = isthmus.worlds.load(name)
        yield name, world
        for part in ("items", "links", "factors", "split", "credits", "faults"):
            yield f"{name}.{part}", getattr(world, part)
        yield f"{name}.credits[]", next(iter(world.credits.values()))
        yield f"{name}.factors[]", next(iter(world.factors.values()))
        for links in world.links.values():
            yield from ((f"{name} links", links), (f"{name} pairs", links.pairs))
        for kind, items in world.items.items():
            yield from (
                (f"{name} {part}", getattr(items, part)) for part in ("ids", "row", "payload")
            )
            yield from ((f"{name} {kind}", items), (f"{name} {kind}[]", items[0]))
            yield f"{name} table", world.to_table(kind)
    some = isthmus.embed(space, [f"word {number}" for number in range(300)])
    yield from ((f"set.{part}", getattr(some, part)) for part in ("ids", "row", "history", "space"))
    yield from (("set", some), ("set.to_table()", some.to_table()), ("few", some[:1].ids))
    yield "embed_all", isthmus.embed_all(space, ["an owl", Image.new("RGB", (9, 9))])
    bag = isthmus.Bag("mug", isthmus.Items("image", some.ids, [1] * 300), PLACES)
    yield from (("bag", bag), ("bag.places", bag.places))
    yield from ((name, getattr(isthmus, name)) for name in dir(isthmus))


def test_what_is_no_run_prints_on_one_line():
    shown = {name: repr(one) for name, one in objects()}
    assert len(shown) > 80
    assert {
        name: len(text) for name, text in shown.items() if len(text) > VALUE or "\n" in text
    } == {}
    assert shown["glyphs.factors"].startswith("{'1F600': dict of 5, '1F603': dict of 5, ")
    assert shown["glyphs.factors"].endswith(", ... 12,579 in all}")
    assert shown["set.ids"].startswith("('0', '1', ") and shown["few"] == "('0',)"
    assert shown["space"].startswith("{'image': MiniImage(space=Space(name='mini'")


def test_a_run_is_shown_in_few_lines_and_says_what_it_is(runs):
    assert set(isthmus.QUESTIONS) - set(runs) <= (set() if find_spec("torch") else {"fit", "sweep"})
    for name, run in runs.items():
        lines = repr(run).splitlines()
        assert len(lines) <= LINES and max(map(len, lines)) <= WIDE, name
        assert lines[0].startswith(type(run).__name__), name
    assert repr(runs["parts"]).splitlines()[-1].startswith("... print() shows ")
    assert "Retrieval works" in repr(runs["study"])
    for run in (run for run in runs.values() if isinstance(run, MeasuredResult)):
        long = {
            key: repr(one)
            for key, one in run.items()
            if len(repr(one)) > VALUE or "\n" in repr(one)
        }
        assert long == {}


def test_a_run_that_measured_is_a_mapping_of_results(runs):
    found = runs["study"]
    assert [*found] == [*found.keys()] == [*found.results] and len(found) == len(found.results) > 30
    assert "hit_at_k" in found and "hitatk" not in found
    assert found.get("hitatk") is None and found.get("hit_at_k") is found["hit_at_k"]
    assert dict(found)["centroid_gap"].value == found["centroid_gap"].value
    assert all(isinstance(one, Result) for one in found.values())
    for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found), copy.copy(found)):
        assert repr(again) == repr(found) and str(again.table_rows()) == str(found.table_rows())
    with pytest.raises(KeyError) as caught:
        found["hitatk"]
    assert str(caught.value).startswith(
        "There is no 'hitatk' here; did you mean 'hit_at_k'? There are"
    )
    assert not hasattr(found, "hit_at_k") and not hasattr(found, "_repr_png_")


NUMBERS = {"fit": "R@1", "sweep": "R@1", "mend": "R@1", "search": "score", "edit": "score"}
NUMBERS |= {"embed_files": "items", "cache": "bytes", "link_spaces": "hit@1", "index": "items"}
NUMBERS |= {"find": "probability", "caption": "score", "say": "cycle"}
NUMBERS |= {"invert": "cycle", "tell": "cycle"}


def test_every_run_becomes_a_table_and_a_figure(runs):
    from arro3.core import Table

    for name, run in runs.items():
        table = Table.from_arrow(run.to_table())
        assert table.num_rows == len(run.table_rows()) > 0, name
        if name in ("spaces", "parts"):
            with pytest.raises(RequestError, match="has nothing to draw"):
                run.plot()
            continue
        column = NUMBERS.get(name, "value")
        assert np.isfinite(table[column].to_numpy()).any(), name
        axes = Figure().subplots()
        assert run.plot(axes) is axes and axes.has_data(), name
        if hasattr(run, "_repr_html_"):
            assert "<img" in run._repr_html_(), name


def test_the_table_of_a_study_holds_its_numbers(runs):
    found = runs["study"]
    rows = {row["measure"]: row for row in found.table_rows()}
    gap, hits = found["centroid_gap"], found["hit_at_k"]
    assert rows["centroid_gap"] == {
        "measure": "centroid_gap",
        **vars(numbers_of(gap)),
        "p": gap.null.p,
    }
    back = rows["hit_at_k, text → image"]
    assert (back["value"], back["low"]) == (hits.backward.value, hits.backward.interval.low)
    assert "hit_at_k" not in rows and back["chance"] == hits.backward.null.mean
    assert [*found.to_table()] == ["measure", "value", "low", "high", "chance", "floor", "p"]
    mended = {(row["remedy"], row["objects"]): row for row in runs["mend"].table_rows()}
    own = runs["mend"].tables[8]["mean_removal"]
    assert mended["mean removal", 8]["R@1"] == own.hits.value
    assert mended["mean removal", 8]["mixed nDCG@10 high"] == own.mixed.interval.high
    assert [row["id"] for row in runs["search"].table_rows()] == [
        hit.id for hit in runs["search"].hits
    ]
    assert {row["target"] for row in runs["edit"].table_rows()} == set(runs["edit"].targets)


def test_a_table_is_drawn_with_values_intervals_and_chance(runs):
    axes = runs["styles"].plot(Figure().subplots())
    rows = runs["styles"].table_rows()
    assert [text.get_text() for text in axes.get_yticklabels()] == [row["method"] for row in rows]
    drawn = [line.get_xdata() for line in axes.lines]
    for row, (ends, value, chance) in zip(rows, zip(*[iter(drawn)] * 3, strict=True), strict=True):
        assert [*ends] == [row["low"], row["high"]]
        assert ([*value], [*chance]) == ([row["value"]], [row["chance"]])
    assert axes.get_xlabel() == "value" and axes.yaxis_inverted()
    assert len(runs["compare"].plot(Figure().subplots()).get_yticklabels()) == len(runs["compare"])
    drawn = runs["study"].plot(Figure().subplots())
    wanted = runs["study"]["cosine_separation"].plot(Figure().subplots())
    assert drawn.get_xlabel() == wanted.get_xlabel() and len(drawn.lines) == len(wanted.lines)


def test_a_mapping_of_ours_is_a_dict_that_says_what_there_is():
    some = Named(a=1, b=2)
    assert some == {"a": 1, "b": 2} and some | {"c": 3} == {"a": 1, "b": 2, "c": 3}
    assert some.get("c") is None and "c" not in some and pickle.loads(pickle.dumps(some)) == some
    with pytest.raises(UnknownPartError, match=r"^There is no 'c' here; there are: a, b\.$"):
        some["c"]


def test_plain_mistakes_are_told_in_a_sentence(tmp_path):
    """By itself, without the checks of types that tests have."""
    paths = [*(str(Path(path).resolve()) for path in sys.path if path), str(Path.cwd())]
    made = subprocess.run(
        [sys.executable, "-m", "tests.studies.mistakes"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "ISTHMUS_CACHE": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {text: (kinds, said) for text, kinds, said in json.loads(made.stdout)}
    assert set(found) == set(mistakes.MISTAKES)
    wrong = {
        text: found[text] for text, said in mistakes.MISTAKES.items() if said not in found[text][1]
    }
    assert wrong == {}
    ours = ("isthmus.types.errors.IsthmusError", "isthmus.registry.UnknownPartError")
    plain = ("builtins.TypeError", "builtins.AttributeError")
    kinds = {text: kinds for text, (kinds, _) in found.items()}
    assert {text for text, some in kinds.items() if not {*ours, *plain} & {*some}} == set()
    called = {text for text, some in kinds.items() if not {*ours} & {*some}}
    starts = ("isthmus.", "measure.hitatk", "found.hit_at_k")
    assert {text for text in called if not text.startswith(starts)} == set()
    assert not any(tmp_path.glob("runs")), "a mistake is told before any work"
