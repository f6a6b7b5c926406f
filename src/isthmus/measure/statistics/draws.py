"""Means over linked and unlinked pairs and differences of means, by block and by chance."""

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics.inputs import Pair
from isthmus.measure.statistics.nulls import DRAWS, pairings
from isthmus.measure.statistics.resampling import jackknife_sums
from isthmus.measure.statistics.samples import Cloud
from isthmus.measure.statistics.streaming import mean_over_pairs
from isthmus.records import dataclass


@dataclass(frozen=True, eq=False)
class PairSums:
    """Means over pairs of rows: of all objects first, then without each block of objects."""

    matched: Float[np.ndarray, " g1"]
    """Mean cosine of linked pairs."""
    distance: Float[np.ndarray, " g1"]
    """Mean Euclidean distance of linked pairs."""
    inter: Float[np.ndarray, " g1"]
    """Mean cosine of all pairs of one row of a and one of b."""
    unmatched: Float[np.ndarray, " g1"]
    """The same without the linked pairs."""
    intra_a: Float[np.ndarray, " g1"]
    """Mean cosine of different rows of a."""
    intra_b: Float[np.ndarray, " g1"]


def pair_sums(pair: Pair) -> PairSums:
    """Every mean over pairs that follows from counts, sums and linked cosines."""
    a, b = (side.moments for side in pair.clouds)
    m = pair.link_moments
    links, squares = jackknife_sums(m.counts), jackknife_sums(m.squares)
    n, m_rows = jackknife_sums(a.counts), jackknife_sums(b.counts)
    sums_a, sums_b = jackknife_sums(a.uncentred), jackknife_sums(b.uncentred)
    cross, all_pairs = np.einsum("gd,gd->g", sums_a, sums_b), n * m_rows
    cosines = links - squares / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return PairSums(
            matched=cosines / links,
            distance=jackknife_sums(m.distances) / links,
            inter=cross / all_pairs,
            unmatched=(cross - cosines) / (all_pairs - links),
            intra_a=mean_over_pairs(np.einsum("gd,gd->g", sums_a, sums_a), n),
            intra_b=mean_over_pairs(np.einsum("gd,gd->g", sums_b, sums_b), m_rows),
        )


def permuted_squares(
    pair: Pair, rng: np.random.Generator, draws: int = DRAWS
) -> Float[np.ndarray, "b k"]:
    """Squared distances (2 - 2 cosine) of permuted links, whose objects trade their b sides.

    Of the sampled pair.
    """
    pair = pair.sampled
    return pair.squares[pair.rows[:, 0], pairings(pair, rng, draws)[:, pair.rows[:, 1]]]


SPLITS = 20
"""Random halvings of a modality that a noise floor is averaged over."""


def centroids(pair: Pair) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Mean unit vector of each set."""
    a, b = pair.clouds
    return a.moments.mean, b.moments.mean


def block_gaps(pair: Pair) -> Float[np.ndarray, "g d"]:
    """Mean difference within each block of objects that has items of both sets."""
    a, b = (side.moments for side in pair.clouds)
    both = (a.counts > 0) & (b.counts > 0)
    within = (a.sums[both].T / a.counts[both] - b.sums[both].T / b.counts[both]).T
    return within + (a.origin - b.origin)


def swapped_gaps(
    pair: Pair, rng: np.random.Generator, draws: int = DRAWS
) -> Float[np.ndarray, "b d"]:
    """Mean differences after swapping the sides of random objects (of runs, in streamed sets).

    Each object's share of the difference, taken around the midpoint, changes its sign with
    probability one half; objects with one side only keep theirs.
    """
    a, b = (side.moments for side in pair.clouds)
    middle = np.mean(centroids(pair), axis=0)
    to_a, to_b = ((side.origin - middle).astype(np.float32) for side in (a, b))
    share = (a.cells + a.sizes[:, None] * to_a) / np.float32(a.sizes.sum())
    share -= (b.cells + b.sizes[:, None] * to_b) / np.float32(b.sizes.sum())
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
