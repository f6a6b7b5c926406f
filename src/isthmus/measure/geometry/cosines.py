"""Cosines: of linked and of unlinked pairs, how well these separate, and within a modality."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors
from isthmus.measure.statistics import (
    ROWS,
    Cloud,
    Pair,
    SetLike,
    as_pair,
    as_set,
    centroids,
    chance,
    cloud,
    jackknife,
    mean_over_pairs,
    pair_mean,
    pair_sums,
    pairings,
    permuted_squares,
    reference,
    seeded,
    split_gaps,
    student_interval,
)
from isthmus.types import Axes, Interval, Links, Result, axes_or_new


@dataclass(frozen=True, eq=False, kw_only=True)
class MatchedCosine(Result):
    """Mean cosine of linked pairs."""

    paper = (
        "Radford et al., CLIP, ICML 2021, figure 3: cosine of paired embeddings; mean over links."
    )
    sentence = (
        "Linked items have cosine {self.value:.3f} on average; permuted links have "
        "{self.null.mean:.3f}, and that difference is what matching is made of."
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
    value, _, interval = jackknife(pair_sums(pair).matched, debias=False)
    draws = 1 - permuted_squares(pair, rng).mean(axis=1, dtype=np.float64) / 2
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

    paper = "Liang et al., Mind the Gap, NeurIPS 2022, section 2: cosines across modalities."
    sentence = (
        "Any item of one modality and any of the other have cosine {self.value:.3f} on "
        "average; random halves of one modality have {self.floor:.3f}."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class UnmatchedCosine(InterCosine):
    """Mean cosine of the pairs across the sets that are not linked."""

    sentence = (
        "An item and an unlinked one of the other modality have cosine {self.value:.3f} on "
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
    pair = as_pair(a, b, links)
    fields = _across(pair, pair_sums(pair).inter, len(pair.a) * len(pair.b), seeded(rng))
    return InterCosine(name="inter-modal cosine", n=pair.n, **fields)


def unmatched_cosine(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> UnmatchedCosine:
    """Mean cosine of the pairs across modalities that no link joins, in [-1, 1].

    Without ``rng`` the seed is 0. Exact on streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: the off-diagonal of CLIP's similarity matrix, Radford et al. 2021; Liang et al. 2022.
    """
    pair = as_pair(a, b, links)
    others = len(pair.a) * len(pair.b) - len(pair.rows)
    fields = _across(pair, pair_sums(pair).unmatched, others, seeded(rng))
    return UnmatchedCosine(name="unmatched cosine", n=pair.n, **fields)


def _across(
    pair: Pair, values: Float[np.ndarray, " g1"], pairs: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Value, interval, null and floor of a mean over so many pairs across the sets.

    The floor is the mean cosine between random halves of one modality: |mean|^2 - |half
    difference|^2.
    """
    value, _, interval = jackknife(values, debias=False)
    draws = reference.mean_cross(float(pairs), len(pair.a), pair.a.space.dim, rng)
    floors = [
        float(mean @ mean - (half**2).sum(axis=1).mean())
        for mean, half in zip(centroids(pair), np.split(split_gaps(pair, rng) / 2, 2), strict=True)
    ]
    return {
        "value": value,
        "interval": interval,
        "null": chance("reference law", value, draws, "two"),
        "floor": float(np.mean(floors)),
    }


BINS = 100


@dataclass(frozen=True, eq=False, kw_only=True)
class IntraCosine(Result):
    """Mean cosine of different items of one set, with their distribution."""

    edges: Float[np.ndarray, " bins1"]
    """Edges of the histogram's bins, from -1 to 1."""
    density: Float[np.ndarray, " bins"]
    """Density of the cosines of the sampled rows in each bin."""
    paper = (
        "Liang et al., Mind the Gap, NeurIPS 2022, section 2 (the cone effect): mean cosine of all "
        "pairs of different items."
    )
    sentence = (
        "Two random items of this modality have cosine {self.value:.3f}; "
        "directions without a common cone would have 0."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The distribution of the cosines."""
        ax = axes_or_new(ax)
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
    n, (value, interval) = len(items), mean_cosine(side)
    draws = (n * reference.mean_length(n, items.space.dim, rng) ** 2 - 1) / (n - 1)
    edges, density = _histogram(side.sampled.items.unit)
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
    n, sums = float(m.counts.sum()), m.uncentred
    total = sums.sum(axis=0)
    value = float(mean_over_pairs(total @ total, n))
    held = m.counts > 0
    means = sums[held] / m.counts[held, None]
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


FINE = 4_096
"""Steps from the smallest to the largest cosine; closer ones count as ties."""
LEAST_RANGE = 1e-9
"""Range of squared distances below which rounding is all there is."""
DENSITY_BINS = 128
"""Bins of the histograms, a divisor of ``FINE``."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CosineSeparation(Result):
    """Probability that a linked pair has a larger cosine than a pair that is not linked."""

    edges: Float[np.ndarray, " bins1"]
    """Edges of the histograms' bins, from the smallest cosine to the largest."""
    matched: Float[np.ndarray, " bins"]
    """Density of the cosines of linked pairs."""
    unmatched: Float[np.ndarray, " bins"]
    """Density of the cosines of all other pairs."""
    paper = (
        "Hanley & McNeil, Radiology 1982: area under the ROC curve as P(matched > unmatched), ties "
        "counted half."
    )
    sentence = (
        "A linked pair has a larger cosine than an unlinked one in {self.value:.1%} of "
        "comparisons across all items (50 % is chance): how well one threshold can work."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Both distributions."""
        ax = axes_or_new(ax)
        ax.stairs(self.unmatched, self.edges, fill=True, alpha=0.5, label="unmatched")
        ax.stairs(self.matched, self.edges, fill=True, alpha=0.5, label="matched")
        ax.set(xlabel="cosine", ylabel="density")
        return ax


def cosine_separation(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> CosineSeparation:
    """Area under the ROC curve of the cosine, linked against unlinked pairs, in [0, 1].

    0.5 is chance; ties count half. Large sets are sampled. Without ``rng`` the seed
    is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Hanley & McNeil 1982.
    """
    pair, rng = as_pair(a, b, links).sampled, seeded(rng)
    top, bottom = float(pair.squares.max()), float(pair.squares.min())
    width = max(top - bottom, LEAST_RANGE)
    steps = np.empty(pair.squares.shape, dtype=np.int16)
    for start in range(0, len(steps), ROWS):
        part = (top - pair.squares[start : start + ROWS]) * np.float32(FINE / width)
        steps[start : start + ROWS] = part.clip(0, FINE - 1)
    matched, every = _step_counts(pair, steps)
    value, _, interval = jackknife(_area(matched, every - matched), scale="logit", debias=False)
    densities = [
        h[0].reshape(DENSITY_BINS, -1).sum(axis=1) / h[0].sum() * (DENSITY_BINS / (width / 2))
        for h in (matched, every - matched)
    ]
    return CosineSeparation(
        name="matched against unmatched cosine (AUC)",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, _permuted_areas(pair, steps, every[0], rng)),
        edges=1 - np.linspace(top, top - width, DENSITY_BINS + 1) / 2,
        matched=densities[0],
        unmatched=densities[1],
    )


def _step_counts(pair: Pair, steps: Int[np.ndarray, "n m"]) -> tuple[np.ndarray, np.ndarray]:
    """Histograms of linked and of all pairs: of all objects, then without each block."""
    left, right = (side.block for side in pair.clouds)
    links, block = steps[pair.rows[:, 0], pair.rows[:, 1]], left[pair.rows[:, 0]]
    matched, every = [_steps_histogram(links)], [_steps_histogram(steps)]
    for g in range(int(max(left.max(), right.max())) + 1):
        rows, columns = left == g, np.flatnonzero(right == g)
        with_block = _steps_histogram(steps[rows]) + _steps_histogram(steps[:, columns])
        matched.append(matched[0] - _steps_histogram(links[block == g]))
        every.append(every[0] - with_block + _steps_histogram(steps[rows][:, columns]))
    return np.stack(matched), np.stack(every)


def _steps_histogram(steps: Int[np.ndarray, "..."]) -> Int[np.ndarray, " fine"]:
    # by rows, since counting makes eight bytes of each step
    parts = (steps[at : at + ROWS].ravel() for at in range(0, len(steps), ROWS))
    return sum((np.bincount(part, minlength=FINE) for part in parts), np.zeros(FINE, np.int64))


def _area(
    positive: Int[np.ndarray, "g fine"], negative: Int[np.ndarray, "g fine"]
) -> Float[np.ndarray, " g"]:
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.einsum("gf,gf->g", positive, below) / pairs


def _permuted_areas(
    pair: Pair,
    steps: Int[np.ndarray, "n m"],
    every: Int[np.ndarray, " fine"],
    rng: np.random.Generator,
) -> Float[np.ndarray, " b"]:
    moved = pairings(pair, rng)[:, pair.rows[:, 1]]
    below = np.cumsum(every) - every / 2
    k, total = len(pair.rows), float(every.sum())
    # linked pairs among themselves win half of their k^2 comparisons, and are taken out
    wins = below[steps[pair.rows[:, 0], moved]].sum(axis=1) - k * k / 2
    return wins / (k * (total - k))
