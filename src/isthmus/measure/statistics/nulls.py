"""Nulls: what a measure gives when links, labels or directions mean nothing.

Two nulls are drawn here. *Pairing* moves the whole b side of an object to another object. *Label*
permutes the modality labels inside each object; labels of classes have ``labels.py``. The
*reference law* is isotropic and has ``reference.py``. p = (1 + b)/(1 + B) with 0.05 (B + 1) a whole
number.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.measure.statistics.inputs import Pair
from isthmus.types import Null

DRAWS = 199
"""Draws from a null; 0.05 (DRAWS + 1) is whole, so that a 5 % test is exact."""
FEW_DRAWS = 39
"""Likewise where a draw takes as long as the measure; one for each tail of a 5 % test."""


def chance(
    kind: str,
    value: float,
    draws: Float[np.ndarray, " b"],
    tail: str = "upper",
    note: str = "",
) -> Null:
    """The null that these draws make, with the p-value of the value.

    A value that is not a number (nothing varies) has no p-value. ``tail``: ``upper`` if
    something found makes the value larger, ``lower`` if smaller, ``two`` if either.
    """
    draws = np.asarray(draws, dtype=np.float64)
    # values that are equal in exact arithmetic count as ties, which is the safe side
    slack = 1e-9 * max(1.0, abs(value))
    above = (1 + int(np.sum(draws >= value - slack))) / (1 + len(draws))
    below = (1 + int(np.sum(draws <= value + slack))) / (1 + len(draws))
    p = {"upper": above, "lower": below, "two": min(1.0, 2 * min(above, below))}[tail]
    low, high = np.quantile(draws, [0.025, 0.975]).tolist()
    p = p if np.isfinite(value) else float("nan")
    return Null(kind, float(draws.mean()), low, high, p, len(draws), note)


def pairings(pair: Pair, rng: np.random.Generator, draws: int = DRAWS) -> Int[np.ndarray, "b m"]:
    """Permutations of the rows of b in which whole objects trade their b sides, one a draw.

    A link (i, j) becomes (i, moved[j]). Objects trade only with objects of as many b items, so
    that the number of links stays; rows without a link stay where they are.
    """
    objects = pair.objects[1]
    rows = np.flatnonzero(np.isin(objects, objects[pair.rows[:, 1]]))
    rows = rows[np.argsort(objects[rows], kind="stable")]
    _, starts, sizes = np.unique(objects[rows], return_index=True, return_counts=True)
    moved = np.tile(np.arange(len(objects), dtype=np.int32), (draws, 1))
    for size in np.unique(sizes):
        block = rows[starts[sizes == size][:, None] + np.arange(size)]
        order = np.tile(np.arange(len(block), dtype=np.int32), (draws, 1))
        rng.permuted(order, axis=1, out=order)
        moved[:, block.ravel()] = block[order].reshape(draws, -1)
    return moved


def permuted_modalities(
    pair: Pair, rng: np.random.Generator, draws: int = DRAWS
) -> Bool[np.ndarray, "b items"]:
    """Which of the rows of a, then b, are labelled a when labels are permuted in each object.

    Every object keeps its number of a and b items; for one-to-one links this swaps the pair
    with probability one half.
    """
    objects = np.concatenate(pair.objects)
    home = np.argsort(objects, kind="stable")
    is_a = (home < len(pair.a)).astype(np.int64)
    _, starts, sizes = np.unique(objects[home], return_index=True, return_counts=True)
    inside = np.arange(len(home)) - np.repeat(starts, sizes)
    first = inside < np.repeat(np.add.reduceat(is_a, starts), sizes)
    labels = np.empty((draws, len(home)), dtype=bool)
    for row in labels:
        row[np.argsort(objects + rng.random(len(objects)))] = first
    return labels


def halves(objects: Int[np.ndarray, " n"], rng: np.random.Generator) -> Bool[np.ndarray, " n"]:
    """Which rows fall in the first of two random halves of the objects."""
    names, number = np.unique(objects, return_inverse=True)
    return (rng.permutation(len(names)) < len(names) / 2)[number]


def benjamini_hochberg(p: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """p-values adjusted for their number, so that the share of false discoveries is kept.

    Source: Benjamini & Hochberg 1995.
    """
    order = np.argsort(p, kind="stable")[::-1]
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    return np.minimum(adjusted, 1.0)


def holm(p: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """p-values adjusted for their number, so that a single false one is as rare as each claims.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return np.minimum(adjusted, 1.0)
