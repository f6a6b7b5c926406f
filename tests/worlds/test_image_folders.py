"""A folder of pictures: classes from subfolders, captions from text files beside them."""

import os

import pytest

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


def test_links_to_folders_are_not_followed(draw, tmp_path):
    draw("in/a.png")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert len(open_world(images=tmp_path / "in").items["image"]) == 1


def test_empty_and_missing_folders(tmp_path):
    (tmp_path / "notes.doc").write_text("x")
    with pytest.raises(RequestError, match=r"No picture in .* looked for \.jpg"):
        open_world(images=tmp_path)
    with pytest.raises(RequestError, match="is not there"):
        open_world(images=tmp_path / "nowhere")
    with pytest.raises(RequestError, match="none of these"):
        open_world(images=tmp_path / "notes.doc")


def test_pipes_and_devices_are_no_pictures(draw, tmp_path):
    draw("a.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    assert open_world(images=tmp_path).items["image"].ids == ("a.png",)
