"""Spaces in which nothing is to be found must be called that: verdict and advice of each."""

import re

import numpy as np
import pytest

import isthmus
from isthmus.cli import _parse
from isthmus.studies.shared import measuring
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.studies.study.advice import CONTROL, REMEDIES
from isthmus.studies.study.run import study_dataset
from isthmus.studies.study.verdict import Cause
from tests.toys import toy_set

N, D = 120, 16
NEEDED = ("hit_at_k", "matched_cosine", "unmatched_cosine", "intra_cosine", "centroid_gap",
          "mixed_gallery", "mutual_knn", "cross_hubness", "effective_rank", "modality_probe",
          "distribution_gap", "gap_concentration", "hubness", "spectrum")  # fmt: skip
FORBIDDEN = ("loses most of that", "near-duplicates</h3>", "popular answers</h3>", "isthmus mend")


def controls():
    """Two sets of vectors by name, with what they are a control of."""
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=(N, D)) for _ in range(4)]
    image = noise[0] * np.linspace(2, 0.3, D)
    text = image + 0.3 * noise[1] + 0.5
    turn = np.linalg.qr(rng.normal(size=(D, D)))[0]
    cones = [20 * rng.normal(size=D) + some for some in noise[2:]]
    same = np.ones((N, D))
    return {
        "collapsed": (cones[0], cones[1], Cause.COLLAPSED, "collapsed into a narrow cone"),
        "one collapsed": (image, cones[1], Cause.COLLAPSED, "random text items have cosine"),
        "random": (noise[2], noise[3], Cause.NOISE, "differs from random directions"),
        "shuffled links": (image, text[rng.permutation(N)], Cause.LINKS, "does not belong"),
        "a file of other items": (image, noise[2] * np.linspace(2, 0.3, D), Cause.LINKS, "linked"),
        "texts constant": (image, same, Cause.CONSTANT, "All text vectors are one and the same"),
        "images constant": (same, text, Cause.CONSTANT, "All image vectors are one and the same"),
        "constant equal sets": (same, same, Cause.CONSTANT, "All image and text vectors are one"),
        "towers of two checkpoints": (image, text @ turn, Cause.COORDINATES, "two different space"),
        "files exchanged": (text, image, None, "Retrieval works"),
        "one file twice": (image, image, None, "Was one file given twice?"),
    }


@pytest.fixture(scope="module")
def pages():
    """What a study says of each control."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("TWO_SETS", "ONE_SET", "LABELLED"):
            few = {name: at for name, at in getattr(measuring, kind).items() if name in NEEDED}
            patch.setattr(measuring, kind, few)
        about = About(
            words={"data": "--arrays pairs.npz", "space": "arrays:pairs.npz", "options": ""}
        )
        return {
            name: study_dataset(Dataset(toy_set(x, "image"), toy_set(y, "text"), None, about))
            for name, (x, y, *_) in controls().items()
        }


@pytest.mark.parametrize("name", controls())
def test_the_page_and_the_terminal_open_with_the_verdict(pages, name):
    *_, kind, words = controls()[name]
    found = pages[name]
    head = found.page.split("</h1>")[1]
    said = re.sub("<[^>]*>", "", head).strip()
    assert words in said.split("\n")[0] and words in str(found).split("\n")[0]
    assert said.startswith("Retrieval is at chance") == (kind is not None)
    titles = [one["title"] for one in found.record["advice"]]
    if kind is not None:
        assert titles == [
            REMEDIES[kind][0],
            *([] if kind is Cause.COORDINATES else [CONTROL.title]),
        ]
        assert not [some for some in FORBIDDEN if some in found.page]
        fit = "isthmus fit --arrays pairs.npz"  # else a control, as the same again says the same
        assert found.todo[-1].command == (fit if kind is Cause.COORDINATES else "isthmus study")
    assert found.missing.keys().isdisjoint({"hit_at_k", "centroid_gap", "mixed_gallery"})


@pytest.mark.parametrize("name", controls())
def test_no_nan_is_shown_and_the_terminal_stays_short(pages, name):
    shown = re.sub("<(style|script)>.*?</", "", pages[name].page, flags=re.S)
    assert not re.search(r"\bnan\b", f"{shown} {pages[name]}")
    assert len(str(pages[name]).split("\n")) <= 15


def test_what_to_try_stands_first_and_its_commands_can_be_typed(pages):
    page = pages["files exchanged"].page
    sections = re.findall('<section id="([^"]*)"', page)
    assert sections[0] == "next"
    commands = [one.command for one in pages["files exchanged"].todo if one.command]
    assert commands and len(set(commands)) == len(commands)
    for command in commands:
        words = command.split()
        assert words[0] == "isthmus" and words[1] != "study"
        assert _parse(words[1], words[2:]).source.arrays.name == "pairs.npz"
        assert page.count(f"<code>{command}</code>") == 1


@pytest.mark.slow
def test_untrained_towers_are_called_untrained(monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")
    glyphs, fresh = isthmus.worlds.load("glyphs").part("test"), isthmus.load("fresh")
    for kind in ("TWO_SETS", "ONE_SET", "LABELLED"):
        few = {name: at for name, at in getattr(measuring, kind).items() if name in NEEDED}
        monkeypatch.setattr(measuring, kind, few)
    drawn = [name for name in glyphs.items["image"].ids if name.endswith("/noto")]
    image = isthmus.embed(fresh["image"], glyphs.items["image"].take(drawn))
    text = isthmus.embed(fresh["text"], glyphs.items["text"])
    found = study_dataset(Dataset(image, text, glyphs.links["image", "text"]))
    assert found.record["verdict"].startswith("Retrieval is at chance")
    assert found.record["advice"][0]["title"] == REMEDIES[Cause.COLLAPSED][0]
    assert not [some for some in FORBIDDEN if some in found.page]
