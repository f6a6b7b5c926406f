"""A scene as a sentence that states exactly the facts that are stated, in one of many wordings."""

from collections.abc import Sequence

import numpy as np

from isthmus.worlds.babel import words
from isthmus.worlds.babel.facts import Facts, Group


def caption(facts: Facts, rng: np.random.Generator) -> str:
    """One English sentence of the stated facts; the rng draws the wording.

    Groups without a relation are named in either order, which therefore tells nothing.
    """
    groups = [_noun_phrase(group, rng) for group in facts.groups]
    scene = groups[0]
    if len(groups) == 2:
        scene = _pick(words.RELATIONS[facts.relation], rng).format(a=scene, b=groups[1])
    start = _pick(words.PLAIN if facts.style is None else words.STYLES[facts.style], rng)
    view = "" if facts.view is None else _pick(words.VIEWS[facts.view], rng)
    if view and rng.random() < 0.3:
        scene = f"{view}, {start} {scene}" if start else f"{view}, {scene}"
    else:
        scene = f"{start} {scene}".strip() + (f", {view}" if view else "")
    if rng.random() < 0.5:
        return scene
    return f"{scene[0].upper()}{scene[1:]}."


def _noun_phrase(group: Group, rng: np.random.Generator) -> str:
    adjectives = [
        _pick(table[value], rng)
        for fact, table in words.ADJECTIVES.items()
        if (value := getattr(group, fact)) is not None
    ]
    if rng.random() < 0.25:
        adjectives = [adjectives[at] for at in rng.permutation(len(adjectives))]
    nouns = words.NOUNS[group.shape]
    noun = nouns[int(rng.integers(len(nouns)))][group.count != 1]
    count = _pick(words.COUNTS[group.count], rng)
    phrase = " ".join([*adjectives, noun])
    if count == "a" and phrase[0] in "aeiou":
        count = "an"
    return f"{count} {phrase}"


def _pick(choices: Sequence[str], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]
