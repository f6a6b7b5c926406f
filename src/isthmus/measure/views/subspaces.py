"""Subspaces of many vectors, and of which dimension they are: ranks that the vectors decide."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors, unit
from isthmus.measure.statistics import BLOCKS, SetLike, as_set, chance, seeded, subsampling_interval
from isthmus.types import Axes, Null, RequestError, Result, Subspace, amount, axes_or_new

TRACY_WIDOM = 0.9793
"""The 95 % quantile of the Tracy-Widom law of order 1 (Bejan 2005, table 2)."""


def affine_subspace(vectors: Vectors, rank: int | None = None) -> Subspace:
    """The affine subspace of this rank nearest to the vectors: through their mean.

    Args:
        vectors: (n, d), at least two rows.
        rank: its dimension; None is ``parallel_rank``.

    Raises:
        RequestError: fewer than two vectors, or a rank above n - 1 or d.

    Source: Pearson 1901; the first principal axes.
    """
    rows = _rows(vectors)
    return _fitted(rows, rows.mean(axis=0), len(rows) - 1, rank)


def linear_subspace(vectors: Vectors, rank: int | None = None) -> Subspace:
    """The linear subspace of this rank nearest to the vectors: through zero.

    Raises:
        RequestError: fewer than two vectors, or a rank above n or d.

    Source: Eckart & Young 1936; the first right singular vectors.
    """
    rows = _rows(vectors)
    return _fitted(rows, np.zeros(rows.shape[1]), len(rows), rank)


def parallel_rank(energies: Float[np.ndarray, " r"], n: int, d: int) -> int:
    """How many directions stand out of white noise, tested one after the other at 5 %.

    Direction k + 1 stands out if its energy is above the 95 % quantile of the largest energy of
    white (n - k) x (d - k) noise whose level is what is left after k directions. This is Horn's
    parallel analysis with the Tracy-Widom law in the place of simulations.

    Args:
        energies: squared singular values, largest first.
        n: rows, less one if their mean was taken away.
        d: coordinates.

    Source: Horn 1965; Johnstone 2001, theorem 1.1; Kritchman & Nadler 2008, equation 11.
    """
    most = min(len(energies), n - 1, d - 1)
    left = np.cumsum(energies[::-1])[::-1]
    for k in range(most):
        if left[k] <= 1e-12 * left[0]:
            return k
        a, b = np.sqrt(n - k - 1), np.sqrt(d - k)
        edge = (a + b) ** 2 + TRACY_WIDOM * (a + b) * (1 / a + 1 / b) ** (1 / 3) if a else np.inf
        if energies[k] <= left[k] / ((n - k) * (d - k)) * edge:
            return k
    return most


def held_out_rank(vectors: Vectors, *, arcs: int = 5, most: int = 64) -> int:
    """The rank under which held-out rows are most likely.

    Rows are held out in contiguous arcs (the views of a turntable, in order). The distance of a
    held-out row to a subspace only falls with its rank; its likelihood under a Gaussian with k
    free directions and white noise beside them falls again once noise is fitted.

    Args:
        vectors: (n, d), rows in the order that arcs are cut in.
        arcs: how many.
        most: the largest rank that is tried.

    Raises:
        RequestError: fewer than two rows an arc.

    Source: Tipping & Bishop 1999, equations 4, 7 and 8, scored on held-out rows.
    """
    rows = _rows(vectors)
    if len(rows) < 2 * arcs:
        raise RequestError(
            f"{arcs} arcs of held-out views need at least {2 * arcs} views, not {len(rows)}."
        )
    parts = np.array_split(np.arange(len(rows)), arcs)
    found = np.stack([_likelihoods(rows, part, most) for part in parts])
    # a rank that one arc cannot have is no rank, however exact it is for another
    found[:, np.isneginf(found).any(axis=0)] = -np.inf
    return int(found.sum(axis=0).argmax())


def _likelihoods(rows: Vectors, part: Int[np.ndarray, " p"], most: int) -> Float[np.ndarray, " r"]:
    """Log-likelihood, up to constants, of the rows of one arc at rank 0, 1, ..., most."""
    stay = np.delete(rows, part, axis=0)
    n, d = len(stay) - 1, rows.shape[1]
    origin = stay.mean(axis=0)
    _, s, v = np.linalg.svd(stay - origin, full_matrices=False)
    held = rows[part] - origin
    inside = ((held @ v.T) ** 2).sum(axis=0)
    energy, found = s**2, np.full(most + 1, -np.inf)
    for k in range(min(most, n - 1, d - 1) + 1):
        noise = energy[k:].sum() / ((n - k) * (d - k))
        if noise <= 1e-12 * energy.sum() / (n * d):  # nothing is left: this rank is exact
            found[k:] = np.inf if k == 0 else found[k - 1]
            found[k] = np.inf
            break
        own = energy[:k] / n
        outside = (held**2).sum() - inside[:k].sum()
        spread = np.log(own).sum() + (d - k) * np.log(noise)
        found[k] = -(len(part) * spread + (inside[:k] / own).sum() + outside / noise) / 2
    return found


def _rows(vectors: Vectors) -> Vectors:
    rows = np.asarray(vectors, dtype=np.float64)
    if len(rows) < 2:
        raise RequestError(f"A subspace is fitted to at least two vectors, not {len(rows)}.")
    return rows


def _fitted(rows: Vectors, origin: np.ndarray, n: int, rank: int | None) -> Subspace:
    _, s, v = np.linalg.svd(rows - origin, full_matrices=False)
    if rank is None:
        rank = parallel_rank(s**2, n, rows.shape[1])
    if not 0 <= rank <= min(n, rows.shape[1]):
        raise RequestError(
            f"{len(rows)} vectors of {rows.shape[1]} coordinates span a subspace of rank 0 to "
            f"{min(n, rows.shape[1])}, not {rank}."
        )
    return Subspace(v[:rank], origin)


LEAST = 10
"""Views that a rank is read from."""
NOISE = "white noise; p of the first direction's share"
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
    paper = (
        "Horn 1965, parallel analysis with the Tracy-Widom law (Johnstone 2001, theorem 1.1); "
        "Tipping & Bishop 1999 for the held-out rank; null: white noise of the same size."
    )

    @property
    def about(self) -> str:
        """Both ranks and whether more views would raise them."""
        more = "still grows with more views" if self.growth[-1] > self.growth[-2] else "has settled"
        return (
            f"{self.n} views span {amount(int(self.value), 'direction')} that white noise would "
            f"not show ({self.held_out} by held-out arcs); the rank {more}."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Rank against the number of views."""
        ax = axes_or_new(ax)
        ax.plot(self.views, self.growth, "o-", label=self.name)
        ax.plot(self.views, self.views - 1, color="0.6", ls="--", label="most possible")
        ax.set(xlabel="views", ylabel="rank")
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
    energies = _energies(x)
    value = float(parallel_rank(energies, n - 1, d))
    views = np.unique(np.linspace(4, n, 6).astype(int))
    blocks = np.arange(n) * min(BLOCKS, n) // n
    kept = np.stack([rng.permutation(blocks.max() + 1) % 4 > 0 for _ in range(40)])
    ranks = np.array([_rank(x[stay[blocks]]) for stay in kept], dtype=np.float64)
    # of noise alone the ratio of the first energy to all is what parallel analysis compares
    p = chance("reference law", _first_share(x), _first_shares_of_noise(n, d)).p
    return ViewRank(
        name="rank of the view subspace",
        value=value,
        n=n,
        interval=subsampling_interval(value, ranks, kept),
        null=Null("reference law", 0.0, 0.0, 0.0, p, FIRSTS, NOISE),
        held_out=held_out_rank(x),
        energies=energies,
        views=views,
        growth=np.array([_rank(x[np.arange(count) * n // count]) for count in views]),
    )


def _energies(x: Vectors) -> Float[np.ndarray, " r"]:
    """Squared singular values around the mean, largest first."""
    return np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2


def _rank(x: Vectors) -> int:
    return parallel_rank(_energies(x), len(x) - 1, x.shape[1])


@lru_cache(maxsize=64)
def _first_shares_of_noise(n: int, d: int) -> Float[np.ndarray, " b"]:
    """The first direction's share of white noise, drawn once for each n and d."""
    rng = np.random.default_rng([n, d])
    noise = (unit(rng.normal(size=(n, d)), np.float64) for _ in range(FIRSTS))
    return np.array([_first_share(x) for x in noise])


def _first_share(x: Vectors) -> float:
    energies = _energies(x)
    return float(energies[0] / energies.sum()) if energies.sum() else float("nan")
