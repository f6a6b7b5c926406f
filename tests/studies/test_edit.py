"""The command ``edit``: where targets land among glyphs, and what it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.report import html
from isthmus.store import read_tensors
from isthmus.studies.edit.request import EditRequest
from isthmus.studies.edit.run import (
    EDITED,
    NAIVE,
    PICTURE,
    EditResult,
    Shown,
    corpus_words,
    edit_page,
    edit_targets,
    shown,
    without_picture,
)
from isthmus.studies.shared.search import Gallery, Hit
from isthmus.types import RequestError
from isthmus.worlds.glyphs import glyphs_world
from tests.report.test_page import HOSTILE, Reader
from tests.toys import toy_set


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """Forty glyphs in two styles as files, and one of them to edit."""
    folder = tmp_path_factory.mktemp("gallery")
    images = glyphs_world(styles=("noto", "openmoji-black")).items["image"]
    for name, one in list(zip(images.ids, images.payload, strict=True))[:40]:
        one.rgb(background=255).save(folder / f"{name.replace('/', '-')}.png")
    return folder


@pytest.mark.slow
def test_edit_shows_three_targets_and_keeps_them(gallery, tmp_path, capsys):
    photo = gallery / "1F600-noto.png"
    out = tmp_path / "run"
    words = ["edit", str(photo), "--to", "line drawing", "--corpus", "styles", "--in", str(gallery)]
    assert main([*words, "--out", str(out), "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["found"]) == [PICTURE, NAIVE, EDITED] and found["searched"] == 39
    assert all("1F600-noto" not in hit["id"] for hits in found["found"].values() for hit in hits)
    kept = read_tensors(out / "targets.safetensors")[0]
    assert {len(x[0]) for x in kept.values()} == {len(found["targets"][EDITED])}
    assert "Where it leads" in (out / "report.html").read_text()
    before = [hit["id"] for hit in found["found"][PICTURE]]
    assert (
        main(
            [
                *words,
                "--out",
                str(out),
                "--json",
                "--quiet",
                "--strength",
                "0",
                "--template",
                "a {x} {}",
            ]
        )
        == 0
    )
    still = json.loads(capsys.readouterr().out)["found"]
    assert [hit["id"] for hit in still[EDITED]] == before


@pytest.mark.parametrize(
    "words, says",
    [
        (["nowhere.png", "--to", "sad"], "no picture"),
        (["nowhere.png", "--to", "sad", "--corpus", "feelings"], "no corpus"),
        (["nowhere.png", "--to", "sad", "--corpus", "sad,sad"], "two different"),
    ],
)
def test_what_cannot_be_edited_is_said(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["edit", *words, "--quiet"]) == 2
    assert says in capsys.readouterr().err


def test_corpora_come_by_name_from_a_file_or_as_words(tmp_path):
    assert "happy" in corpus_words("emotions")
    (tmp_path / "own.txt").write_text("big\n\nsmall\nbig\n", encoding="utf-8")
    assert corpus_words(str(tmp_path / "own.txt")) == ("big", "small")
    assert corpus_words("wet, dry") == ("wet", "dry")
    with pytest.raises(RequestError, match="one of emotions"):
        corpus_words("nothing")


def toy_edit(**options):
    """Targets of a picture between two words, in a plane beside a third coordinate."""
    source = np.array([[3.0, 0.0, 4.0, 0.0]], np.float32)
    texts = np.array([[0.0, 2.0, 0.0, 0.1], [2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]], np.float32)
    items = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    request = EditRequest(photo=Path("x.png"), to="b", basis="svd", projector="linear", **options)
    return edit_targets(source, texts, items, request), texts


def test_targets_are_the_picture_the_text_and_the_picture_moved_to_the_text():
    found, texts = toy_edit()
    assert [*found] == [PICTURE, NAIVE, EDITED]
    np.testing.assert_allclose(found[PICTURE], [[0.6, 0.0, 0.8, 0.0]], atol=1e-6)
    np.testing.assert_allclose(found[NAIVE], texts[:1] / np.linalg.norm(texts[0]), atol=1e-6)
    edited = found[EDITED][0]
    assert edited[1] > abs(edited[0])  # moved to the word inside of the corpus
    assert edited[2] > 0.5  # and kept outside of it
    none, _ = toy_edit(strength=0.0)
    np.testing.assert_allclose(none[EDITED], none[PICTURE], atol=1e-6)


def test_the_picture_itself_is_not_found():
    x = np.eye(4, dtype=np.float32)
    gallery = Gallery(toy_set(np.vstack([x, x[:1] + 0.001, x[:1] + 0.1]), ids=list("abcdef")))
    left = without_picture(gallery, toy_set(x[:1]))
    assert left.vectors.ids == ("b", "c", "d", "f")


def test_whether_an_edit_worked_is_read_from_the_nearest_items_against_chance():
    rng = np.random.default_rng(0)
    x = np.concatenate([np.eye(4)[[0, 1, 3]], np.abs(rng.normal(size=(97, 4))) * [1, 0.2, 1, 1]])
    names = ("plain", "asked", "other", *map(str, range(97)))
    gallery = Gallery(toy_set(x.astype(np.float32), ids=names))
    texts = np.eye(4, dtype=np.float32)[[1, 0, 2]]  # the word, then the corpus
    worked = shown("sad", texts, gallery, ("plain", "asked"))
    assert (worked.before, worked.after) == pytest.approx((-0.5, 1.0))
    assert worked.chance == 0.01 and worked.worked and str(worked).startswith("The edit worked")
    failed = shown("sad", texts, gallery, ("asked", "plain"))
    assert not failed.worked and str(failed).startswith("The edit did not work")
    same = shown("sad", texts, gallery, ("asked", "asked"))
    assert not same.worked and "no more of what was asked" in str(same)
    usual = names[int(np.argsort(gallery.vectors.unit @ texts[0] - (
        gallery.vectors.unit @ texts[1:].T).mean(axis=1))[60])]  # fmt: skip
    chance = shown("sad", texts, gallery, ("plain", usual))
    assert chance.chance == 0.4 and not chance.worked
    assert str(chance).startswith("The edit may be chance") and "40.0% of the gallery" in str(
        chance
    )


def test_the_page_and_the_terminal_say_first_whether_it_worked():
    hits = [Hit("near", 0.9, "", None)]
    rows = {PICTURE: hits, NAIVE: hits, EDITED: hits}
    seen = Shown("sad", -0.1, 0.2, 0.01)
    found = EditResult(
        description="x to 'sad'", space="toy", searched=1, rows=rows, targets={}, shown=seen,
        verdict=str(seen),
    )  # fmt: skip
    page = edit_page(found, Path("mine.png"), "glyphs")
    assert page.verdict == str(seen) and page.title == "Edit: x to 'sad', toy on glyphs"
    assert str(found).splitlines()[0].startswith("The edit worked")
    assert str(found).splitlines()[3] == f"nearest of 1 to {EDITED}: near 0.900"
    assert f"{EDITED}\n  1   0.900  near" in str(replace(found, verbose=True))
    assert found.to_dict()["shown"] == {
        "word": "sad", "before": -0.1, "after": 0.2, "chance": 0.01, "worked": True,
    }  # fmt: skip


def test_the_page_shows_a_row_a_target_with_the_picture_first():
    hits = [Hit("near", 0.9, "", None), Hit("far", 0.1, "", None)]
    found = EditResult(
        description=HOSTILE,
        space="toy",
        searched=2,
        rows={PICTURE: hits, NAIVE: hits[::-1], EDITED: hits},
        targets={},
    )
    page = edit_page(found, Path("nowhere/mine.png"), HOSTILE)
    rows = page.sections[0].blocks[0].strips
    assert [row.query.name for row in rows] == ["mine.png", NAIVE, EDITED]
    assert [row.query.note for row in rows] == ["what is edited", "", ""]
    assert [card.name for card in rows[1].answers] == ["far", "near"]
    assert [tag for tag, _ in Reader(html(page)).elements].count("script") == 1
