"""Many decompositions at once, one thread each.

At a few hundred coordinates a decomposition is slower on two BLAS threads than on one, and many
times slower where the cores are shared, since the threads spin while they wait for each other.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics.draws import centroids
from isthmus.measure.statistics.inputs import SetLike, as_pair
from isthmus.measure.statistics.nulls import chance
from isthmus.measure.statistics.resampling import ENOUGH, leave_out, seeded
from isthmus.measure.statistics.samples import Cloud, covariance
from isthmus.types import Links, Result
from isthmus.types.axes import Axes

Case = TypeVar("Case")


def values_of(
    function: Callable[[Case], float], cases: Iterable[Case]
) -> Float[np.ndarray, " cases"]:
    """The function's value of every case, in order, computed in parallel."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.array(list(pool.map(function, cases)))


DRAWS = 39
"""Label draws: each costs an eigendecomposition; 0.05 (39 + 1) is whole."""
SPLITS = 2
"""Halvings of each modality for the floor."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DistributionGap(Result):
    """Squared 2-Wasserstein distance of two Gaussians after centring: its Bures part."""

    mean_part: float
    """Squared distance of the means, which centring removes."""
    total: float
    """Squared Gaussian Wasserstein distance: mean part plus value."""
    paper: ClassVar[str] = (
        "Dowson & Landau, J. Multivariate Analysis 1982, equation 4 (Gaussian W2); the split into "
        "centroid and distribution gap follows arXiv 2604.00279."
    )

    @property
    def about(self) -> str:
        """What is left after centring."""
        return (
            f"After both means are moved together, {self.value:.3f} of the squared distance of "
            f"{self.total:.3f} is left as a difference in shape; random halves of one modality "
            f"differ by {self.floor or 0:.3f}."
        )

    def plot(self, ax: Axes) -> Axes:
        """Mean part, shape part and the shape's floor as bars."""
        ax.bar(
            ["means", "shapes", "floor of shapes"], [self.mean_part, self.value, self.floor or 0]
        )
        ax.set_ylabel("squared Wasserstein distance")
        return ax


def distribution_gap(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> DistributionGap:
    """Squared Bures distance between the modalities' covariances, in [0, 2].

    What is left of the squared Gaussian Wasserstein distance after centring each modality. Few
    items make it too large: read it against ``floor``. From four items a coordinate on the
    interval is corrected for that; below it is of the value that this n shows. Without ``rng`` the
    seed is 0. Exact on streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Dowson & Landau 1982, equation 4.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    left, right = (_Parts.of(side) for side in pair.clouds)
    value = left.bures(right)
    kept = [np.arange(left.blocks) != g for g in range(left.blocks)]
    without = values_of(lambda rows: left.bures(right, rows, rows), kept)
    enough = min(len(pair.a), len(pair.b)) >= ENOUGH * pair.a.space.dim
    method = f"subsampling, one block of objects left out{'' if enough else ', at this n'}"
    corrected, interval = leave_out(value, without, method, debias=enough)
    means = float(np.sum(np.subtract(*centroids(pair)) ** 2))
    return DistributionGap(
        name="distribution gap (squared Bures distance)",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("label", value, _swapped(left, right, rng)),
        floor=_floor(left, right, rng),
        corrected=corrected if enough else None,
        mean_part=means,
        total=means + value,
    )


@dataclass(frozen=True, eq=False)
class _Parts:
    """Counts, sums and uncentred second moments of one modality by block."""

    counts: Float[np.ndarray, " g"]
    sums: Float[np.ndarray, "g d"]
    grams: Float[np.ndarray, "g d d"]

    @classmethod
    def of(cls, side: Cloud) -> "_Parts":
        m = side.moments
        return cls(m.counts.astype(np.float64), m.sums, m.grams)

    @property
    def blocks(self) -> int:
        return len(self.counts)

    def covariance(self, weight: np.ndarray) -> Float[np.ndarray, "d d"]:
        gram = np.tensordot(weight.astype(np.float32), self.grams, axes=1)
        return covariance(float(weight @ self.counts), weight @ self.sums, gram.astype(np.float64))

    def bures(
        self, other: "_Parts", rows: np.ndarray | None = None, others: np.ndarray | None = None
    ) -> float:
        """Squared Bures distance between the covariances of some blocks of each."""
        rows = np.ones(self.blocks, dtype=bool) if rows is None else rows
        others = np.ones(other.blocks, dtype=bool) if others is None else others
        return bures(self.covariance(rows), other.covariance(others))


def bures(a: Float[np.ndarray, "d d"], b: Float[np.ndarray, "d d"]) -> float:
    """Squared Bures distance tr a + tr b - 2 tr (a^1/2 b a^1/2)^1/2 of two covariances."""
    from scipy.linalg import eigvalsh

    values, vectors = np.linalg.eigh(a)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    inner = eigvalsh(root.T @ b @ root, check_finite=False)
    fidelity = float(np.sqrt(np.clip(inner, 0, None)).sum())
    return max(0.0, float(np.trace(a) + np.trace(b)) - 2 * fidelity)


def _swapped(left: _Parts, right: _Parts, rng: np.random.Generator) -> np.ndarray:
    """The value after the sides of random blocks of objects are swapped.

    A gap between the means goes into both mixtures alike, whatever their shares.
    """
    both = _Parts(
        np.concatenate([left.counts, right.counts]),
        np.concatenate([left.sums, right.sums]),
        np.concatenate([left.grams, right.grams]),
    )
    stays = rng.random((DRAWS, left.blocks)) < 0.5
    labels = np.concatenate([stays, ~stays], axis=1)
    return values_of(lambda row: both.bures(both, row, ~row), labels)


def _floor(left: _Parts, right: _Parts, rng: np.random.Generator) -> float:
    """Mean squared Bures distance between random halves (of blocks) of one modality."""
    cuts = [
        (side, rng.permutation(side.blocks) < side.blocks / 2)
        for side in (left, right)
        for _ in range(SPLITS)
    ]
    return float(values_of(lambda cut: cut[0].bures(cut[0], cut[1], ~cut[1]), cuts).mean())
