"""What clips are taught: the texts of each, those that are wrong by one fact, and its actions.

Rows of three worlds: `babel-motion`, `units` (training units) and `motions` (training objects).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.encode import mini
from isthmus.types import LoadOptions, World
from isthmus.worlds.units import PHRASES, SEVERAL

WORDINGS = 2
"""Sentences of a babel clip."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """Rows of clips and what is true of them; texts are rows of ``texts``, -1 is none."""

    texts: np.ndarray
    """(m, d) unit vectors of every sentence in the frozen space."""
    own: np.ndarray
    """(n, w) sentences that are true of a clip."""
    opposite: np.ndarray
    """(n, w) sentences of the clip shown backwards."""
    actions: np.ndarray
    """(n, a) the sentence of each action of the clip's unit."""
    label: np.ndarray
    """(n,) which of these is true."""
    family: np.ndarray
    """(n,) clips of one number are never each other's negatives."""


def babel_texts(world: World, ids: Sequence[str]) -> tuple[list[list[str]], list[list[str]]]:
    """Sentences of clips and of their opposites, each in two wordings."""
    own, other = [], []
    for name in ids:
        scene = world.items["video"][name].source
        wordings = [replace(scene, number=scene.number + 1_000_000 * k) for k in range(WORDINGS)]
        facts = scene.facts
        own.append([one.text(facts) for one in wordings])
        other.append([one.text(facts.opposite) for one in wordings])
    return own, other


def unit_texts(facts: dict[str, Any]) -> list[str]:
    """The sentence of every action of a clip's unit."""
    return [f"a {facts['unit'].replace('_', ' ')} {phrase}" for phrase in PHRASES.values()]


def lessons(babel: World, units: World, motions: World, ids: Sequence[Sequence[str]]) -> Lessons:
    """Of some clips of each world, in this order."""
    own, opposite = babel_texts(babel, ids[0])
    actions = [[] for _ in ids[0]]
    label = [-1] * len(ids[0])
    family = [f"babel {name}" for name in ids[0]]
    for name in ids[1]:
        facts = units.factors[name]
        every = unit_texts(facts)
        known = facts["label"] != SEVERAL
        number = list(PHRASES).index(facts["label"]) if known else -1
        own.append([every[number] if known else f"a {facts['unit'].replace('_', ' ')}"] * WORDINGS)
        opposite.append([])
        actions.append(every)
        label.append(number)
        family.append(f"units {facts['unit']} {facts['label']}")
    for name in ids[2]:
        own.append([motions.items["text"][name]] * WORDINGS)
        opposite.append([])
        actions.append([])
        label.append(-1)
        family.append(f"motions {motions.factors[name]['family']}")
    return _numbered(own, opposite, actions, label, family)


def _numbered(
    own: list[list[str]], opposite: list[list[str]], actions: list[list[str]], label: list[int],
    family: list[str],
) -> Lessons:  # fmt: skip
    every = sorted({text for table in (own, opposite, actions) for row in table for text in row})
    at = {text: number for number, text in enumerate(every)}

    def rows(table: list[list[str]], width: int) -> np.ndarray:
        return np.array([[at[text] for text in row] or [-1] * width for row in table])

    vectors = mini.load("", LoadOptions(workers=1))["text"].encode(every)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    _, families = np.unique(family, return_inverse=True)
    return Lessons(
        vectors, rows(own, WORDINGS), rows(opposite, WORDINGS), rows(actions, len(PHRASES)),
        np.array(label), families,
    )  # fmt: skip


def save(path: Path, found: Lessons) -> None:
    """Keep them: sentences take a while to encode."""
    np.savez(path, **vars(found))


def load(path: Path) -> Lessons:
    """What was kept."""
    with np.load(path) as found:
        return Lessons(**{name: found[name] for name in found.files})
