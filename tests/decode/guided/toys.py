"""A language model of a few words, each followed as a table says, and a space of these words."""

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from isthmus.decode.guided.constraints import Constraints
from isthmus.decode.guided.scorers import WholeTexts
from isthmus.decode.guided.writing import Task
from isthmus.types import Space

PIECES = (" the", " a", " red", " big", " dog", " cat", " ship", " runs", " sleeps", " sails", ".",
          "", "s", " lantern", " quietly", "!")  # fmt: skip
FREE = Constraints(words=(2, 12))


@dataclass(frozen=True, eq=False)
class ToyContext:
    model: Any
    rows: list
    log_probs: np.ndarray = field(init=False)
    states: np.ndarray = field(init=False)

    def __post_init__(self):
        last = [row[-1] for row in self.rows]
        object.__setattr__(self, "log_probs", self.model.table[last])
        eye = np.eye(len(PIECES), dtype=np.float32) + 0.1
        object.__setattr__(self, "states", eye[np.array(self.rows)])

    def take(self, rows):
        return ToyContext(self.model, [self.rows[k] for k in rows])

    def push(self, tokens):
        return ToyContext(
            self.model, [[*row, one] for row, one in zip(self.rows, tokens, strict=True)]
        )


@dataclass(frozen=True, eq=False)
class ToyModel:
    """Bigrams."""

    table: np.ndarray
    name: str = "toy"
    limit: int = 1000
    pieces: tuple = PIECES

    def encode(self, text):
        found, rest = [], f" {text.strip().lower()}"
        while rest:
            known = [k for k, one in enumerate(PIECES) if one and rest.startswith(one)]
            longest = max(known, key=lambda k: len(PIECES[k]), default=None)
            if longest is not None:
                found.append(longest)
            rest = rest[len(PIECES[longest]) if longest is not None else 1 :]
        return found or [0]

    def decode(self, ids):
        return "".join(PIECES[k] for k in ids)

    def read(self, ids):
        return ToyContext(self, [list(ids)])

    def log_likelihoods(self, rows):
        return [np.array([self.table[a, b] for a, b in itertools.pairwise(row)]) for row in rows]


def bigrams(seed=0):
    """A table in which nouns follow articles, verbs follow nouns, and marks follow verbs."""
    rng = np.random.default_rng(seed)
    kinds = [0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 5, 2, 6, 4]
    likely = {0: (1, 2), 1: (2, 1), 2: (3, 4), 3: (4, 6, 0), 4: (0, 1), 5: (4,), 6: (4,)}
    raised = rng.normal(0, 0.5, (len(PIECES), len(PIECES)))
    for a, kind in enumerate(kinds):
        for b, other in enumerate(kinds):
            raised[a, b] += 3.0 * (other in likely[kind]) - 20.0 * (PIECES[b] in ("", "s"))
    return raised - np.log(np.exp(raised).sum(axis=1, keepdims=True))


class ToyEncoder:
    """Bags of words: one axis a piece."""

    modality = "text"
    space = Space("toy", "toy", len(PIECES))

    def encode(self, items):
        words = [f" {one.strip()} ".replace(".", " ") for one in items]
        return np.array(
            [[one.count(f"{p} ") if p.strip() else 0.01 for p in PIECES] for one in words],
            np.float32,
        )


def toy_task(target=" ship", seed=0, **changes):
    encoder = ToyEncoder()
    vector = np.zeros(len(PIECES), np.float32)
    vector[PIECES.index(target)] = 1
    task = Task(
        ToyModel(bigrams(seed)), WholeTexts(encoder), vector, "", "the", FREE, 20.0, 0.1, 0.2
    )
    return replace(task, **changes)
