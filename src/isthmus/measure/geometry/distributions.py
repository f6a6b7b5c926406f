"""Differences in shape between two modalities: the Bures distance of their covariances."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import (
    DRAWS,
    FEW_DRAWS,
    Moments,
    SetLike,
    as_pair,
    centroids,
    chance,
    covariance,
    seeded,
    spectral_jackknife,
)
from isthmus.types import Axes, Links, Null, Result, axes_or_new

Case = TypeVar("Case")


def values_of(
    function: Callable[[Case], float], cases: Iterable[Case]
) -> Float[np.ndarray, " cases"]:
    """The function's value of every case, in order, computed in parallel on one thread each.

    At a few hundred coordinates a decomposition is slower on two BLAS threads than on one, and many
    times slower where the cores are shared, since the threads spin while they wait for each other.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.array(list(pool.map(function, cases)))


LEADING = 48
"""Directions within which p is found."""
SPLITS = 2
"""Halvings of each modality for the floor."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DistributionGap(Result):
    """Squared 2-Wasserstein distance of two Gaussians after centring: its Bures part."""

    mean_part: float
    """Squared distance of the means, which centring removes."""
    total: float
    """Squared Gaussian Wasserstein distance: mean part plus value."""
    paper = (
        "Dowson & Landau, J. Multivariate Analysis 1982, equation 4 (Gaussian W2); the split into "
        "centroid and distribution gap follows arXiv 2604.00279."
    )
    sentence = (
        "After both means are moved together, {self.value:.3f} of the squared distance of "
        "{self.total:.3f} is left as a difference in shape; random halves of one modality "
        "differ by {self.floor:.3f}."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Mean part, shape part and the shape's floor as bars."""
        ax = axes_or_new(ax)
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
    sides = pair.clouds[0].moments, pair.clouds[1].moments
    every = np.ones(len(sides[0].counts), dtype=bool)
    without = values_of(lambda kept: _between(sides, kept, kept), ~np.eye(len(every), dtype=bool))
    value, corrected, interval = spectral_jackknife(
        np.array([_between(sides, every, every), *without]),
        min(len(pair.a), len(pair.b)),
        pair.a.space.dim,
    )
    means = float(np.sum(np.subtract(*centroids(pair)) ** 2))
    return DistributionGap(
        name="distribution gap (squared Bures distance)",
        value=value,
        n=pair.n,
        interval=interval,
        null=_swapped(sides, value, rng),
        floor=_floor(sides, rng),
        corrected=corrected,
        mean_part=means,
        total=means + value,
    )


def bures(a: Float[np.ndarray, "d d"], b: Float[np.ndarray, "d d"]) -> float:
    """Squared Bures distance tr a + tr b - 2 tr (a^1/2 b a^1/2)^1/2 of two covariances."""
    from scipy.linalg import eigvalsh

    values, vectors = np.linalg.eigh(a)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    inner = np.clip(eigvalsh(root.T @ b @ root, check_finite=False), 0, None)
    fidelity = float(np.sqrt(inner).sum())
    return max(0.0, float(np.trace(a) + np.trace(b)) - 2 * fidelity)


def _between(sides: tuple[Moments, Moments], rows: np.ndarray, others: np.ndarray) -> float:
    """Squared Bures distance between the covariances of some blocks of either side."""
    return bures(sides[0].covariance(rows), sides[1].covariance(others))


def _swapped(sides: tuple[Moments, Moments], value: float, rng: np.random.Generator) -> Null:
    """The law of the value after the sides of random blocks of objects are swapped.

    A gap between the means goes into both mixtures alike, whatever their shares. Its mean and ends
    are those of a few draws; p needs many, and compares the distance within the directions that
    hold most of the variance of both sides together, which no swap changes.
    """
    both = sides[0].joined(sides[1])
    stays = rng.random((DRAWS, len(sides[0].counts))) < 0.5
    labels = np.concatenate([stays, ~stays], axis=1)
    if both.sums.shape[1] <= LEADING:
        return chance("label", value, _between_labels(both, labels))
    few = chance("label", value, _between_labels(both, labels[:FEW_DRAWS]))
    leading = both.within(np.linalg.eigh(covariance(*both.total))[1][:, -LEADING:])
    own = np.arange(len(labels[0])) < len(stays[0])
    found = _between_labels(leading, np.concatenate([own[None], labels]))
    p = chance("label", float(found[0]), found[1:]).p
    return replace(few, p=p, draws=DRAWS, note=f"p within the {LEADING} leading directions")


def _between_labels(both: Moments, labels: np.ndarray) -> np.ndarray:
    """The distance between the blocks with and without each label."""
    return values_of(lambda row: _between((both, both), row, ~row), labels)


def _floor(sides: tuple[Moments, Moments], rng: np.random.Generator) -> float:
    """Mean squared Bures distance between random halves (of blocks) of one modality."""
    cuts = [
        (side, rng.permutation(len(side.counts)) < len(side.counts) / 2)
        for side in sides
        for _ in range(SPLITS)
    ]
    return float(values_of(lambda cut: _between((cut[0], cut[0]), cut[1], ~cut[1]), cuts).mean())
