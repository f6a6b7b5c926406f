"""Small coloured pictures and what they show, for towers that are trained end to end."""

import itertools

import numpy as np
from PIL import Image

from isthmus.lab import embed
from isthmus.studies.evaluate.splits import split_dataset
from isthmus.studies.shared.dataset import About, world_dataset
from isthmus.types import Items, Links, World

COLOURS = {
    "red": (220, 30, 30), "green": (20, 160, 40), "blue": (30, 60, 220), "black": (10, 10, 10),
    "yellow": (230, 210, 30), "purple": (140, 30, 170),
    "orange": (240, 130, 20), "pink": (250, 150, 190), "brown": (110, 70, 30),
    "grey": (130, 130, 130),
}  # fmt: skip
WHERE = {"left": (4, 24), "middle": (22, 42), "right": (40, 60)}
SHAPES = ("square", "bar", "frame")


def picture(colour, place, shape):
    pixels = np.full((64, 64, 3), 255, np.uint8)
    left, right = WHERE[place]
    top, bottom = (28, 36) if shape == "bar" else (22, 42)
    pixels[top:bottom, left:right] = COLOURS[colour]
    if shape == "frame":
        pixels[top + 5 : bottom - 5, left + 5 : right - 5] = 255
    return Image.fromarray(pixels)


def world():
    """90 pictures, a caption each; the colour is the class."""
    facts = list(itertools.product(COLOURS, WHERE, SHAPES))
    names = tuple("-".join(some) for some in facts)
    captions = [f"a {colour} {shape} at the {place}" for colour, place, shape in facts]
    return World(
        "marks",
        {
            "image": Items("image", names, [picture(*some) for some in facts]),
            "text": Items("text", names, captions),
        },
        {("image", "text"): Links((name, name) for name in names)},
        {name: {"label": some[0]} for name, some in zip(names, facts, strict=True)},
    )


def parts(encoders):
    """Train, val and test of the marks, embedded, with class texts."""
    from isthmus.studies.shared.collection import class_items, class_vectors, labels_of

    marks = world()
    sets = [embed(encoders[m], marks.items[m]) for m in ("image", "text")]
    prompted = class_items(list(COLOURS), ("a {} thing",))
    classes = class_vectors(prompted, encoders)
    labels = labels_of(marks, sets[0].ids)
    about = About(labels=labels, classes=classes, prompted=prompted)
    return split_dataset(world_dataset(marks, *sets, about), {}, 0)
