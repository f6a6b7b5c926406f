"""COCO caption files, made here and the official one."""

import json

import pytest

from isthmus.testing import check_world
from isthmus.types import RequestError
from isthmus.worlds import open_world


def write(tmp_path, images, annotations):
    file = tmp_path / "captions.json"
    file.write_text(json.dumps({"images": images, "annotations": annotations}))
    return file


def test_five_captions_and_every_kind_of_fault(draw, tmp_path):
    draw("val/1.jpg", (1, 1, 1)), draw("val/2.jpg", (2, 2, 2))
    images = [{"id": n, "file_name": f"{n}.jpg"} for n in (2, 1, 3)]
    images += [{"id": 4, "file_name": "../x.jpg"}, {"id": 5}]
    said = [
        {"id": 10 * n + k, "image_id": n, "caption": f"{n}: {k}"} for k in range(5) for n in (1, 3)
    ]
    said += [{"id": 98, "image_id": 77, "caption": "whose?"}, {"id": 99, "image_id": 1}]
    world = open_world(images=tmp_path / "val", texts=write(tmp_path, images, said))
    check_world(world)
    assert world.items["image"].ids == ("2.jpg", "1.jpg")
    assert world.items["text"].ids == tuple(f"1.jpg#{k}" for k in range(5))
    assert world.items["text"].payload == [f"1: {k}" for k in range(5)]
    assert set(world.faults) == {
        "2.jpg", "3.jpg", "../x.jpg", "captions.json:5", "captions.json:98", "captions.json:99",
    }  # fmt: skip
    assert world.faults["2.jpg"] == "has no caption"
    assert "77, which is not listed" in world.faults["captions.json:98"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "needs the lists 'images' and 'annotations'"),
        ('{"images": [], "annotations": 3}', "needs the lists"),
        ('{"images": [], "annotations": [{"bbox": []}]}', "have no captions"),
    ],
)
def test_other_json_is_refused(tmp_path, content, message):
    (tmp_path / "c.json").write_text(content)
    with pytest.raises(RequestError, match=message):
        open_world(images=tmp_path, texts=tmp_path / "c.json")


def test_official_captions_of_val2017(shared_data):
    file = shared_data / "coco_captions" / "captions_val2017.json"
    images = shared_data / "clip_vitb16_coco500_pairs" / "images"
    world = open_world(images=images, texts=file)
    check_world(world)
    assert len(world.items["image"]) == 16
    assert len(world.links["image", "text"]) == len(world.items["text"]) >= 80
    assert sum("is not in the folder" in why for why in world.faults.values()) == 5000 - 16


def test_an_image_id_that_is_given_twice_belongs_to_the_first(draw, tmp_path):
    draw("a.png"), draw("b.png")
    images = [{"id": 0, "file_name": "a.png"}, {"id": 0, "file_name": "b.png"}]
    notes = [{"id": 1, "image_id": 0, "caption": "of a"}]
    (tmp_path / "c.json").write_text(json.dumps({"images": images, "annotations": notes}))
    world = open_world(images=tmp_path, texts=tmp_path / "c.json")
    assert world.items["text"].ids == ("a.png#0",)
    assert list(world.items["text"].payload) == ["of a"]
    assert world.faults["b.png"] == "has the id 0 of another image"
