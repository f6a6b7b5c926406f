"""What linked pairs give, block by block, and what permuted links give."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.door import Pair
from isthmus.measure.nulls import DRAWS, pairings
from isthmus.measure.resampling import with_and_without


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
    links, cosines = with_and_without(m.counts), with_and_without(m.cosines)
    n, m_rows = with_and_without(a.counts), with_and_without(b.counts)
    sums_a, sums_b = with_and_without(a.sums), with_and_without(b.sums)
    cross, all_pairs = np.einsum("gd,gd->g", sums_a, sums_b), n * m_rows
    with np.errstate(divide="ignore", invalid="ignore"):
        return PairSums(
            matched=cosines / links,
            distance=with_and_without(m.distances) / links,
            inter=cross / all_pairs,
            unmatched=(cross - cosines) / (all_pairs - links),
            intra_a=(np.einsum("gd,gd->g", sums_a, sums_a) - n) / (n * (n - 1)),
            intra_b=(np.einsum("gd,gd->g", sums_b, sums_b) - m_rows) / (m_rows * (m_rows - 1)),
        )


def permuted_cosines(
    pair: Pair, rng: np.random.Generator, draws: int = DRAWS
) -> Float[np.ndarray, "b k"]:
    """Cosines of the linked rows after whole objects trade their b sides; of the sampled pair."""
    pair = pair.sampled
    moved = pairings(pair, rng, draws)[:, pair.rows[:, 1]]
    return pair.cosines[pair.rows[:, 0], moved]
