"""Searching in a folder: what was embedded is kept, and kept no longer than the folder stays."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image

import isthmus
from isthmus.store import write_tensors
from isthmus.studies import perform
from isthmus.studies.search.request import SearchRequest
from isthmus.studies.shared import collection, open_gallery
from isthmus.types import Common, RequestError, Space
from isthmus.worlds import load

COLOURS = {"red": (200, 20, 20), "blue": (20, 20, 200), "green": (20, 160, 20)}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, colour in COLOURS.items():
        Image.new("RGB", (64, 64), colour).save(folder / f"{name}.png")
    return folder


def search(query, folder):
    request = SearchRequest(query, str(folder), common=Common(quiet=True))
    return perform("search", request)


def test_a_picture_finds_itself_first(photos):
    found = search(str(photos / "blue.png"), photos)
    assert found.searched == 3
    assert found.hits[0].id == "blue.png"
    assert found.hits[0].score == pytest.approx(1, abs=1e-5)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)


def test_any_file_that_the_space_takes_is_a_query(photos, tmp_path):
    shape = tmp_path / "tetrahedron.obj"
    shape.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\nf 1 3 4\nf 2 3 4\n")
    wanted = isthmus.embed("mini", [shape])
    assert wanted.modality == "mesh"
    found = search(str(shape), photos)
    first = isthmus.embed("mini", [photos / found.hits[0].id])
    assert found.searched == 3
    assert found.hits[0].score == pytest.approx(float((wanted.unit @ first.unit.T)[0, 0]), abs=1e-4)
    with pytest.raises(RequestError, match=r"There is no file .*gone\.obj"):
        search(str(tmp_path / "gone.obj"), photos)


def test_a_folder_that_changes_is_embedded_again(photos):
    query = str(photos / "blue.png")
    assert search(query, photos).searched == 3
    Image.new("RGB", (64, 64), (240, 240, 20)).save(photos / "yellow.png")
    (photos / "red.png").unlink()
    found = search(query, photos)
    assert sorted(hit.id for hit in found.hits) == ["blue.png", "green.png", "yellow.png"]


def test_a_folder_of_other_pictures_replaces_what_was_kept_of_it(photos, tmp_path):
    query = tmp_path / "query.png"
    Image.new("RGB", (64, 64), COLOURS["blue"]).save(query)
    assert search(str(query), photos).hits[0].id == "blue.png"
    for path in [*photos.iterdir()]:
        path.rename(path.with_stem(f"new-{path.stem}"))
    found = search(str(query), photos)
    assert found.searched == 3
    assert found.hits[0].id == "new-blue.png"


def test_vectors_that_ship_are_those_of_todays_weights():
    """If this fails: python -m tools.build_gallery."""
    world = load("glyphs").part("test")
    encoder = isthmus.load("mini")["image"]
    found = open_gallery("glyphs", "mini", {"image": encoder}, Common())
    assert found.vectors.ids == world.items["image"].ids
    some = world.items["image"].take(found.vectors.ids[::97])
    now = isthmus.embed(encoder, some)
    np.testing.assert_allclose(found.vectors.take(some.ids).unit, now.unit, atol=2e-3)


@pytest.mark.parametrize("what", ["space", "world"])
def test_vectors_of_other_weights_or_items_are_not_used(what, monkeypatch, tmp_path):
    world = load("glyphs").part("test")
    few = world.items["image"].take(world.items["image"].ids[:3])
    world = replace(world, items={**world.items, "image": few})
    path = tmp_path / "glyphs/mini-image.safetensors"
    space = Space("mini", "of today", 4)
    about = {"space": space.id, "world": collection.world_hash(world, "image")}
    write_tensors(path, {"vectors": np.ones((3, 4), np.float16)}, about)
    monkeypatch.setattr(collection, "DATA", tmp_path)
    assert collection.shipped_vectors(world, Encodes(space)) is not None
    only = replace(world, items={"image": few})
    found = collection.embed_world({"image": Encodes(space)}, only, tmp_path / "jobs")
    assert found.sets["image"].ids == few.ids and not found.encoded
    if what == "space":
        space = Space("mini", "of tomorrow", 4)
    else:
        world = replace(world, items={"image": few.take(few.ids[::-1])})
    assert collection.shipped_vectors(world, Encodes(space)) is None


@dataclass(frozen=True)
class Encodes:
    space: Space
    modality: str = "image"

    def encode(self, items):
        raise AssertionError("nothing is to be encoded")
