"""Lists in memory: row i of each belongs together."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isthmus.testing import check_world
from isthmus.types import RequestError
from isthmus.worlds import open_world


def test_pictures_of_every_kind_and_one_text_each(draw):
    file = io.BytesIO()
    Image.new("RGB", (3, 3), (4, 0, 0)).save(file, "PNG")
    images = [
        Image.new("RGB", (3, 3), (1, 0, 0)),
        np.full((3, 3, 3), (2, 0, 0), np.uint8),
        draw("a.png", (3, 0, 0)),
        file.getvalue(),
        str(draw("b.png", (5, 0, 0))),
    ]
    world = open_world(images=images, texts=list("abcde"), labels=[1, 2, 3, 4, 5])
    check_world(world)
    assert world.items["image"].ids == world.items["text"].ids == tuple("01234")
    assert [item.rgb().getpixel((0, 0))[0] for item in world.items["image"]] == [1, 2, 3, 4, 5]
    assert world.factors["3"] == {"label": "4"}
    assert not world.faults


def test_a_bad_picture_shifts_nothing(tmp_path):
    images = [np.zeros((2, 2, 3), np.uint8), 3.5, tmp_path / "gone.png", np.ones((2, 2), np.uint8)]
    world = open_world(images=images, texts=["a", "b", "c", "d"])
    check_world(world)
    assert world.items["image"].ids == world.items["text"].ids == ("0", "3")
    assert world.items["text"].payload == ["a", "d"]
    assert "this is a float" in world.faults["1"]
    assert "no such file" in world.faults["2"]


def test_a_bad_text_shifts_nothing():
    world = open_world(images=np.zeros((3, 2, 2, 3), np.uint8), texts=["a", None, "c"])
    check_world(world)
    assert world.items["text"].ids == ("0", "2")
    assert world.faults == {"1": "a text is a NoneType, not a string"}


def test_several_captions_a_picture():
    world = open_world(images=np.zeros((2, 4, 4, 3), np.uint8), texts=[["a", "b"], ["c"]])
    check_world(world)
    assert world.items["text"].ids == ("0#0", "0#1", "1#0")
    assert world.links["image", "text"].pairs == (("0", "0#0"), ("0", "0#1"), ("1", "1#0"))


def test_texts_alone_and_pictures_alone():
    world = open_world(texts=["a", "b"], labels=["x", "y"])
    check_world(world)
    assert world.factors == {"0": {"label": "x"}, "1": {"label": "y"}}
    check_world(open_world(images=[np.zeros((2, 2, 3), np.uint8)]))


def test_what_does_not_fit_together(draw, tmp_path):
    pixels = [np.zeros((2, 2, 3), np.uint8)]
    for inputs, message in (
        ({}, "at least one image or one text"),
        ({"images": []}, "at least one image"),
        ({"images": pixels, "texts": ["a", "b"]}, "1 image, 2 texts"),
        ({"images": pixels, "labels": []}, "1 image, 0 labels"),
        ({"texts": [["a"]]}, "list of strings, not of lists"),
        ({"images": [3]}, "No picture of in memory can be used .0: A picture is a path"),
        ({"images": tmp_path, "texts": ["a"]}, "both as paths or both as lists"),
        ({"images": tmp_path, "labels": ["a"]}, "Labels of files"),
    ):
        with pytest.raises(RequestError, match=message):
            open_world(**inputs)


def test_labels_and_paths_of_any_text():
    pictures = [Image.new("RGB", (4, 4), (at, 0, 0)) for at in range(2)]
    files = [Path("a/" * 2500 + "x.png"), Path("nul\0.png")]
    world = open_world(images=[*pictures, *files], labels=["x\ud83d", " ", "y", "z"])
    check_world(world)
    assert world.factors == {"0": {"label": "x\\ud83d"}}
    assert world.faults == dict.fromkeys(("2", "3"), "there is no such file")
