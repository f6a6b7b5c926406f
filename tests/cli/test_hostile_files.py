"""A folder of good and hostile pictures through the default model: named, counted, skipped."""

import io
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from isthmus.cli import main
from isthmus.lab import load_set


def jpeg(seed):
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize((160, 120))
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


def bomb():
    """A PNG of a few hundred bytes that claims 30,000 x 30,000 pixels."""

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IEND", b"")


BAD = {
    "truncated.jpg": jpeg(7)[:1500],
    "empty.jpg": b"",
    "text.png": b"this is no picture",
    "bomb.png": bomb(),
}
HOSTILE = "<script>document.title='ran'</script>\x1b[2J & \"quotes\""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    photos = tmp_path / "photos"
    photos.mkdir()
    for seed in range(12):
        (photos / f"good{seed:02d}.jpg").write_bytes(jpeg(seed))
        (photos / f"good{seed:02d}.txt").write_text(f"{HOSTILE} number {seed}")
    for name, content in BAD.items():
        (photos / name).write_bytes(content)
        (photos / name).with_suffix(".txt").write_text(f"caption of {name}")
    return photos


def test_bad_pictures_are_named_and_the_good_ones_embedded(folder, capsys):
    assert main(["embed", "mini", "out", "--images", "photos", "--quiet", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(BAD) <= set(said["faults"])
    assert "900000000 pixels" in said["faults"]["bomb.png"]
    assert "empty" in said["faults"]["empty.jpg"]
    assert len(load_set("out/embeddings/image")) == 12


def test_nothing_readable_is_exit_1(folder, capsys):
    for path in folder.glob("good*"):
        path.unlink()
    assert main(["embed", "mini", "out", "--images", "photos", "--quiet"]) == 1
    err = capsys.readouterr().err
    assert "Not one image item of 4" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_study_of_them_counts_faults_and_runs_no_caption(folder, capsys):
    assert main(["study", "--images", "photos", "--out", "run", "--quiet"]) == 0
    page = (folder.parent / "run" / "report.html").read_text()
    assert "bomb.png" in page
    assert "<script>document" not in page
    assert "\x1b" not in page
    assert "\x1b" not in capsys.readouterr().out


def test_what_is_left_out_is_counted_shown_escaped_and_strict(folder, capsys):
    (folder / "new\nline\x1b[2J.xyz").write_bytes(b"x")
    words = ["embed", "mini", "out", "--images", "photos", "--quiet"]
    for name in BAD:
        (folder / name).unlink()
        (folder / name).with_suffix(".txt").unlink()
    assert main([*words, "--strict"]) == 1
    out = capsys.readouterr().out
    assert "skipped new␊line␛[2J.xyz: is of a type that is not read" in out
    assert "\x1b" not in out
    (folder / "new\nline\x1b[2J.xyz").unlink()
    assert main([*words, "--strict"]) == 0


@pytest.mark.slow
def test_half_a_surrogate_pair_costs_its_caption_only(folder, capsys):
    images = [{"id": n, "file_name": f"good{n:02d}.jpg"} for n in range(12)]
    said = [{"id": n, "image_id": n, "caption": f"picture {n}"} for n in range(12)]
    said[3]["caption"] += " \ud83d"
    images[5]["file_name"] = "gone\udfff.jpg"
    (folder / "c.json").write_text(json.dumps({"images": images, "annotations": said}))
    words = ["study", "mini", "--images", "photos", "--texts", "photos/c.json", "--out", "run"]
    assert main([*words, "--quiet"]) == 0
    report = json.loads((folder.parent / "run" / "report.json").read_text(encoding="utf-8"))
    assert set(report["faults"]) == {"good03.jpg#0", "gone\\udfff.jpg"}
    assert "not valid Unicode" in report["faults"]["good03.jpg#0"]
