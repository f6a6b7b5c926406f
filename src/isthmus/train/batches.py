"""Batches of linked pairs: distinct objects, drawn anew each epoch and the same after a restart."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from isthmus.measure.statistics import Pair
from isthmus.records import dataclass
from isthmus.train.recipe import Recipe
from isthmus.types import RequestError


@dataclass(frozen=True, eq=False)
class Batch:
    """Pairs that a loss sees at once."""

    rows: Int[np.ndarray, "n 2"]
    """Row of each side."""
    objects: Int[np.ndarray, " n"]
    swapped: np.ndarray
    """(n,) of bool: pairs whose sides change places."""


def batches(pair: Pair, recipe: Recipe, seed: int, epoch: int) -> Iterator[Batch]:
    """The batches of an epoch.

    An epoch is as many rounds as an object has links on average; in a round each object gives
    ``per_object`` random links of its own. The last, smaller batch of a round is left out where
    there is another.
    """
    rng = np.random.default_rng([seed, epoch, *b"batches"])
    links = pair.rows[np.argsort(pair.objects[0][pair.rows[:, 0]], kind="stable")]
    objects, first, count = np.unique(
        pair.objects[0][links[:, 0]], return_index=True, return_counts=True
    )
    size = min(recipe.pairs // recipe.per_object, len(objects))
    if size < 2:
        raise RequestError(
            f"A batch wants 2 objects or more; {recipe.pairs} pairs, {recipe.per_object} of each "
            f"object, of {len(objects)} objects make {size}."
        )
    for _ in range(rounds(pair, recipe)):
        shuffled = rng.permutation(len(objects))
        for start in range(0, len(objects) - size + 1, size):
            chosen = np.repeat(shuffled[start : start + size], recipe.per_object)
            picked = first[chosen] + np.floor(rng.random(len(chosen)) * count[chosen]).astype(int)
            yield Batch(links[picked], objects[chosen], rng.random(len(chosen)) < recipe.swap)


def rounds(pair: Pair, recipe: Recipe) -> int:
    """How often an epoch goes through all objects."""
    return max(1, round(len(pair.rows) / pair.n / recipe.per_object))


def steps(pair: Pair, recipe: Recipe) -> int:
    """Batches of an epoch."""
    size = min(recipe.pairs // recipe.per_object, pair.n)
    return rounds(pair, recipe) * (pair.n // max(1, size))


def drawn(
    pair: Pair, rows: Int[np.ndarray, " n"], rng: np.random.Generator
) -> Int[np.ndarray, " n"]:
    """A random item of b for each of these rows of a, among those that it is linked to."""
    links = pair.by_query
    first, end = (np.searchsorted(links[:, 0], rows, side) for side in ("left", "right"))
    return links[first + np.floor(rng.random(len(rows)) * (end - first)).astype(int), 1]
