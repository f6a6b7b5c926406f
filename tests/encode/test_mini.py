"""The default model: the same vectors however items are batched, and sense in what it says."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from isthmus.arrays import unit
from isthmus.encode.mini import SIDE, WEIGHTS, fitted, load, open_weights
from isthmus.types import Encoder, ItemError, LoadOptions, RequestError

pytestmark = pytest.mark.skipif(
    not (WEIGHTS / "config.json").exists(), reason="the weights of mini are not in the tree"
)


@pytest.fixture(scope="module")
def mini() -> dict[str, Encoder]:
    return dict(load("", LoadOptions(workers=2)))


def disc(colour: str, background: str = "white", size: tuple[int, int] = (200, 200)) -> Image.Image:
    image = Image.new("RGB", size, background)
    ImageDraw.Draw(image).ellipse([40, 40, 160, 160], fill=colour)
    return image


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return unit(a) @ unit(b).T


TEXTS = [
    "a cat",
    "",
    "a photo of a red bicycle that leans against the wall of an old house by the sea",
    "two people walk along the beach",
    "word " * 600,
    "naïve café 猫 🐈",
]


def test_one_space_over_both_towers(mini: dict[str, Encoder]):
    assert mini["image"].space == mini["text"].space
    assert mini["image"].space.scale > 1
    assert {"image", "text"} <= mini.keys()  # and more with the packages of weights
    assert all(encoder.modality == name for name, encoder in mini.items())


def test_texts_do_not_depend_on_their_batch(mini: dict[str, Encoder]):
    together = mini["text"].encode(TEXTS)
    alone = np.concatenate([mini["text"].encode([text]) for text in TEXTS])
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_images_do_not_depend_on_their_batch(mini: dict[str, Encoder]):
    images = [disc(colour) for colour in ("red", "green", "blue", "black", "orange")] * 7
    together = mini["image"].encode(images)
    alone = np.concatenate([mini["image"].encode([image]) for image in images[:5]])
    np.testing.assert_allclose(together[:5], alone, atol=1e-4)
    np.testing.assert_allclose(together[30:], alone, atol=1e-4)


def test_order_is_kept(mini: dict[str, Encoder]):
    forward, backward = mini["text"].encode(TEXTS), mini["text"].encode(TEXTS[::-1])
    np.testing.assert_allclose(forward, backward[::-1], atol=1e-5)


def test_the_same_bytes_twice(mini: dict[str, Encoder]):
    again = open_weights(WEIGHTS, workers=2)
    assert mini["text"].encode(TEXTS).tobytes() == again["text"].encode(TEXTS).tobytes()
    images = [disc("red"), disc("blue")]
    assert mini["image"].encode(images).tobytes() == again["image"].encode(images).tobytes()


def test_nothing_gives_an_empty_array(mini: dict[str, Encoder]):
    for encoder in mini.values():
        assert encoder.encode([]).shape == (0, encoder.space.dim)


def test_case_does_not_matter(mini: dict[str, Encoder]):
    a, b = mini["text"].encode(["A RED APPLE", "a red apple"])
    np.testing.assert_array_equal(a, b)


def test_texts_cut_at_the_limit_are_told(mini: dict[str, Encoder]):
    at_limit = "word " * 126
    assert mini["text"].truncated([*TEXTS, at_limit, at_limit + "word"]) == [
        *(False,) * 4,
        True,
        False,
        False,
        True,
    ]


def test_a_cut_text_is_the_text_of_its_first_words(mini: dict[str, Encoder]):
    long, cut = mini["text"].encode(["word " * 600, "word " * 126])
    np.testing.assert_array_equal(long, cut)


def test_paths_bytes_and_images_agree(mini: dict[str, Encoder], tmp_path: Path):
    path = tmp_path / "disc.png"
    disc("red").save(path)
    rows = mini["image"].encode([path, str(path), path.read_bytes(), disc("red")])
    for row in rows[1:]:
        np.testing.assert_allclose(rows[0], row, atol=1e-5)


def test_transparent_is_white(mini: dict[str, Encoder]):
    clear = disc("red").convert("RGBA")
    clear.putalpha(disc("white", "black").convert("L"))
    a, b = mini["image"].encode([clear, disc("red")])
    assert cosine(a[None], b[None])[0, 0] > 0.999


def test_the_whole_picture_is_seen():
    wide = Image.new("RGB", (400, 100), "black")
    pixels = np.asarray(fitted(wide))
    assert pixels.shape == (SIDE, SIDE, 3)
    dark = np.flatnonzero((pixels[:, SIDE // 2] < 128).all(axis=1))
    assert len(dark) == SIDE // 4
    assert dark[0] == (SIDE - len(dark)) // 2


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_odd_shapes(mini: dict[str, Encoder], size: tuple[int, int]):
    vector = mini["image"].encode([Image.new("RGB", size, "red")])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) > 0.1


def test_an_unreadable_picture_is_an_item_error(mini: dict[str, Encoder], tmp_path: Path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    with pytest.raises(ItemError, match=r"broken\.png"):
        mini["image"].encode([broken])


def test_a_drawn_circle_has_the_colour_that_is_said(mini: dict[str, Encoder]):
    colours = ["red", "green", "blue", "black"]
    similarity = cosine(
        mini["image"].encode([disc(colour) for colour in colours]),
        mini["text"].encode([f"{colour} circle" for colour in colours]),
    )
    assert (similarity.argmax(axis=1) == np.arange(4)).all()


def test_texts_of_like_meaning_are_near(mini: dict[str, Encoder]):
    dog, puppy, market = mini["text"].encode(["a dog", "a puppy", "the stock market fell"])
    assert cosine(dog[None], puppy[None]) > cosine(dog[None], market[None]) + 0.2


def test_variants_and_other_devices_are_refused():
    with pytest.raises(RequestError, match="no variants"):
        load("large")
    with pytest.raises(RequestError, match="CPU only"):
        load("", LoadOptions(device="cuda"))


def test_a_folder_without_weights_says_so(tmp_path: Path):
    with pytest.raises(RequestError, match="missing"):
        open_weights(tmp_path)


def test_the_files_are_those_of_the_config():
    import hashlib
    import json

    config = json.loads((WEIGHTS / "config.json").read_text("utf-8"))
    for name, digest in config["sha256"].items():
        assert hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest() == digest
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) <= 45_000_000


def test_encoders_travel_to_other_processes_with_their_weights(mini):
    items = {"image": [Image.new("RGB", (40, 30), "red")], "text": ["a red picture", "Huhn"]}
    for modality, encoder in mini.items():
        sent = pickle.loads(pickle.dumps(encoder))
        assert sent.space == encoder.space
        if some := items.get(modality):
            np.testing.assert_array_equal(sent.encode(some), encoder.encode(some))
