"""Nulls: what a measure gives when links, labels or directions mean nothing.

Three nulls are drawn here. *Pairing* moves the whole b side of an object to another object.
*Label* deals the modality labels of an object's items anew. The *reference law* is isotropic and
has its own file. p = (1 + b)/(1 + B) with 0.05 (B + 1) a whole number.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.measure.statistics.inputs import Pair
from isthmus.types import Null

DRAWS = 199
"""Draws from a null; 0.05 (DRAWS + 1) is whole, so that a 5 % test is exact."""


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
    p = p if np.isfinite(value) else float("nan")
    low, high = np.quantile(draws, [0.025, 0.975])
    return Null(kind, float(draws.mean()), float(low), float(high), p, len(draws), note)


def pairings(pair: Pair, rng: np.random.Generator, draws: int = DRAWS) -> Int[np.ndarray, "b m"]:
    """Where each row of b goes when whole objects trade their b sides, one permutation a draw.

    A link (i, j) becomes (i, moved[j]). Objects trade only with objects of as many b items, so
    that the number of links stays; rows without a link stay where they are.
    """
    objects = pair.objects[1]
    linked = np.isin(objects, objects[pair.rows[:, 1]])
    rows = np.flatnonzero(linked)
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
    """Which of the rows of a, then b, are called a when labels are dealt anew in each object.

    Every object keeps its number of a and b items; for one-to-one links this swaps the pair
    with probability one half.
    """
    left, right = pair.objects
    objects = np.concatenate([left, right])
    home = np.argsort(objects, kind="stable")
    is_a = (home < len(left)).astype(np.int64)
    _, starts = np.unique(objects[home], return_index=True)
    inside = np.arange(len(home)) - np.repeat(starts, np.diff(np.append(starts, len(home))))
    first = inside < np.repeat(np.add.reduceat(is_a, starts), np.diff(np.append(starts, len(home))))
    called = np.empty((draws, len(home)), dtype=bool)
    for row in called:
        order = np.argsort(objects + rng.random(len(objects)))
        row[order] = first
    return called


def halves(objects: Int[np.ndarray, " n"], rng: np.random.Generator) -> Bool[np.ndarray, " n"]:
    """Which rows fall in the first of two random halves of the objects."""
    _, number = np.unique(objects, return_inverse=True)
    count = int(number.max()) + 1
    return (rng.permutation(count) < count / 2)[number]
