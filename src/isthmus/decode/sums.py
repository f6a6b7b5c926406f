"""Sums of vectors of several modalities, taken to where texts lie, and how near a text comes.

A modality lies around a mean of its own. Sums are made of what each item has beside that mean, at
length one, so that every term counts as it is weighed; the sum is made as long as texts are beside
theirs, and put at their mean.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit, unit_or_zero
from isthmus.decode.kinds import Reader
from isthmus.decode.memories import Memory
from isthmus.records import dataclass
from isthmus.types import RequestError

NOTHING = 1e-3
"""Length of a sum of which nothing is left."""


def beside_mean(vectors: Vectors, reader: Reader) -> Vectors:
    """What vectors (n, d) of a modality have beside the mean of their kind, at length one."""
    given = unit(vectors)
    means = np.stack([one.mean for one in reader.kinds])
    return unit_or_zero(given - means[reader.kind_of(given)])


def among_texts(found: Vectors, memory: Memory) -> Vectors:
    """Unit vectors where texts lie, of directions (n, d) beside a mean."""
    length = float(np.linalg.norm(memory.vectors - memory.mean, axis=1).mean())
    return unit_or_zero(length * unit_or_zero(found) + memory.mean)


def total(
    parts: Sequence[Float[np.ndarray, " d"]], weights: Sequence[float], memory: Memory
) -> Float[np.ndarray, " d"]:
    """The unit vector, among texts, of a weighted sum of directions of ``beside_mean``.

    Raises:
        RequestError: nothing is left of the sum.
    """
    found = np.sum([w * x for w, x in zip(weights, parts, strict=True)], axis=0)
    if np.linalg.norm(found) < NOTHING * np.abs(weights).sum():
        raise RequestError("Nothing is left of the sum: its terms take each other away.")
    return among_texts(np.asarray(found, np.float32)[None], memory)[0]


@dataclass(frozen=True)
class Chance:
    """How near texts come that have nothing to do with a vector."""

    mean: float
    """Of their cosines."""
    high: float
    """The cosine that 95 % of them stay below."""


def chance(target: Float[np.ndarray, " d"], memory: Memory) -> Chance:
    """Of all sentences of a memory, to a unit vector."""
    cosines = memory.vectors @ target
    return Chance(float(cosines.mean()), float(np.quantile(cosines, 0.95)))
