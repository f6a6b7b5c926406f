"""The modality gap: how far apart two modalities lie, where, and against which distances."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.statistics import (
    SetLike,
    as_pair,
    block_gaps,
    centroids,
    chance,
    jackknife,
    jackknife_sums,
    pair_mean,
    pair_sums,
    permuted_squares,
    root_interval,
    seeded,
    split_gaps,
    student_interval,
    swapped_gaps,
)
from isthmus.types import Axes, Links, Result, axes_or_new


@dataclass(frozen=True, eq=False, kw_only=True)
class CentroidGap(Result):
    """Distance between the two mean unit vectors, with its direction."""

    direction: Float[np.ndarray, " d"]
    """Unit vector from the mean of b to the mean of a."""
    paper = (
        "Liang et al., Mind the Gap, NeurIPS 2022, section 4.1: the norm of the difference between "
        "the two means of unit vectors; noise correction: unbiased estimate of its square."
    )
    sentence = (
        "The two modalities' centres lie {self.value:.3f} apart on a sphere of radius 1; "
        "{self.null.mean:.3f} would be chance, and random halves of one modality lie "
        "{self.floor:.3f} apart."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Gap, its noise floor and chance as bars."""
        ax = axes_or_new(ax)
        ax.bar(["gap", "noise floor", "chance"], [self.value, self.floor or 0.0, self.null.mean])
        if self.interval:
            ax.plot([0, 0], [self.interval.low, self.interval.high], color="black", lw=2)
        ax.set_ylabel("distance of the means")
        return ax


def centroid_gap(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> CentroidGap:
    """How far apart the centres of the two modalities are, on unit vectors, in [0, 2].

    The interval is that of the noise-corrected distance: a small gap may lie above it. Without
    ``rng`` the seed is 0. Exact on streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Liang et al. 2022, Mind the Gap, section 4.1.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    gap = np.subtract(*centroids(pair))
    value = float(np.linalg.norm(gap))
    parts = block_gaps(pair)
    square, error = pair_mean(parts @ parts.T)
    ends = student_interval(
        square, error, len(parts), "U-statistic of the squared norm over blocks"
    )
    return CentroidGap(
        name="centroid gap",
        value=value,
        n=pair.n,
        interval=root_interval(ends),
        null=chance("label", value, np.linalg.norm(swapped_gaps(pair, rng), axis=1)),
        floor=float(np.linalg.norm(split_gaps(pair, rng), axis=1).mean()),
        corrected=float(np.sqrt(max(square, 0.0))),
        direction=gap / value if value else gap,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class CentroidCosineGap(Result):
    """One minus the cosine between the two means."""

    length_a: float
    """Length of the mean unit vector of a."""
    length_b: float
    paper = (
        "MTEB, scripts/analysis/modality_gap.py: 1 - cos(mean(x), mean(y)); here on unit vectors."
    )

    @property
    def about(self) -> str:
        """What the angle says."""
        angle = np.degrees(np.arccos(np.clip(1 - self.value, -1, 1)))
        return (
            f"The two centres point {angle:.0f} degrees apart (1 - cosine = {self.value:.3f}; "
            f"chance {self.null.mean:.3f})."
        )


def centroid_cosine_gap(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> CentroidCosineGap:
    """One minus the cosine between the modalities' mean unit vectors, in [0, 2].

    Without ``rng`` the seed is 0. Exact on streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: MTEB's modality-gap script, there without normalising the rows first.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    sides = (side.moments for side in pair.clouds)
    means = [(jackknife_sums(m.uncentred).T / jackknife_sums(m.counts)).T for m in sides]
    value, corrected, interval = jackknife(_cosine_gaps(*means))
    mean_a, mean_b = centroids(pair)
    middle, swaps = (mean_a + mean_b) / 2, swapped_gaps(pair, rng) / 2
    floor = [
        _cosine_gaps(mean + half, mean - half).mean()
        for mean, half in zip((mean_a, mean_b), np.split(split_gaps(pair, rng) / 2, 2), strict=True)
    ]
    return CentroidCosineGap(
        name="centroid cosine gap",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("label", value, _cosine_gaps(middle + swaps, middle - swaps)),
        floor=float(np.mean(floor)),
        corrected=corrected,
        length_a=float(np.linalg.norm(mean_a)),
        length_b=float(np.linalg.norm(mean_b)),
    )


def _cosine_gaps(
    a: Float[np.ndarray, "b d"], b: Float[np.ndarray, "b d"]
) -> Float[np.ndarray, " b"]:
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return 1 - np.einsum("bd,bd->b", a, b) / lengths


@dataclass(frozen=True, eq=False, kw_only=True)
class RelativeModalityGap(Result):
    """m / (m + (a + b)/2) of the dissimilarities (1 - cos)/2."""

    matched: float
    """m: mean dissimilarity of linked pairs."""
    intra_a: float
    """a: mean dissimilarity of different items of the first set."""
    intra_b: float
    paper = "Schrodi et al., Two Effects, One Trigger, ICLR 2025, section 3 (RMG)."

    @property
    def about(self) -> str:
        """Which side of one half the value lies on."""
        side = "farther than" if self.value > 0.5 else "nearer than"
        return (
            f"Relative gap {self.value:.3f}: linked items lie {side} two random items of one "
            f"modality (0.5: as far, 0: the same point; permuted links {self.null.mean:.3f})."
        )


def relative_modality_gap(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> RelativeModalityGap:
    """Links' dissimilarity over itself plus the mean dissimilarity within modalities, in [0, 1].

    0.5 means that linked items are as far as two random items of one modality. Without ``rng`` the
    seed is 0. Exact on streamed sets; the null is drawn on the sample.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Schrodi et al. 2025, RMG.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    sums = pair_sums(pair)
    value, _, interval = jackknife(relative_gap(sums.matched, sums.intra_a, sums.intra_b))
    permuted = 1 - permuted_squares(pair, rng).mean(axis=1, dtype=np.float64) / 2
    draws = relative_gap(permuted, sums.intra_a[0], sums.intra_b[0])
    return RelativeModalityGap(
        name="relative modality gap",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, draws, "lower"),
        matched=float(dissimilarity(sums.matched[0])),
        intra_a=float(dissimilarity(sums.intra_a[0])),
        intra_b=float(dissimilarity(sums.intra_b[0])),
    )


def centroid_distance(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m d"]) -> float:
    """Distance between the means of two sets of unit vectors."""
    return float(np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)))


def dissimilarity(cosine: Any) -> Any:
    """(1 - cosine) / 2, from 0 for equal directions to 1 for opposite ones."""
    return (1 - cosine) / 2


def relative_gap(matched: Any, intra_a: Any, intra_b: Any) -> Any:
    """Dissimilarity m of links over m + (a + b)/2 of mean cosines; NaN where all is one point."""
    m, within = dissimilarity(matched), (dissimilarity(intra_a) + dissimilarity(intra_b)) / 2
    with np.errstate(invalid="ignore"):
        return np.divide(m, m + within)


TOP = 2
"""Coordinates whose share is the value."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GapConcentration(Result):
    """Share of the squared gap in its largest coordinates."""

    coordinates: Int[np.ndarray, " d"]
    """Coordinates, the one with the largest share first."""
    shares: Float[np.ndarray, " d"]
    """Share of the squared gap of each, in that order; they sum to 1."""
    differences: Float[np.ndarray, " d"]
    """Mean of a minus mean of b in each, in that order: positive where a is larger."""
    paper = (
        "Schrodi et al., Two Effects, One Trigger, ICLR 2025, section 4: few dimensions drive the "
        "gap; here the share of the squared norm of the mean difference."
    )

    @property
    def about(self) -> str:
        """How few coordinates make the gap."""
        first = ", ".join(str(c) for c in self.coordinates[:TOP])
        return (
            f"{self.value:.0%} of the squared gap sits in {TOP} of {len(self.shares)} coordinates "
            f"({first}); chance is {self.null.mean:.0%}."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Share held by the first 1, 2, 3, ... coordinates."""
        ax = axes_or_new(ax)
        ax.semilogx(np.arange(1, len(self.shares) + 1), np.cumsum(self.shares))
        ax.axhline(self.null.mean, color="0.6", ls="--", label=f"chance for {TOP}")
        ax.set(xlabel="coordinates, largest first", ylabel="share of the squared gap")
        return ax


def gap_concentration(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> GapConcentration:
    """Share of the squared centroid gap in its two largest coordinates, in (0, 1].

    Depends on the basis, so it changes under rotation. Without ``rng`` the seed is 0. Exact on
    streamed sets.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Schrodi et al. 2025, section 4.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    gap = np.subtract(*centroids(pair))
    total = float(gap @ gap)
    shares = gap**2 / total if total else np.full(len(gap), 1 / len(gap))
    order = np.argsort(-shares, kind="stable")
    value, parts = float(shares[order[:TOP]].sum()), block_gaps(pair)
    without = ((parts.sum(axis=0) - parts) / (len(parts) - 1)) ** 2
    squares, left = without.sum(axis=1), np.full(len(parts), value)
    np.divide(without[:, order[:TOP]].sum(axis=1), squares, out=left, where=squares > 0)
    _, corrected, interval = jackknife([value, *left])
    return GapConcentration(
        name=f"gap share of {TOP} coordinates",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("label", value, _top_shares(swapped_gaps(pair, rng))),
        floor=float(_top_shares(split_gaps(pair, rng)).mean()),
        corrected=corrected,
        coordinates=order,
        shares=shares[order],
        differences=gap[order],
    )


def _top_shares(gaps: Float[np.ndarray, "b d"]) -> Float[np.ndarray, " b"]:
    squares = np.sort(gaps.astype(np.float64) ** 2, axis=1)
    total = squares.sum(axis=1)
    return np.divide(squares[:, -TOP:].sum(axis=1), total, out=np.ones_like(total), where=total > 0)
