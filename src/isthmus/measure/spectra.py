"""The spectrum: how the variance of a modality falls off from direction to direction."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure import reference
from isthmus.measure.clouds import cloud, covariance
from isthmus.measure.door import SetLike, one
from isthmus.measure.nulls import DRAWS, chance
from isthmus.measure.resampling import leave_out, seeded
from isthmus.measure.streaming import Moments
from isthmus.types import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEADING = 10
"""Directions whose share of the variance is the value."""
FOLDS = 10
"""Parts of the objects on which directions fitted without them are tried."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Spectrum(Result):
    """Eigenvalues of the covariance and the share of the variance they explain."""

    held_out: float
    """Share of unseen items' variance in directions fitted without them. Infinitely many items
    would show a share between this and the value."""
    eigenvalues: Float[np.ndarray, " d"]
    """Of the covariance of the unit vectors, largest first."""
    explained: Float[np.ndarray, " d"]
    """Share of the variance in the first 1, 2, 3, ... directions."""
    isotropic: Float[np.ndarray, " d"]
    """The same for as many items in random directions, mean of the null."""
    paper: ClassVar[str] = (
        "Jolliffe, Principal Component Analysis, 2002, section 6.1: share of the variance in the "
        "leading components; null: Wishart eigenvalues, Dumitriu & Edelman 2002."
    )

    @property
    def about(self) -> str:
        """How much the first directions hold."""
        return (
            f"The first {LEADING} directions hold {self.value:.0%} of the variance "
            f"(random directions: {self.null.mean:.0%})."
        )

    def plot(self, ax: "Axes") -> "Axes":
        """The explained share, and that of random directions."""
        count = np.arange(1, len(self.explained) + 1)
        ax.plot(count, self.explained, label=self.name)
        ax.plot(count, self.isotropic, color="0.6", ls="--", label="random directions")
        ax.set_xlabel("directions, largest first")
        ax.set_ylabel("share of the variance")
        ax.set_xscale("log")
        return ax


def spectrum(a: SetLike, *, rng: np.random.Generator | None = None) -> Spectrum:
    """Share of the variance in the ten leading directions, in (0, 1], with all eigenvalues.

    Few items put too much into the first directions: the null and the interval are those of this
    n, and ``held_out`` is the share that unseen items have there. Without ``rng`` the seed is 0.
    Exact on streamed sets.

    Source: Jolliffe 2002, section 6.1.
    """
    items, rng = one(a), seeded(rng)
    side = cloud(items)
    explained = _explained(side.spectra)
    lead = min(LEADING, items.space.dim) - 1
    value = float(explained[0, lead])
    method = "subsampling, one block of objects left out; at this n"
    _, interval = leave_out(value, explained[1:, lead], method, debias=False)
    draws = _explained(reference.spectra(len(items), items.space.dim, rng, DRAWS))
    return Spectrum(
        name=f"variance in {lead + 1} directions ({items.modality})",
        value=value,
        n=side.n,
        interval=interval,
        null=chance("reference law", value, draws[:, lead]),
        held_out=held_out_share(side.moments, lead + 1),
        eigenvalues=side.spectra[0],
        explained=explained[0],
        isotropic=draws.mean(axis=0),
    )


def held_out_share(m: Moments, lead: int) -> float:
    """Share of the variance of unseen blocks in the leading directions of all others."""
    from scipy.linalg import eigh

    folds = np.array_split(np.arange(len(m.counts)), min(FOLDS, len(m.counts)))
    total = float(m.counts.sum()), m.sums.sum(axis=0), m.grams.sum(axis=0, dtype=np.float64)
    d, inside, every = len(total[1]), 0.0, 0.0
    for fold in folds:
        part = m.counts[fold].sum(), m.sums[fold].sum(axis=0), m.grams[fold].sum(axis=0)
        count, sums = total[0] - part[0], total[1] - part[1]
        seen = covariance(count, sums, total[2] - part[2])
        directions = eigh(seen, subset_by_index=(d - lead, d - 1), check_finite=False)[1]
        mean = sums / count
        gram, along = directions.T @ part[2] @ directions, mean @ directions
        # the scatter of the unseen rows around the mean of the others
        inside += np.trace(gram) - 2 * (part[1] @ directions) @ along + part[0] * along @ along
        every += np.trace(part[2]) - 2 * part[1] @ mean + part[0] * mean @ mean
    return float(inside / every) if every else 1.0


def _explained(eigenvalues: Float[np.ndarray, "b d"]) -> Float[np.ndarray, "b d"]:
    total = eigenvalues.sum(axis=1, keepdims=True)
    return np.cumsum(eigenvalues, axis=1) / np.where(total > 0, total, 1)
