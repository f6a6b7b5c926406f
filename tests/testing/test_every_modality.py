"""Every registered modality passes every check, with an encoder of the space that ships."""

from functools import cache

import numpy as np
import pytest
from PIL import Image

from isthmus import load
from isthmus.read import MODALITIES
from isthmus.read.points import cloud
from isthmus.testing import check_modality
from tests.read.films import animation
from tests.read.test_readers import EXAMPLES, OPENED, PIXELS, TONE
from tests.view.shapes import tetrahedron

BLACK = Image.new("RGB", (8, 8))
RNG = np.random.default_rng(0)


def points():
    """A cloud, and the same points in another order."""
    places = RNG.normal(size=(300, 3)).astype(np.float32)
    return cloud(places), cloud(places[RNG.permutation(300)])


GIVEN = {
    "audio": lambda: {
        "silent": [(np.zeros(8_000, np.float32), 8_000)],
        "alike": [((TONE, 8_000), (np.stack([TONE, TONE], axis=1), 8_000))],
    },
    "image": lambda: {
        "silent": [BLACK],
        "alike": [(PIXELS, Image.fromarray(PIXELS))],
    },
    "mesh": lambda: {"alike": [(tetrahedron(), tetrahedron)]},
    "points": lambda: {"silent": [np.zeros((4, 3), np.float32)], "alike": [points()]},
    "text": lambda: {"silent": ["", " "], "alike": [("a dog", b"a dog")]},
    "video": lambda: {"silent": [[np.zeros((8, 8, 3), np.uint8)] * 3]},
    "voxels": lambda: {
        "silent": [np.zeros((2, 2, 2))],
        "alike": [(np.eye(3)[None], np.eye(3)[None].astype(bool))],
    },
}
"""What holds nothing, and what is one thing written in two ways."""
MORE = {
    "audio": lambda: [(TONE[::-1] * np.linspace(0, 1, 800, dtype=np.float32), 8_000)],
    "image": lambda: [BLACK],
    "mesh": lambda: [tetrahedron((1.0, 0.0, 0.0, 1.0))],
    "points": lambda: [points()[0]],
    "text": lambda: ["a red car"],
    "video": lambda: [animation(5)],
    "voxels": lambda: [np.ones((2, 3, 4))],
}
"""Further examples."""


@cache
def mini():
    """The space that ships."""
    return load("mini")


SLOW = ("mesh", "points", "voxels")
"""Drawn from all around by every road: half a minute each."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in MODALITIES],
)
def test_every_modality_keeps_its_contract(name, tmp_path):
    def file(called, content):
        (tmp_path / called).write_bytes(content)
        return tmp_path / called

    examples = [*MORE[name](), *EXAMPLES[name](file)]
    if name not in mini():
        pytest.skip(f"{name} needs a package of weights or an extra")
    opened = OPENED.get(name, lambda item: item)
    found = check_modality(name, examples, mini(), opened=opened, **GIVEN[name]())
    assert len(found.having("passed")) >= 50
