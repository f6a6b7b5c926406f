"""Of which dimension is the subspace that the views of an object span?"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.statistics.inputs import SetLike, as_set
from isthmus.measure.statistics.nulls import chance
from isthmus.measure.statistics.resampling import BLOCKS, seeded, subsampling_interval
from isthmus.measure.views.subspaces import held_out_rank, parallel_rank
from isthmus.types import Null, RequestError, Result
from isthmus.types.axes import Axes

LEAST = 10

FIRSTS = 1999
"""Draws of the null, which are shared by all clouds of one shape; 0.05 (FIRSTS + 1) is whole."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ViewRank(Result):
    """Rank of the affine subspace of many vectors; the value is by parallel analysis."""

    held_out: int
    """Rank under which arcs of views that were held out are most likely."""
    energies: Float[np.ndarray, " r"]
    """Squared singular values around the mean, largest first."""
    views: Int[np.ndarray, " k"]
    """Numbers of views, ..."""
    growth: Int[np.ndarray, " k"]
    """... and the rank that so many views, spread evenly over all, show."""
    paper: ClassVar[str] = (
        "Horn 1965, parallel analysis with the Tracy-Widom law (Johnstone 2001, theorem 1.1); "
        "Tipping & Bishop 1999 for the held-out rank; null: white noise of the same size."
    )

    @property
    def about(self) -> str:
        """Both ranks and whether more views would raise them."""
        more = "still grows with more views" if self.growth[-1] > self.growth[-2] else "has settled"
        return (
            f"{self.n} views span {int(self.value)} directions that white noise would not show "
            f"({self.held_out} by held-out arcs); the rank {more}."
        )

    def plot(self, ax: Axes) -> Axes:
        """Rank against the number of views."""
        ax.plot(self.views, self.growth, "o-", label=self.name)
        ax.plot(self.views, self.views - 1, color="0.6", ls="--", label="most possible")
        ax.set_xlabel("views")
        ax.set_ylabel("rank")
        return ax


def view_rank(a: SetLike, *, rng: np.random.Generator | None = None) -> ViewRank:
    """Rank of the affine subspace of these vectors, by parallel analysis and by held-out arcs.

    Args:
        a: (n, d), the views of one object, in their order around it; n >= 10.
        rng: draws the subsamples; None is seed 0. The null is drawn once for each n and d.

    Raises:
        RequestError: fewer than ten views.

    Source: Horn 1965; Johnstone 2001, theorem 1.1.
    """
    x, rng = as_set(a).unit.astype(np.float64), seeded(rng)
    n, d = x.shape
    if n < LEAST:
        raise RequestError(f"A rank is read from {LEAST} views or more, not {n}.")
    energies = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    value = float(parallel_rank(energies, n - 1, d))
    views = np.unique(np.linspace(4, n, 6).astype(int))
    growth = [_rank(x[np.arange(count) * n // count]) for count in views]
    blocks = np.arange(n) * min(BLOCKS, n) // n
    kept = np.stack([rng.permutation(blocks.max() + 1) % 4 > 0 for _ in range(40)])
    found = np.array([_rank(x[stay[blocks]]) for stay in kept], dtype=np.float64)
    # of noise alone the ratio of the first energy to all is what parallel analysis compares
    first = energies[0] / energies.sum() if energies.sum() else float("nan")
    p = chance("reference law", float(first), _firsts(n, d)).p
    return ViewRank(
        name="rank of the view subspace",
        value=value,
        n=n,
        interval=subsampling_interval(value, found, kept),
        null=Null(
            "reference law",
            0.0,
            0.0,
            0.0,
            p,
            FIRSTS,
            "white noise; p of the first direction's share",
        ),
        held_out=held_out_rank(x),
        energies=energies,
        views=views,
        growth=np.array(growth),
    )


def _rank(x: np.ndarray) -> int:
    energies = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    return parallel_rank(energies, len(x) - 1, x.shape[1])


@lru_cache(maxsize=64)
def _firsts(n: int, d: int) -> Float[np.ndarray, " b"]:
    """The first direction's share of white noise, drawn once for each n and d."""
    rng = np.random.default_rng([n, d])
    return np.array([_first(_unit(rng.normal(size=(n, d)))) for _ in range(FIRSTS)])


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def _first(x: np.ndarray) -> float:
    energies = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    return float(energies[0] / energies.sum())
