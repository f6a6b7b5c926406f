"""Intra cosine: how close two random items of one modality are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.measure import reference
from isthmus.measure.clouds import Cloud, cloud
from isthmus.measure.door import SetLike, one
from isthmus.measure.neighbourhoods import ROWS
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import pair_mean, seeded, student
from isthmus.types import Interval, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 100


@dataclass(frozen=True, eq=False, kw_only=True)
class IntraCosine(Result):
    """Mean cosine of different items of one set, with their distribution."""

    edges: Float[np.ndarray, " bins1"]
    """Edges of the histogram's bins, from -1 to 1."""
    density: Float[np.ndarray, " bins"]
    """Density of the cosines of the sampled rows in each bin."""
    paper: ClassVar[str] = (
        "Liang et al., Mind the Gap, NeurIPS 2022, section 2 (the cone effect): mean cosine of all "
        "pairs of different items."
    )

    @property
    def about(self) -> str:
        """What the mean cosine within says."""
        return (
            f"Two random items of this modality have cosine {self.value:.3f}; "
            "directions without a common cone would have 0."
        )

    def plot(self, ax: "Axes") -> "Axes":
        """The distribution of the cosines."""
        ax.stairs(self.density, self.edges, fill=True, alpha=0.5, label=self.name)
        ax.axvline(self.value, color="black", lw=1, label=f"its mean, {self.value:.3f}")
        ax.set_xlabel("cosine")
        return ax


def intra_cosine(a: SetLike, *, rng: np.random.Generator | None = None) -> IntraCosine:
    """Mean cosine over all pairs of different items of one set, in [-1, 1].

    Without ``rng`` the seed is 0. Exact on streamed sets; the histogram is of the sample.

    Source: Liang et al. 2022, section 2.
    """
    items, rng = one(a), seeded(rng)
    side = cloud(items)
    n, d = len(items), items.space.dim
    value, interval = mean_cosine(side)
    draws = (n * reference.mean_length(n, d, rng) ** 2 - 1) / (n - 1)
    edges, density = _histogram(side.sampled.x)
    return IntraCosine(
        name=f"intra-modal cosine ({items.modality})",
        value=value,
        n=side.n,
        interval=interval,
        null=chance("reference law", value, draws, "two"),
        edges=edges,
        density=density,
    )


def mean_cosine(side: Cloud) -> tuple[float, Interval]:
    """Mean cosine of different rows and its interval, from sums by block of objects."""
    m = side.moments
    n, total = float(m.counts.sum()), m.sums.sum(axis=0)
    value = float((total @ total - n) / (n * (n - 1)))
    held = m.counts > 0
    means = m.sums[held] / m.counts[held, None]
    _, error = pair_mean(means @ means.T)
    return value, student(value, error, len(means), "U-statistic over blocks of objects")


def _histogram(x: Vectors) -> tuple[np.ndarray, np.ndarray]:
    counts = np.zeros(BINS)
    for start in range(0, len(x), ROWS):
        s = x[start : start + ROWS] @ x.T
        s += 1
        s *= BINS / 2
        counts += np.bincount(np.clip(s, 0, BINS - 1).astype(np.uint8).ravel(), minlength=BINS)
    counts[-1] -= len(x)  # each row with itself
    return np.linspace(-1, 1, BINS + 1), counts * BINS / 2 / counts.sum()
