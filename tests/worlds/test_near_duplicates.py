"""Copies by bytes, look-alikes by eye."""

import io

import numpy as np
from PIL import Image

from isthmus.read.image import Picture
from isthmus.types import Items
from isthmus.worlds import load
from isthmus.worlds.near_duplicates import copies, near_copies


def photo(seed):
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (6, 6, 3), np.uint8))
    return coarse.resize((240, 180), Image.Resampling.BICUBIC)


def saved(image, **how):
    file = io.BytesIO()
    image.save(file, **how)
    return Picture(file.getvalue())


def test_copies_are_byte_for_byte():
    first, other = saved(photo(0), format="PNG"), saved(photo(1), format="PNG")
    items = Items("image", tuple("abcd"), [first, other, Picture(first.source), Picture(photo(0))])
    assert copies(items) == {"c": "a"}


def test_a_rescaled_and_recompressed_picture_looks_alike_and_others_do_not():
    items = {f"photo{seed}": saved(photo(seed), format="PNG") for seed in range(40)}
    items["jpeg"] = saved(photo(7), format="JPEG", quality=70)
    items["small"] = saved(photo(11).resize((120, 90)), format="PNG")
    items["broken"] = Picture(b"no picture")
    found = near_copies(Items("image", tuple(items), list(items.values())))
    assert found == {"jpeg": "photo7", "small": "photo11"}


def test_plain_pictures_of_different_greys_do_not_look_alike():
    greys = [Picture(Image.new("L", (64, 64), level)) for level in (0, 128, 255, 252)]
    assert near_copies(Items("image", tuple("abcd"), greys)) == {"d": "c"}


def test_generated_pictures_are_not_copies():
    assert copies(load("babel", n=3, size=64).items["image"]) == {}


def test_pictures_that_differ_in_more_than_three_signs_are_no_copies():
    up = np.tile(np.arange(9), (8, 1)) // 2 * 1.0
    rows = np.where(np.arange(8) < 2, 1, -1)[:, None]
    pictures = []
    for levels in (up, up * rows + 4 * (rows < 0)):
        grey = np.kron(120 + levels, np.ones((8, 8))).astype(np.uint8)
        pictures.append(np.repeat(grey[..., None], 3, axis=2))
    assert near_copies(Items("image", ("up", "down"), pictures)) == {}
    assert near_copies(Items("image", ("up", "again"), [pictures[0]] * 2)) == {"again": "up"}
