"""A folder of pictures: classes from subfolders, captions from text files beside them."""

import os

import pytest
from PIL import Image

from isthmus.testing import check_world
from isthmus.types import RequestError
from isthmus.worlds import open_world


def texts(world):
    return dict(zip(world.items["text"].ids, world.items["text"].payload, strict=True))


def test_subfolders_are_classes(draw, tmp_path):
    for name in ("cat/b.JPG", "cat/deep/c.jpeg", "dog/a.Png", "top.png", ".hidden/x.png"):
        draw(name, (len(name), 9, 9))
    draw("cat/._b.jpg")
    world = open_world(images=tmp_path)
    check_world(world)
    assert world.items["image"].ids == ("top.png", "cat/b.JPG", "cat/deep/c.jpeg", "dog/a.Png")
    assert {name: facts["label"] for name, facts in world.factors.items()} == {
        "cat/b.JPG": "cat",
        "cat/deep/c.jpeg": "cat",
        "dog/a.Png": "dog",
    }
    assert not world.links
    assert not world.faults


def test_captions_beside_pictures(draw, tmp_path):
    draw("a.jpg", (1, 2, 3)), draw("ünï 猫.png", (4, 5, 6)), draw("bare.png", (7, 8, 9))
    (tmp_path / "a.txt").write_text("first\n\n second <b>&\x1b[31m\n", encoding="utf-8-sig")
    (tmp_path / "ünï 猫.TXT").write_text("eine Katze", encoding="utf-16")
    (tmp_path / "README.txt").write_text("nothing")
    (tmp_path / "bare.txt").write_bytes(b"caf\xe9")
    world = open_world(images=str(tmp_path))
    check_world(world)
    assert texts(world) == {
        "a.jpg#0": "first",
        "a.jpg#1": " second <b>&\x1b[31m",
        "ünï 猫.png#0": "eine Katze",
    }
    assert ("a.jpg", "a.jpg#1") in world.links["image", "text"].pairs
    assert world.faults["bare.png"] == "has no caption"
    assert "README.txt" in world.faults
    assert "not UTF-8" in world.faults["bare.txt"]


def test_copies_are_named(draw, tmp_path):
    draw("a.png"), draw("b/a.png"), draw("c.png", (1, 1, 1))
    world = open_world(images=tmp_path)
    assert world.faults == {"b/a.png": "is a copy of a.png"}
    assert len(world.items["image"]) == 3


def test_names_that_are_not_utf8_are_escaped(draw, tmp_path):
    path = draw("x.png")
    try:
        path.rename(path.with_name(os.fsdecode(b"\xff.png")))
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    world = open_world(images=tmp_path)
    check_world(world)
    assert world.items["image"].ids == ("\\xff.png",)


def test_empty_and_missing_folders(tmp_path):
    (tmp_path / "notes.doc").write_text("x")
    with pytest.raises(RequestError, match=r"No picture in .* looked for \.jpg"):
        open_world(images=tmp_path)
    with pytest.raises(RequestError, match=r"There is no file or folder .*nowhere; images are"):
        open_world(images=tmp_path / "nowhere")
    with pytest.raises(RequestError, match="none of these"):
        open_world(images=tmp_path / "notes.doc")


def test_pipes_and_devices_are_no_pictures(draw, tmp_path):
    draw("a.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    assert open_world(images=tmp_path).items["image"].ids == ("a.png",)


def test_pictures_of_every_suffix_and_of_none(draw, tmp_path):
    kinds = {"a.jpe": "JPEG", "b.JFIF": "JPEG", "c.jp2": "JPEG2000", "d.tga": "TGA", "e.ppm": "PPM"}
    for name, kind in {**kinds, "f": "PNG", "g.jpg_large": "JPEG"}.items():
        Image.new("RGB", (8, 6)).save(tmp_path / name, kind)
    (tmp_path / "h.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    (tmp_path / "i.xyz").write_bytes(b"")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    world = open_world(images=tmp_path)
    assert world.items["image"].ids == (*kinds, "f", "g.jpg_large")
    assert all(item.rgb().size == (8, 6) for item in world.items["image"])
    faults = {name: why for name, why in world.faults.items() if "copy" not in why}
    assert faults == {"h.heic": "is of a type that is not read (.heic)", "i.xyz": "is empty"}


def test_links_to_folders_are_followed_once(draw, tmp_path):
    draw("there/a.png", (1, 2, 3)), draw("in/cat/b.png", (4, 5, 6))
    (tmp_path / "in" / "dog").symlink_to(tmp_path / "there")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in" / "cat")
    (tmp_path / "there" / "up").symlink_to(tmp_path)
    world = open_world(images=tmp_path / "in")
    check_world(world)
    assert world.items["image"].ids == ("cat/b.png", "dog/a.png")
    assert world.factors["dog/a.png"] == {"label": "dog"}
    assert {name for name, why in world.faults.items() if "read already" in why} == {
        "again",
        "dog/up/in",
        "dog/up/there",
    }


def test_a_folder_that_cannot_be_read_is_named(draw, tmp_path, monkeypatch):
    draw("a/x.png"), draw("b/y.png", (1, 1, 1))
    scan = os.scandir

    def refuse(place):
        if os.fspath(place).endswith("b"):
            raise PermissionError(13, "Permission denied", os.fspath(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", refuse)
    world = open_world(images=tmp_path)
    assert world.items["image"].ids == ("a/x.png",)
    assert world.faults == {"b": "is a folder that cannot be read: Permission denied"}


def test_a_caption_is_cut_at_line_breaks_only(draw, tmp_path):
    draw("a.png")
    (tmp_path / "a.txt").write_text("one\u2028still one\x0cand\x85on\r\ntwo\n", encoding="utf-8")
    assert [*open_world(images=tmp_path).items["text"]] == [
        "one\u2028still one\x0cand\x85on",
        "two",
    ]


def test_notes_beside_pictures_are_read_as_in_tars(draw, tmp_path):
    draw("x/a.png"), draw("x/b.png", (1, 1, 1)), draw("c.png", (2, 2, 2))
    (tmp_path / "x" / "a.json").write_text('{"caption": ["one", "two"], "label": "cat"}')
    (tmp_path / "x" / "a.cls").write_text("dog\n")
    (tmp_path / "x" / "b.JSON").write_text('{"caption": "not this"}', encoding="utf-8-sig")
    (tmp_path / "x" / "b.txt").write_text("but this")
    (tmp_path / "c.json").write_text("[" * 100_000)
    (tmp_path / "lone.json").write_text("{}")
    world = open_world(images=tmp_path)
    check_world(world)
    assert texts(world) == {"x/a.png#0": "one", "x/a.png#1": "two", "x/b.png#0": "but this"}
    assert world.factors["x/a.png"] == {"label": "dog"}
    assert world.factors["x/b.png"] == {"label": "x"}
    assert "deep" in world.faults["c.json"]
    assert world.faults["lone.json"].startswith("has no picture of the same name beside it")


def test_pipes_are_named(draw, tmp_path):
    draw("a.png")
    os.mkfifo(tmp_path / "pipe.png")
    assert open_world(images=tmp_path).faults == {"pipe.png": "is a pipe or a device, not a file"}


def test_captions_that_nothing_asks_for_are_named_first_and_with_the_flag(draw, tmp_path):
    draw("in/a.png"), draw("in/b/c.png", (1, 1, 1)), draw("in/b/d.png", (1, 1, 1))
    for name in ("a.mp4", "captions.CSV", "z/coco.json", "lonely.txt"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("file,caption\na.png,x\n")
    world = open_world(images=tmp_path / "in")
    assert [*world.faults][:2] == ["captions.CSV", "z/coco.json"]
    assert set(world.faults) == {"captions.CSV", "z/coco.json", "b/d.png", "a.mp4", "lonely.txt"}
    for name in ("captions.CSV", "z/coco.json"):
        assert world.faults[name].endswith(f"name it: --texts {tmp_path / 'in' / name}")
    assert "--texts" not in world.faults["lonely.txt"]
