"""A small joint space with a gap, pictures and captions, in which every number is our own."""

from itertools import product
from string import ascii_lowercase

import numpy as np
from PIL import Image

from isthmus.studies.shared.dataset import About, Dataset
from isthmus.types import Credit, Items, Links, Space
from tests.toys import toy_set


def names(count, prefix):
    """Distinct names without digits, so that every digit on a page is a number."""
    letters = ("".join(pair) for pair in product(ascii_lowercase, repeat=3))
    return tuple(f"{prefix}-{name}" for name, _ in zip(letters, range(count), strict=False))


def small_world(n=60, d=12, seed=0, captions=None, pictures=True):
    """n pictures with one caption each, apart by a constant offset; class = sign of a signal."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(n, d))
    signal[:, 0] = 2 * np.sign(signal[:, 0])
    space = Space("toy space", "toy-space", d, scale=20.0)
    x = signal + 0.3 * rng.normal(size=(n, d)) + 1.0
    y = signal + 0.3 * rng.normal(size=(n, d)) - 1.0
    a_ids, b_ids = names(n, "picture"), names(n, "caption")
    a, b = toy_set(x, "image", a_ids, space), toy_set(y, "text", b_ids, space)
    colours = rng.integers(0, 255, size=(n, 3), dtype=np.uint8)
    payload = [Image.new("RGB", (40, 30), tuple(map(int, colour))) for colour in colours]
    items = {"text": Items("text", b_ids, captions or [f"a {name}" for name in b_ids])}
    if pictures:
        items["image"] = Items("image", a_ids, payload)
    labels = {
        name: "high" if high else "low" for name, high in zip(a_ids, signal[:, 0] > 0, strict=True)
    }
    about = About(
        items=items,
        labels=labels,
        credits=dict.fromkeys((*a_ids, *b_ids), Credit("CC-BY-SA", "drawn for the test")),
        faults={"broken": "broken is empty."},
        truncated=b_ids[:2],
    )
    return Dataset(a, b, Links(zip(a_ids, b_ids, strict=True)), about)
