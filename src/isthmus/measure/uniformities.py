"""Uniformity: how evenly a modality fills the sphere."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure import reference
from isthmus.measure.clouds import Cloud, cloud
from isthmus.measure.door import SetLike, one
from isthmus.measure.neighbourhoods import ROWS
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import pair_mean, seeded, student
from isthmus.types import Interval, RequestError, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class Uniformity(Result):
    """Log of the mean Gaussian potential between items."""

    perfect: float
    """What the uniform law on the same sphere gives: -4 + log 0F1(d/2; 4)."""
    paper: ClassVar[str] = (
        "Wang & Isola, Alignment and Uniformity on the Hypersphere, ICML 2020, equation 2, t = 2."
    )

    @property
    def about(self) -> str:
        """How far from even."""
        return (
            f"Uniformity is {self.value:.3f}, where an even spread over this sphere would give "
            f"{self.perfect:.3f} and a single point 0."
        )


def uniformity(a: SetLike, *, rng: np.random.Generator | None = None) -> Uniformity:
    """Log mean of exp(-2 |x - x'|^2) over pairs of different items; smaller is more even.

    At most 0, which is all items in one point. Looks at the sample of large sets. Without
    ``rng`` the seed is 0.

    Raises:
        RequestError: the space has fewer than 3 coordinates, where no such law is known here.

    Source: Wang & Isola 2020, equation 2 with t = 2.
    """
    from scipy.special import hyp0f1

    items, rng = one(a), seeded(rng)
    d = items.space.dim
    if d < 3:
        raise RequestError(f"Uniformity needs at least 3 coordinates; this space has {d}.")
    side = cloud(items).sampled
    sums, pairs = _potentials(side)
    mean = float(sums.sum() / pairs.sum())
    held = pairs.any(axis=1)
    kernel = np.divide(sums, pairs, out=np.zeros_like(sums), where=pairs > 0)[np.ix_(held, held)]
    _, error = pair_mean(kernel)
    ends = student(float(np.log(mean)), error / mean, len(kernel), "U-statistic over blocks")
    draws = np.log(reference.pair_means(_potential, len(side.items), d, rng))
    return Uniformity(
        name=f"uniformity ({items.modality})",
        value=float(np.log(mean)),
        n=side.n,
        interval=Interval(ends.low, min(ends.high, 0.0), ends.method),
        null=chance("reference law", float(np.log(mean)), draws),
        perfect=float(-4 + np.log(hyp0f1(d / 2, 4.0))),
    )


def _potential(cosine: np.ndarray) -> np.ndarray:
    return np.exp(4 * cosine - 4)


def _potentials(side: Cloud) -> tuple[Float[np.ndarray, "g g"], Float[np.ndarray, "g g"]]:
    """Sums of the potential over pairs of different rows, by block and block, and pair counts."""
    x, block = side.x, side.block
    inside = (block[:, None] == np.arange(int(block.max()) + 1)).astype(np.float32)
    sums = np.zeros((inside.shape[1], inside.shape[1]))
    for start in range(0, len(x), ROWS):
        s = x[start : start + ROWS] @ x.T
        s *= 4
        s -= 4
        np.exp(s, out=s)
        s[np.arange(len(s)), np.arange(start, start + len(s))] = 0
        sums += inside[start : start + ROWS].T @ (s @ inside)
    counts = inside.sum(axis=0, dtype=np.float64)
    return sums, np.outer(counts, counts) - np.diag(counts)
