"""Cosines: of linked pairs, of unlinked pairs, across and within the modalities."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.measure.statistics import reference
from isthmus.measure.statistics.draws import centroids, pair_sums, permuted_cosines, split_gaps
from isthmus.measure.statistics.inputs import Pair, SetLike, as_pair, as_set
from isthmus.measure.statistics.nearest import ROWS
from isthmus.measure.statistics.nulls import chance
from isthmus.measure.statistics.resampling import leave_out, pair_mean, seeded, student_interval
from isthmus.measure.statistics.samples import Cloud, cloud
from isthmus.types import Interval, Links, Result
from isthmus.types.axes import Axes


@dataclass(frozen=True, eq=False, kw_only=True)
class MatchedCosine(Result):
    """Mean cosine of linked pairs."""

    paper: ClassVar[str] = (
        "Radford et al., CLIP, ICML 2021, figure 3: cosine of paired embeddings; mean over links."
    )

    @property
    def about(self) -> str:
        """What a partner's cosine is worth."""
        return (
            f"Partners have cosine {self.value:.3f} on average; permuted partners have "
            f"{self.null.mean:.3f}, and that difference is what matching is made of."
        )


def matched_cosine(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> MatchedCosine:
    """Mean cosine of linked pairs, in [-1, 1].

    Without ``rng`` the seed is 0. Exact on streamed sets; the null is drawn on the sample.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: the diagonal of CLIP's similarity matrix, Radford et al. 2021.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    values = pair_sums(pair).matched
    value = float(values[0])
    _, interval = leave_out(value, values[1:], debias=False)
    draws = permuted_cosines(pair, rng).mean(axis=1, dtype=np.float64)
    return MatchedCosine(
        name="matched cosine",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, draws),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class InterCosine(Result):
    """Mean cosine of all pairs across the sets."""

    paper: ClassVar[str] = (
        "Liang et al., Mind the Gap, NeurIPS 2022, section 2: cosines across modalities."
    )

    @property
    def about(self) -> str:
        """What the mean cosine across says."""
        return (
            f"Any item of one modality and any of the other have cosine {self.value:.3f} on "
            f"average; random halves of one modality have {self.floor or 0:.3f}."
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class UnmatchedCosine(InterCosine):
    """Mean cosine of the pairs across the sets that are not linked."""

    @property
    def about(self) -> str:
        """What a stranger's cosine is."""
        return (
            f"An item and a stranger of the other modality have cosine {self.value:.3f} on "
            "average: scores near it mean nothing."
        )


def inter_cosine(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> InterCosine:
    """Mean cosine of all pairs of one item of each modality, in [-1, 1].

    Without ``rng`` the seed is 0. Exact on streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Liang et al. 2022, section 2.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    values, n, m = pair_sums(pair).inter, len(pair.a), len(pair.b)
    value = float(values[0])
    _, interval = leave_out(value, values[1:], debias=False)
    draws = reference.mean_cross(float(n * m), n, pair.a.space.dim, rng)
    return InterCosine(
        name="inter-modal cosine",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("reference law", value, draws, "two"),
        floor=_between_halves(pair, rng),
    )


def unmatched_cosine(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> UnmatchedCosine:
    """Mean cosine of the pairs across modalities that no link joins, in [-1, 1].

    Without ``rng`` the seed is 0. Exact on streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: the off-diagonal of CLIP's similarity matrix, Radford et al. 2021; Liang et al. 2022.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    values, n, m = pair_sums(pair).unmatched, len(pair.a), len(pair.b)
    value = float(values[0])
    _, interval = leave_out(value, values[1:], debias=False)
    draws = reference.mean_cross(float(n * m - len(pair.rows)), n, pair.a.space.dim, rng)
    return UnmatchedCosine(
        name="unmatched cosine",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("reference law", value, draws, "two"),
        floor=_between_halves(pair, rng),
    )


def _between_halves(pair: Pair, rng: np.random.Generator) -> float:
    """Mean cosine between random halves of one modality: |mean|^2 - |half difference|^2."""
    splits = np.split(split_gaps(pair, rng) / 2, 2)
    found = [
        float(mean @ mean - (half**2).sum(axis=1).mean())
        for mean, half in zip(centroids(pair), splits, strict=True)
    ]
    return float(np.mean(found))


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

    def plot(self, ax: Axes) -> Axes:
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
    items, rng = as_set(a), seeded(rng)
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
    return value, student_interval(value, error, len(means), "U-statistic over blocks of objects")


def _histogram(x: Vectors) -> tuple[np.ndarray, np.ndarray]:
    counts = np.zeros(BINS)
    for start in range(0, len(x), ROWS):
        s = x[start : start + ROWS] @ x.T
        s += 1
        s *= BINS / 2
        counts += np.bincount(np.clip(s, 0, BINS - 1).astype(np.uint8).ravel(), minlength=BINS)
    counts[-1] -= len(x)  # each row with itself
    return np.linspace(-1, 1, BINS + 1), counts * BINS / 2 / counts.sum()
