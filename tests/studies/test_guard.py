"""Every door refuses scores on items that something was chosen on: links, styles, atlas, memory."""

import json
from pathlib import Path

import numpy as np
import pytest

import isthmus
from isthmus.cli import main
from isthmus.studies.shared.guard import told_by
from isthmus.types import EmbeddingSet, RequestError, Selection, Space
from isthmus.types.selections import mark


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def spaces(n=120, ids=None, seed=0):
    """The same items in two spaces, texts and pictures each."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 6))
    ids = tuple(ids or (f"item-{row}" for row in range(n)))
    found = {}
    for name in "ab":
        mix = np.random.default_rng(ord(name)).normal(size=(6, 16))
        for kind in ("image", "text"):
            rows = hidden @ mix + 0.2 * rng.normal(size=(n, 16))
            space = Space(name, name, 16)
            found[name, kind] = EmbeddingSet(rows.astype(np.float32), ids, kind, space)
    return found


@pytest.mark.parametrize("running", [False, True])
def test_vectors_that_a_link_moved_are_not_scored_on_what_it_saw(running, capsys):
    names = [*map(str, range(120))] if running else None
    sets = spaces(ids=names)
    link = isthmus.link(sets["a", "text"], sets["b", "text"])
    moved, far = link(sets["a", "text"]), sets["b", "image"]
    assert "the link a → b (ridge) saw 120 of 120 text items" in told_by([moved, far])[0]
    with pytest.raises(RequestError, match="the link a → b"):
        isthmus.study(moved, far)
    with pytest.raises(RequestError, match="the link a → b"):
        isthmus.mend(moved, far)
    shown = isthmus.study(moved, far, seen=True)
    assert "These numbers flatter the space" in shown.page
    for name, some in (("moved", moved), ("far", far)):
        isthmus.save(some, Path("kept") / name)
    for command in ("study", "card"):
        assert main([command, "--arrays", "kept"]) == 2
        assert "the link a → b (ridge) saw 120 of 120 text items" in capsys.readouterr().err
        assert main([command, "--arrays", "kept", "--seen", "--out", command]) == 0
        assert "flatter the space" in Path(command, "report.html").read_text("utf-8")
    assert main(["search", "item", "--in", "kept", "--space", "nothing"]) == 2  # no score: no door
    assert "the link" not in capsys.readouterr().err


def test_what_a_link_did_not_see_is_scored():
    sets = spaces()
    known, unseen = sets["a", "text"].ids[:80], sets["a", "text"].ids[80:]
    link = isthmus.link(sets["a", "text"].take(known), sets["b", "text"].take(known))
    moved = link(sets["a", "text"].take(unseen))
    assert not told_by([moved, sets["b", "image"].take(unseen)])
    isthmus.study(moved, sets["b", "image"].take(unseen))
    whole = link(sets["a", "text"])
    assert "saw 80 of 120 text items" in told_by([whole])[0]
    assert not told_by([whole.take(unseen)])  # some of them: those that it did not see
    # the other side of its pairs was seen, too
    assert "saw 80 of 120 text items" in told_by([link(sets["a", "image"]), sets["b", "text"]])[0]
    kept = isthmus.load_link(link.save(Path("kept")))
    np.testing.assert_array_equal(kept.selection.saw, link.selection.saw)
    with pytest.raises(RequestError, match="the link"):
        isthmus.study(kept(sets["a", "image"]), sets["b", "text"])


def test_joined_spaces_remember_what_joined_them():
    pytest.importorskip("torch")
    sets = spaces()
    through = sets["a", "image"], spaces(seed=1)["b", "image"]
    joined = isthmus.join(sets["a", "text"], sets["b", "text"], through=through)
    told = told_by([joined.a.regardless(sets["a", "image"])])
    assert "(cmcr) saw 120 of 120 image items" in told[0]


def test_what_a_set_remembers_is_kept_with_it_and_damage_is_named():
    some = spaces()["a", "text"]
    chosen = Selection.on("the choice of nothing", [some.take(some.ids[:7])])
    marked = EmbeddingSet(some.vectors, some.ids, "text", some.space, (), (chosen, chosen))
    place = isthmus.save(marked, "marked")
    found = isthmus.load_set(place)
    assert [one.what for one in found.selections] == ["the choice of nothing"] * 2
    np.testing.assert_array_equal(found.selections[1].saw, chosen.saw)
    assert told_by([found]) == ("the choice of nothing saw 7 of 120 text items, such as 'item-0'",)
    from isthmus.store import read_described, write_tensors

    arrays, about = read_described(place / "vectors.safetensors", "isthmus-set/1")
    del arrays["saw1"]
    write_tensors(place / "vectors.safetensors", dict(arrays), {"isthmus": json.dumps(about)})
    with pytest.raises(RequestError, match="'saw1' of the items that it saw is missing"):
        isthmus.load_set(place)


SHIFT = "isthmus.transform.style_shifts:fit_mean_shift"


class Marked:
    """A space of pictures that was chosen on some of them."""

    modality, space = "image", Space("marked", "marked", 8)

    def __init__(self, saw):
        marks = [mark("image", name) for name in saw] + [mark("mesh", name) for name in saw]
        self.selections = (Selection("the choice of these weights", np.sort(np.array(marks))),)

    def encode(self, items):
        rng = np.random.default_rng(0)
        look = rng.normal(size=(12, 8))
        pixels = [np.asarray(one.rgb().resize((2, 2)), float).ravel() / 255 for one in items]
        return np.float32(np.array(pixels) @ look + 0.1)


def test_styles_are_not_scored_on_objects_that_the_space_was_chosen_on(monkeypatch, capsys):
    from isthmus.encode import ENCODERS
    from isthmus.worlds import WORLDS, load

    world = load("glyphs")
    kept = {  # twenty objects of each part
        one
        for part in ("train", "test")
        for one in sorted(
            {world.factors[x]["object"] for x in world.items["image"].ids if world.split[x] == part}
        )[:20]
    }
    world = world.where(lambda name: world.factors[name]["object"] in kept)
    monkeypatch.setitem(globals(), "few", lambda: world)
    monkeypatch.setitem(WORLDS, "few", "tests.studies.test_guard:few")
    seen = {"train": [], "test": [], "val": []}
    for name in world.items["image"].ids:
        seen[world.split[name]].append(name)
    place = "tests.studies.test_guard:"
    for which, part in (("blind", "train"), ("peeked", "test")):
        tower = {"image": Marked(seen[part])}
        monkeypatch.setitem(globals(), which, lambda _rest="", _options=None, tower=tower: tower)
        monkeypatch.setitem(ENCODERS, which, place + which)
    asked = ["styles", "--world", "few", "--score", "12", "--quiet"]
    monkeypatch.setattr("isthmus.studies.styles.run.STYLERS", {"mean_shift": SHIFT})
    assert main([asked[0], "peeked", *asked[1:]]) == 2
    assert "the choice of these weights saw 72 of 72 image items" in capsys.readouterr().err
    assert main([asked[0], "peeked", *asked[1:], "--seen", "--out", "seen"]) == 0
    assert "chosen on these items" in Path("seen/report.html").read_text("utf-8")
    assert main([asked[0], "blind", *asked[1:], "--out", "blind"]) == 0  # those it is fitted on
    assert "chosen on these items" not in Path("blind/report.html").read_text("utf-8")


def test_an_atlas_of_objects_that_the_space_was_chosen_on_is_refused(monkeypatch, capsys):
    from isthmus.encode import ENCODERS
    from isthmus.worlds import load

    meshes = load("furniture").part("test").items["mesh"].ids
    place = "tests.studies.test_guard:"
    for which, saw in (("saw_mesh", meshes[:1]), ("saw_view", [f"{meshes[0]}/003"])):
        tower = {"image": Marked(saw)}
        monkeypatch.setitem(globals(), which, lambda _rest="", _options=None, tower=tower: tower)
        monkeypatch.setitem(ENCODERS, which, place + which)
    asked = ["--world", "furniture", "--limit", "2", "--views", "10", "--quiet"]
    assert main(["atlas", "saw_mesh", *asked]) == 2
    assert "the choice of these weights saw 1 of 2 mesh items" in capsys.readouterr().err
    assert main(["atlas", "saw_view", *asked]) == 2
    assert "saw 1 of 20 image items" in capsys.readouterr().err
    assert main(["atlas", "saw_view", *asked, "--seen", "--out", "seen"]) == 0
    assert "chosen on these items" in Path("seen/report.html").read_text("utf-8")


def test_a_link_is_not_judged_on_items_that_one_of_its_ends_was_chosen_on(capsys):
    sets = spaces()
    moved = isthmus.link(sets["a", "text"], sets["b", "text"])(sets["a", "text"])
    isthmus.save(moved, Path("moved") / "text")
    isthmus.save(sets["b", "text"], Path("plain") / "text")
    words = ["link", "arrays:plain", "arrays:moved", "--methods", "ridge"]
    assert main(words) == 2
    assert "the link a → b (ridge) saw 120 of 120 text items" in capsys.readouterr().err
    assert main([*words, "--seen", "--out", "seen"]) == 0


def test_a_link_of_a_mended_space_is_not_judged_on_what_it_was_mended_on(capsys):
    remedy = ["--remedies", "mean_removal", "--splits", "2", "--keep", "mean_removal", "--quiet"]
    assert main(["mend", "mini", "--world", "glyphs", "--split", "val", "--out", "m", *remedy]) == 0
    capsys.readouterr()
    words = ["link", "mini", "mended:m", "--world", "glyphs", "--methods", "ridge", "--quiet"]
    assert main([*words, "--split", "val"]) == 2
    assert "a choice was made on" in capsys.readouterr().err
    assert main([*words, "--split", "test", "--out", "new"]) == 0
