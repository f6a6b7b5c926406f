"""Lists in which no modality is lost: one small number for each, found on the index itself.

A list by odds alone shows least of the modality that is read worst. Added to the odds of all items
of a modality is one number, so that the first ten hold each modality as often as what is relevant
is of it. Nothing needs to be known of the index's items for that: they ask themselves.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from isthmus.arrays import evenly_spaced
from isthmus.indexes.index import Index

TOP = 10
"""First places that are to be fair."""
ASKED = 100
"""Items of a modality that ask."""
TURNS, STEP = 60, 4.0
"""Steps along what is lacking, each shorter than the one before."""
FAVOUR = 0.7
"""Added to log odds at most, either way: nothing is put before what is four times as likely."""

Tops = Float[np.ndarray, "_q m t"]
"""Highest scores of each modality for each query, falling; minus infinity where there is none."""
Shares = Float[np.ndarray, " m"]
"""Of each modality in what is relevant."""


def offsets(asked: Sequence[tuple[Tops, Shares]]) -> Shares:
    """What is added to the scores of each modality.

    Args:
        asked: of each modality that asks, the scores that its queries met, and the shares that are
            due.
    """
    added = np.zeros(len(asked[0][1]))
    for turn in range(TURNS):
        lacking = np.mean([due - shown(tops, added) for tops, due in asked], axis=0)
        added = np.clip(added + STEP / (1 + turn / 4) * lacking, -FAVOUR, FAVOUR)
    return added


def shown(tops: Tops, added: Shares) -> Shares:
    """Share of each modality in the first ten, mean over queries."""
    scores = (tops + added[:, None]).reshape(len(tops), -1)
    count = min(TOP, scores.shape[1])
    first = np.argpartition(-scores, count - 1, axis=1)[:, :count] // tops.shape[2]
    return np.stack([(first == k).mean(axis=1) for k in range(len(added))], axis=1).mean(axis=0)


def balanced(index: Index) -> dict[str, float]:
    """What is added to the odds of each modality of an index; empty where odds rank nothing."""
    odds, names = index.odds, list(index.parts)
    if odds is None or len(names) < 2:
        return {}
    asked = [
        (_tops(index, name, names), due([odds.expected(name, other) for other in names]))
        for name in names
        if odds.ranks(name)
    ]
    return dict(zip(names, offsets(asked).tolist(), strict=True)) if asked else {}


def due(matches: Sequence[float]) -> Shares:
    """Share of each modality in what matches a query."""
    return np.array(matches) / max(float(sum(matches)), 1e-12)


def _tops(index: Index, asked: str, names: Sequence[str]) -> Tops:
    part = index.parts[asked]
    rows = evenly_spaced(np.arange(len(part.files)), ASKED)
    queries = np.asarray(part.vectors[rows], np.float32)
    tops = np.full((len(rows), len(names), TOP), -np.inf)
    for column, name in enumerate(names):
        for row, hits in enumerate(index.ranked(queries, TOP + 1, [name], asked)):
            own = name == asked
            scores = [hit.score for hit in hits if not (own and hit.row == rows[row])][:TOP]
            tops[row, column, : len(scores)] = scores
    return tops
