"""The words and phrases of babel's texts: every value has several, every one means one value.

The first of each is the plain one. Writing (``render_text.py``) and reading (``parse_text.py``)
share these tables.
"""

from collections.abc import Mapping
from typing import Any

NOUNS: dict[str | None, tuple[tuple[str, str], ...]] = {
    "sphere": (("sphere", "spheres"), ("ball", "balls")),
    "cube": (("cube", "cubes"), ("block", "blocks")),
    "cone": (("cone", "cones"),),
    "cylinder": (("cylinder", "cylinders"),),
    "pyramid": (("pyramid", "pyramids"),),
    "ring": (("ring", "rings"), ("hoop", "hoops")),
    "star": (("star", "stars"),),
    "heart": (("heart", "hearts"),),
    "cross": (("cross", "crosses"), ("plus sign", "plus signs")),
    "crescent": (("crescent", "crescents"), ("half moon", "half moons")),
    None: (("thing", "things"), ("object", "objects")),
}
"""Singular and plural of each shape; of None, where the shape is not stated."""

ADJECTIVES: dict[str, dict[str, tuple[str, ...]]] = {
    "size": {
        "small": ("small", "little", "tiny"),
        "medium": ("medium-sized", "mid-sized"),
        "large": ("large", "big", "huge"),
    },
    "material": {
        "matte": ("matte", "dull"),
        "shiny": ("shiny", "glossy"),
        "striped": ("striped", "stripy"),
        "spotted": ("spotted", "dotted"),
        "glass": ("glass", "transparent"),
    },
    "colour": {
        "red": ("red",),
        "orange": ("orange",),
        "yellow": ("yellow",),
        "green": ("green",),
        "cyan": ("cyan", "turquoise"),
        "blue": ("blue",),
        "purple": ("purple", "violet"),
        "pink": ("pink",),
    },
}

COUNTS: dict[int | None, tuple[str, ...]] = {
    1: ("a", "one", "a single"),
    2: ("two", "a pair of"),
    3: ("three",),
    None: ("some",),
}

RELATIONS: dict[str | None, tuple[str, ...]] = {
    "left of": (
        "{a} left of {b}",
        "{a} to the left of {b}",
        "{a} on the left and {b} on the right",
        "{b} right of {a}",
        "{b} to the right of {a}",
        "{b} on the right and {a} on the left",
    ),
    "above": (
        "{a} above {b}",
        "{a} over {b}",
        "{a} at the top and {b} at the bottom",
        "{b} below {a}",
        "{b} under {a}",
        "{b} at the bottom and {a} at the top",
    ),
    None: ("{a} and {b}", "{b} and {a}", "{a} together with {b}", "{b} together with {a}"),
}
"""The first group is a: each relation is also said from the second, as its converse."""

VIEWS: dict[str, tuple[str, ...]] = {
    "front": ("seen from the front", "viewed head-on", "at eye level"),
    "angle": ("seen at an angle", "viewed from slightly above"),
    "above": ("seen from high above", "viewed from overhead"),
}

STYLES: dict[str, tuple[str, ...]] = {
    "flat": ("a flat graphic of", "a flat-coloured picture of"),
    "outlined": ("an outlined drawing of", "a comic drawing of"),
    "shaded": ("a shaded rendering of", "a 3D rendering of"),
    "sketch": ("a pencil sketch of", "a hatched drawing of"),
}

PLAIN = ("a picture of", "here we see", "")
"""How a text begins that does not state the style."""


def meanings(table: Mapping[Any, tuple[str, ...]]) -> dict[str, Any]:
    """Each phrase in lower case with what it means, longest first so that none hides another."""
    pairs = [(phrase.lower(), value) for value, phrases in table.items() for phrase in phrases]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))
