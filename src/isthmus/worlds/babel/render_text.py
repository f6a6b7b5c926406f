"""A scene as a sentence that states exactly the facts that are stated, in one of many wordings.

Every value has several words, every word means one value; the first of each is the plain one.
Reading (``parse_text.py``) shares these tables.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isthmus.worlds.babel.facts import Facts, Group

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


def caption(facts: Facts, rng: np.random.Generator) -> str:
    """One English sentence of the stated facts; the rng draws the wording.

    Groups without a relation are named in either order, which therefore tells nothing.
    """
    groups = [noun_phrase(group, rng) for group in facts.groups]
    scene = groups[0]
    if len(groups) == 2:
        scene = pick(RELATIONS[facts.relation], rng).format(a=scene, b=groups[1])
    start = pick(PLAIN if facts.style is None else STYLES[facts.style], rng)
    view = "" if facts.view is None else pick(VIEWS[facts.view], rng)
    if view and rng.random() < 0.3:
        scene = f"{view}, {start} {scene}" if start else f"{view}, {scene}"
    else:
        scene = f"{start} {scene}".strip() + (f", {view}" if view else "")
    if rng.random() < 0.5:
        return scene
    return f"{scene[0].upper()}{scene[1:]}."


def noun_phrase(group: Group, rng: np.random.Generator) -> str:
    """The stated facts of a group in words, such as "two large red spheres"."""
    adjectives = [
        pick(table[value], rng)
        for fact, table in ADJECTIVES.items()
        if (value := getattr(group, fact)) is not None
    ]
    if rng.random() < 0.25:
        adjectives = [adjectives[at] for at in rng.permutation(len(adjectives))]
    nouns = NOUNS[group.shape]
    noun = nouns[int(rng.integers(len(nouns)))][group.count != 1]
    count = pick(COUNTS[group.count], rng)
    phrase = " ".join([*adjectives, noun])
    if count == "a" and phrase[0] in "aeiou":
        count = "an"
    return f"{count} {phrase}"


def pick(choices: Sequence[str], rng: np.random.Generator) -> str:
    """One of several wordings."""
    return choices[int(rng.integers(len(choices)))]
