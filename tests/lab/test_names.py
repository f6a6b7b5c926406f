"""What a user types is understood as it reads: files, texts, names, and no silent guess."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import isthmus
from isthmus.lab import embed, embed_all, embedding, load
from isthmus.read.recognise import modality_of
from isthmus.types import Items, NothingLeftError, RequestError
from tests.toys import Letters, toy_set


@pytest.fixture(scope="module")
def mini():
    return load("mini")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("a.jpg", "b.PNG", "photos/c.webp"):
        Path(name).parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(name)
    Path("note.txt").write_text("an owl", encoding="utf-8")
    Path("notes").write_text("what is this?", encoding="utf-8")
    return tmp_path


def test_a_name_and_paths_give_a_set_named_by_the_paths(here, mini):
    found = isthmus.embed("mini", ["a.jpg", "b.PNG", "photos/c.webp"])
    assert (found.modality, found.ids) == ("image", ("a.jpg", "b.PNG", "photos/c.webp"))
    alike = embed(mini["image"], ["photos/c.webp", "a.jpg"])
    assert alike.ids == ("photos/c.webp", "a.jpg")
    np.testing.assert_array_equal(alike["a.jpg"], found["a.jpg"])
    assert embed(mini, [Path("a.jpg")]).ids == ("a.jpg",)
    assert embed(mini, {"owl": "a.jpg"}).ids == ("owl",)


def test_other_strings_are_texts(here, mini):
    texts = ["an owl", "", ".", "node.js is fine", "x" * 5_000, "a\0b", "photo/of", "\ud800"[:0]]
    found = embed(mini, texts[:4])
    assert (found.modality, found.ids) == ("text", ("0", "1", "2", "3"))
    assert {modality_of(text) for text in texts} == {"text"}


def test_a_text_file_is_read_and_keeps_its_name(here, mini):
    found = embed(mini, ["note.txt", "a fish"])
    assert found.ids == ("note.txt", "1")
    said = embed(mini["text"], ["an owl", "note.txt"])
    np.testing.assert_allclose(found.unit[0] @ said.unit[0], 1, atol=1e-5)
    assert said.unit[1] @ said.unit[0] < 0.9  # an encoder of texts takes strings as they are
    assert said.ids == ("0", "1")


def test_images_and_texts_are_never_paired_by_their_position(here, mini):
    images = embed(mini, ["b.PNG", "a.jpg"])
    texts = embed(mini, ["a first text", "a second text"])
    with pytest.raises(RequestError, match="Which image belongs to which text"):
        isthmus.study(images, texts)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["a.jpg", "missing.jpg"], r"no file 'missing.jpg'; .*modality='text'"),
        (["see photo.JPEG"], "no file 'see photo.JPEG'"),
        ([Path("nowhere")], "no file 'nowhere'"),
        (["photos"], r"folder, not an item: .*open_world\(images='photos'\)"),
        (["notes"], "name does not tell what it holds"),
        (["a.jpg", "an owl", "a cat"], "1 image and 2 text items: isthmus.embed_all"),
        ("a.jpg", r"not one str: of one item write \['a.jpg'\]"),
        (7, "not one int"),
        ([7.5], "Item 0: No reader takes 7.5: pictures are"),
        (["a.jpg", None], "Item 1: No reader takes None"),
        ({"an owl", "a cat"}, "not one set"),
        (np.zeros((30, 30, 3), np.uint8), "not one ndarray: of one item write"),
        (toy_set(np.eye(3)), "not one EmbeddingSet"),
        (["mug.obj"], "no file 'mug.obj'"),
    ],
)
def test_what_cannot_be_meant_says_what_to_do(here, mini, items, message):
    with pytest.raises(RequestError, match=message):
        embed(mini, items)


def test_the_modality_can_be_said(here, mini):
    found = embed(mini, ["a.jpg", "missing.jpg", "photos"], modality="text")
    assert (found.modality, found.ids) == ("text", ("0", "1", "2"))
    Path("a.jpg").rename("picture")
    assert modality_of("picture") == "image"  # by its content, where the name does not tell
    assert embed(mini, ["picture"], modality="image").ids == ("picture",)
    with pytest.raises(RequestError, match="but these are smell items"):
        embed(mini, ["an owl"], modality="smell")
    with pytest.raises(RequestError, match="takes text items, but these are image"):
        embed(mini["text"], ["picture"], modality="image")
    with pytest.raises(RequestError, match="are text items, not image items"):
        embed(mini, Items("text", ("a",), ["a"]), modality="image")


def test_embed_all_gives_a_mapping_whatever_the_items(here, mini):
    found = embed_all("mini", ["an owl", "a.jpg", "a fish", Image.open("b.PNG")])
    assert {kind: some.ids for kind, some in found.items()} == {
        "text": ("0", "2"),
        "image": ("a.jpg", "3"),
    }
    assert set(embed_all(mini, ["an owl"])) == {"text"}
    world = isthmus.worlds.open_world(images=["a.jpg", "b.PNG"], texts=["one", "two"])
    sets = embed_all(mini, world)
    assert {kind: len(some) for kind, some in sets.items()} == {"image": 2, "text": 2}
    with pytest.raises(RequestError, match=r"for a world, isthmus\.embed_all"):
        embed(mini, world)
    with pytest.raises(RequestError, match="encoder takes text items, but these are image"):
        embed_all(Letters(), ["a.jpg"])
    with pytest.raises(NothingLeftError, match="no items"):
        embed_all(mini, [])
    with pytest.raises(NothingLeftError, match="no items"):
        embed(mini, [])


def test_pixels_and_pictures_in_memory_are_images_named_by_number(here, mini):
    pixels = np.zeros((2, 30, 30, 3), np.uint8) + np.arange(2, dtype=np.uint8)[:, None, None, None]
    assert (found := embed(mini, pixels)).ids == ("0", "1") and found.modality == "image"
    assert embed(mini, [Path("a.jpg").read_bytes()]).modality == "image"


def test_a_space_is_a_name_a_mapping_or_an_encoder(mini):
    assert embed(Letters(), ["ab.jpg"]).ids == ("0",)  # its only modality is text
    assert embed({"text": Letters()}, ["ab"]).ids == ("0",)
    with pytest.raises(RequestError, match="No space is called 'minni'"):
        embed("minni", ["a"])
    with pytest.raises(RequestError, match=r"not EmbeddingSet\("):
        embedding.encoders_of(toy_set(np.eye(3)))
