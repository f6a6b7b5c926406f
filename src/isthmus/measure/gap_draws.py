"""Mean differences that mean nothing: labels swapped, or one modality cut in random halves."""

import numpy as np
from jaxtyping import Float

from isthmus.measure.clouds import Cloud
from isthmus.measure.door import Pair
from isthmus.measure.nulls import DRAWS

SPLITS = 20
"""Random halvings of a modality that a noise floor is averaged over."""


def centroids(pair: Pair) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Mean unit vector of each set."""
    a, b = (side.moments for side in pair.clouds)
    return a.sums.sum(axis=0) / a.counts.sum(), b.sums.sum(axis=0) / b.counts.sum()


def block_gaps(pair: Pair) -> Float[np.ndarray, "g d"]:
    """Mean difference within each block of objects that has items of both sets."""
    a, b = (side.moments for side in pair.clouds)
    both = (a.counts > 0) & (b.counts > 0)
    return (a.sums[both].T / a.counts[both] - b.sums[both].T / b.counts[both]).T


def swapped_gaps(
    pair: Pair, rng: np.random.Generator, draws: int = DRAWS
) -> Float[np.ndarray, "b d"]:
    """Mean differences after swapping the sides of random objects (of runs, in streamed sets).

    Each object's share of the difference, taken around the midpoint, changes its sign with
    probability one half; objects with one side only keep theirs.
    """
    a, b = (side.moments for side in pair.clouds)
    middle = np.mean(centroids(pair), axis=0).astype(np.float32)
    share = (a.cells - a.sizes[:, None] * middle) / np.float32(a.sizes.sum())
    share -= (b.cells - b.sizes[:, None] * middle) / np.float32(b.sizes.sum())
    sign = rng.integers(0, 2, (draws, len(share))).astype(np.float32) * 2 - 1
    sign[:, (a.sizes == 0) | (b.sizes == 0)] = 1
    return sign @ share


def split_gaps(pair: Pair, rng: np.random.Generator) -> Float[np.ndarray, "s d"]:
    """Mean differences between random halves of one modality, for each modality in turn."""
    return np.concatenate([_halved(side, rng) for side in pair.clouds])


def _halved(side: Cloud, rng: np.random.Generator) -> Float[np.ndarray, "s d"]:
    m = side.moments
    held = np.flatnonzero(m.sizes)
    first = rng.permuted(np.tile(np.arange(len(held)) % 2 == 0, (SPLITS, 1)), axis=1)
    sums, sizes = m.cells[held], m.sizes[held]
    inside = (first.astype(np.float32) @ sums, first @ sizes)
    rest = (sums.sum(axis=0) - inside[0], sizes.sum() - inside[1])
    return inside[0] / inside[1][:, None] - rest[0] / rest[1][:, None]
