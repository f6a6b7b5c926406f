"""Thumbnails are small, and an album stops at its budget."""

import base64
import io

import numpy as np
from PIL import Image

from isthmus.report import Album


def noise(size=(640, 480), seed=0):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 255, (*size[::-1], 3), dtype=np.uint8))


def test_a_thumbnail_keeps_its_proportions():
    uri, size = Album().use("a", noise())
    assert size == (144, 108)
    data = base64.b64decode(uri.removeprefix("data:image/webp;base64,"))
    assert Image.open(io.BytesIO(data)).size == size


def test_the_budget_counts_every_use_and_is_never_passed():
    album = Album(budget=60_000)
    uses = [album.use("a", noise())[0] for _ in range(20)]
    assert uses[0]
    assert sum(map(len, uses)) <= 60_000
    assert album.refused == uses.count("") > 0


def test_a_picture_that_was_never_given_is_empty():
    album = Album()
    assert album.use("a") == ("", (0, 0))
    album.use("a", noise())
    assert album.kept("a")
    assert album.use("a")[0]
