"""The command ``edit``: where targets land among glyphs, and what it refuses."""

import json

import pytest

from isthmus.cli import main
from isthmus.store import read_tensors
from isthmus.studies.edit.run import EDITED, NAIVE, PICTURE, corpus_words
from isthmus.types import RequestError
from isthmus.worlds.glyphs import glyphs_world


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
