"""The command ``caption``: what it prints and keeps, and what it refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import isthmus
from isthmus.cli import main
from isthmus.decode import memories
from isthmus.studies.caption import run as captions
from isthmus.studies.caption.journal import COLUMNS, read_captions, write_captions
from isthmus.types import RequestError
from isthmus.worlds import load


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Three drawings, one of them called as no CSV likes it, and a file that is broken."""
    folder = tmp_path_factory.mktemp("photos")
    items = load("glyphs", styles=("noto",)).items["image"]
    for name, one in zip(("a.png", 'b, "c".png', "d.png"), items.payload[300::200], strict=False):
        one.rgb(background=255).save(folder / name)
    (folder / "bad.png").write_bytes(b"no picture")
    return folder


def files(folder):
    return sorted(map(str, folder.glob("*.png")))


def test_a_line_a_file_its_name_first_and_the_broken_one_is_skipped(photos, capsys):
    assert main(["caption", *files(photos), "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    good = [name for name in files(photos) if "bad" not in name]
    told = [line for line in lines if line.startswith(tuple(good))]
    assert len(told) == 3 and all(len(line.split()) > 3 for line in told)
    assert any("skipped" in line and "bad.png" in line for line in lines)
    assert main(["caption", *files(photos), "--quiet", "--strict"]) == 1


def test_json_holds_what_the_issue_wants(photos, capsys):
    asked = files(photos)[::-1]
    assert main(["caption", *asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in found["items"]] == [x for x in asked if "bad" not in x]
    for one in found["items"]:
        assert [*one] == ["file", "modality", "caption", "score", "evidence"]
        assert one["modality"] == "image" and -1 <= one["score"] <= 1
        words = one["caption"].split()
        assert one["evidence"] and all(told["word"] in words for told in one["evidence"])
    assert [*found["skipped"]] == [x for x in asked if "bad" in x]


def test_what_was_killed_goes_on_and_ends_in_the_same_bytes(photos, tmp_path, monkeypatch):
    whole, cut = tmp_path / "whole.csv", tmp_path / "cut.csv"
    asked = [x for x in files(photos) if "bad" not in x]
    isthmus.caption(*asked, out=whole, quiet=True)
    monkeypatch.setattr(captions, "AT_ONCE", 1)
    plain, calls = captions._captioned, []

    def killed(*args):
        calls.append([*args[2].ids])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return plain(*args)

    monkeypatch.setattr(captions, "_captioned", killed)
    with pytest.raises(KeyboardInterrupt):
        isthmus.caption(*asked, out=cut, quiet=True)
    assert [*read_captions(cut)] == asked[:2]  # on disk
    with cut.open("a") as file:
        file.write('half,image,"a line that was c')
    isthmus.caption(*asked, out=cut, quiet=True)
    assert calls[3:] == [asked[2:]]  # what was there is not made again
    rows = list(csv.reader(cut.read_text().splitlines()))
    assert tuple(rows[0]) == COLUMNS and [row[0] for row in rows[1:]] == asked
    assert [row[:3] for row in rows] == [
        row[:3] for row in csv.reader(whole.read_text().splitlines())
    ]


def test_what_killed_processes_left_is_removed(tmp_path):
    gone = 2**22 + 1  # above every process number of Linux
    left = [tmp_path / f".all.csv.{gone}.part", tmp_path / f"cache/memory/.kept.{gone}.part"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    write_captions(tmp_path / "all.csv", {})
    memories._keep(tmp_path / "cache/memory/kept", np.ones((2, 3), np.float32))
    assert not [path for path in left if path.exists()]


def test_a_file_that_changed_is_captioned_again_and_others_stay(photos, tmp_path):
    one, two, out = tmp_path / "one.png", tmp_path / "two.png", tmp_path / "all.csv"
    first, second = (x for x in files(photos)[:1] + files(photos)[-1:])
    one.write_bytes(Path(first).read_bytes())
    two.write_bytes(Path(first).read_bytes())
    isthmus.caption(one, two, out=out, quiet=True)
    before = read_captions(out)
    one.write_bytes(Path(second).read_bytes())
    isthmus.caption(one, out=out, quiet=True)
    after = read_captions(out)
    assert after[str(two)] == before[str(two)]
    assert after[str(one)].made != before[str(one)].made
    assert after[str(one)].decoded.text != before[str(one)].decoded.text


def test_faults_of_the_request_are_one_sentence(photos, tmp_path, capsys):
    assert main(["caption", "--quiet"]) == 2
    other = tmp_path / "mine.csv"
    other.write_text("name,age\nAda,36\n")
    first = files(photos)[0]
    for words in (
        ["caption", first, "--out", str(tmp_path)],
        ["caption", first, "--out", "captions.txt"],
        ["caption", first, "--out", str(other)],
        ["caption", first, "--decoder", "captoiner"],
    ):
        assert main([*words, "--quiet"]) == 2, words
    assert "did you mean 'captioner'" in capsys.readouterr().err
    assert other.read_text() == "name,age\nAda,36\n"
    assert main(["caption", str(photos / "bad.png"), "--quiet"]) == 1
    assert main(["caption", str(photos / "gone.png"), "--quiet"]) == 1
    assert main(["caption", str(photos), "--quiet"]) == 1
    (tmp_path / "nameless").write_bytes(b"\0\1\2")
    assert main(["caption", str(tmp_path / "nameless"), "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "There is no file" in said and "name files in it" in said and "rename it, as" in said
    assert "modality=" not in said and "isthmus.worlds" not in said  # no Python
    with pytest.raises(RequestError, match="nothing to caption"):
        isthmus.caption()


def test_sounds_shapes_and_clips_are_captioned_too(tmp_path):
    soundfile = pytest.importorskip("soundfile", reason="soundfile is not installed")
    wave = np.sin(np.linspace(0, 4000, 16000)).astype(np.float32)
    soundfile.write(tmp_path / "tone.wav", wave, 16000)
    corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\nf 1 3 4\nf 2 3 4\n"
    (tmp_path / "thing.obj").write_text(corners)
    (tmp_path / "words.txt").write_text("a zebra in the grass")
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "flat.png")
    found = isthmus.caption(*sorted(tmp_path.iterdir()), quiet=True)
    assert [one.modality for one in found.captions] == ["image", "mesh", "audio", "text"]
    assert found.captions[2].decoded.text.startswith("the sound of")
    assert "zebra" in found.captions[3].decoded.text


def test_a_region_is_captioned_as_the_picture_that_it_is(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    left, right = (Image.open(photos / name).convert("RGB") for name in ("a.png", "d.png"))
    both = Image.new("RGB", (left.width + right.width, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    both.save("both.png")
    boxes = ((0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0))
    told = list[str]()
    for number, box in enumerate(boxes):
        captions.crop(both, np.array(box)).save(f"{number}.png")
        region = isthmus.caption("both.png", box=box, out="all.csv", quiet=True).captions[0]
        alone = isthmus.caption(f"{number}.png", quiet=True).captions[0]
        assert region.decoded.text == alone.decoded.text
        assert region.decoded.score == pytest.approx(alone.decoded.score, abs=1e-5)
        told.append(region.decoded.text)
    assert told[0] != told[1], "another box of the same file is captioned anew"
    for wrong in ((0.5, 0.0, 0.4, 1.0), (0.0, 0.0, 1.5, 1.0)):
        with pytest.raises(RequestError, match="--box wants left, top, right and bottom"):
            isthmus.caption("both.png", box=wrong)


def test_words_say_where_they_are_seen(photos, tmp_path, monkeypatch):
    from isthmus.indexes.rules import named, nearest_part, seen

    monkeypatch.chdir(tmp_path)
    left, right = (Image.open(photos / name).convert("RGB") for name in ("a.png", "d.png"))
    both = Image.new("RGB", (left.width + right.width, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    both.save("both.png")
    found = isthmus.caption("both.png", where=True, out="all.csv", quiet=True).captions[0].decoded
    mini = isthmus.load("mini")
    parts = seen(mini, "image", "both.png")
    needed = [one for one in found.evidence if one.drop > 0]
    assert needed
    for one in needed:
        assert one.place == nearest_part(parts, named(mini, [one.word])[0])
    assert all(one.place is None for one in found.evidence if one.drop <= 0)
    kept = read_captions(Path("all.csv"))["both.png"].decoded
    assert [*kept.evidence] == [*found.evidence]
    told = found.to_dict()["evidence"]
    assert all(set(one.get("place", {})) <= {"number", "box"} for one in told)
    most = max(needed, key=lambda one: one.drop)
    again = isthmus.caption("both.png", where=True, out="all.csv", quiet=True).lines()
    assert len(again) == 2 and f" {most.word} {most.drop:.2f}" in again[1] and "box" in again[1]
    plain = isthmus.caption("both.png", quiet=True).captions[0].decoded
    assert plain.text == found.text and all(one.place is None for one in plain.evidence)
