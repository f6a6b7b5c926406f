"""Unbiased linear CKA: do both modalities arrange the objects alike?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import (
    DRAWS,
    FEW_DRAWS,
    Pair,
    SetLike,
    as_pair,
    chance,
    jackknife,
    jackknife_sums,
    seeded,
)
from isthmus.types import Links, Result

COSTLY = 4e8
"""n d^2 from which on a permutation costs a tenth of a second, and few are drawn."""


@dataclass(frozen=True, eq=False, kw_only=True)
class UnbiasedCKA(Result):
    """Centred kernel alignment of linear kernels with unbiased HSIC."""

    paper = (
        "Kornblith et al., Similarity of Neural Network Representations Revisited, ICML 2019, "
        "equation 4, with the unbiased HSIC of Song et al., JMLR 2012, equation 5."
    )
    sentence = (
        "The arrangement of the objects is shared to {self.value:.3f} (1: the same up to "
        "rotation and scale, 0: unrelated; permuted links {self.null.mean:.3f})."
    )


def linear_cka(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> UnbiasedCKA:
    """Unbiased linear CKA of linked objects, at most 1; independent sets give 0 on average.

    The biased form gives 0.5 for independent sets of 500 items in 512 dimensions. An object of
    several items counts by their mean. Exact on streamed one-to-one sets, where the null is drawn
    on the sample. Without ``rng`` the seed is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Kornblith et al. 2019, equation 4; Song et al. 2012, equation 5.
    """
    pair, rng = as_pair(a, b, links).paired, seeded(rng)
    left, right = (side.moments for side in pair.clouds)
    n = jackknife_sums(left.counts)
    sums = jackknife_sums(left.sums), jackknife_sums(right.sums)
    grams = left.grams, right.grams, pair.link_moments.crosses
    totals = [gram.sum(axis=0, dtype=np.float64) for gram in grams]
    values = np.empty(len(n))
    for g in range(len(n)):
        xx, yy, xy = (
            t if g == 0 else t - gram[g - 1] for t, gram in zip(totals, grams, strict=True)
        )
        sx, sy = sums[0][g], sums[1][g]
        norm = _hsic(xx, sx, sx, n[g]) * _hsic(yy, sy, sy, n[g])
        values[g] = _ratio(_hsic(xy, sx, sy, n[g]), norm)
    value, _, interval = jackknife(values)
    return UnbiasedCKA(
        name="unbiased linear CKA",
        value=value,
        n=len(pair.a),
        interval=interval,
        null=chance("pairing", value, _permuted(pair.sampled, rng)),
    )


def _hsic(
    cross: Float[np.ndarray, "d d"],
    sum_x: Float[np.ndarray, " d"],
    sum_y: Float[np.ndarray, " d"],
    n: float,
) -> float:
    """Unbiased HSIC of linear kernels of unit rows, whose diagonals of 1 are set to 0."""
    trace = float(np.vdot(cross, cross)) - n
    total_x, total_y = float(sum_x @ sum_x), float(sum_y @ sum_y)
    along = float(sum_x @ cross @ sum_y) - total_x - total_y + n
    ones = (total_x - n) * (total_y - n) / ((n - 1) * (n - 2))
    return (trace + ones - 2 * along / (n - 2)) / (n * (n - 3))


def _permuted(pair: Pair, rng: np.random.Generator) -> Float[np.ndarray, " b"]:
    x, y, n = pair.x, pair.y, float(len(pair.x))
    sum_x, sum_y = (z.sum(axis=0, dtype=np.float64) for z in (x, y))
    norm = _hsic(x.T @ x, sum_x, sum_x, n) * _hsic(y.T @ y, sum_y, sum_y, n)
    draws = FEW_DRAWS if n * x.shape[1] ** 2 > COSTLY else DRAWS
    crosses = (x.T @ y[rng.permutation(len(y))] for _ in range(draws))
    return np.array([_ratio(_hsic(cross, sum_x, sum_y, n), norm) for cross in crosses])


def _ratio(both: float, product: float) -> float:
    """Alignment; not a number where one of the sets does not vary."""
    return both / float(np.sqrt(product)) if product > 0 else float("nan")
