"""How vectors are spread over the sphere: alignment, matched distance, uniformity, anisotropy."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.geometry.cosines import mean_cosine
from isthmus.measure.statistics import (
    ROWS,
    Cloud,
    SetLike,
    as_pair,
    as_set,
    chance,
    cloud,
    jackknife,
    pair_mean,
    pair_sums,
    permuted_squares,
    reference,
    root_interval,
    seeded,
    student_interval,
)
from isthmus.types import Axes, Interval, Links, RequestError, Result, axes_or_new


@dataclass(frozen=True, eq=False, kw_only=True)
class Alignment(Result):
    """Mean squared distance of linked pairs."""

    paper = (
        "Wang & Isola, Alignment and Uniformity on the Hypersphere, ICML 2020, equation 1, alpha 2."
    )
    sentence = (
        "Partners' squared distance is {self.value:.3f} (0 is perfect, 2 is at right "
        "angles); permuted links have {self.null.mean:.3f}."
    )


def alignment(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> Alignment:
    """Mean squared distance between linked unit vectors, in [0, 4]; smaller is better aligned.

    Without ``rng`` the seed is 0. Exact on streamed sets; the null is drawn on the sample.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Wang & Isola 2020, equation 1 with alpha = 2.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    value, _, interval = jackknife(2 - 2 * pair_sums(pair).matched, debias=False)
    draws = permuted_squares(pair, rng).mean(axis=1, dtype=np.float64)
    return Alignment(
        name="alignment",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, draws, "lower"),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class MatchedDistance(Result):
    """Mean Euclidean distance of linked pairs."""

    paper = (
        "Schrodi et al., Two Effects, One Trigger, ICLR 2025, section 3 (L2I): mean over pairs of "
        "the distance between unit vectors."
    )
    sentence = (
        "Partners lie {self.value:.3f} apart on the unit sphere (0: the same point, 1.414: "
        "at right angles); permuted links {self.null.mean:.3f}."
    )


def matched_distance(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> MatchedDistance:
    """Mean Euclidean distance between linked unit vectors, in [0, 2].

    Without ``rng`` the seed is 0. Exact on streamed sets; the null is drawn on the sample.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Schrodi et al. 2025, L2I.
    """
    pair, rng = as_pair(a, b, links), seeded(rng)
    value, _, interval = jackknife(pair_sums(pair).distance, debias=False)
    draws = np.sqrt(permuted_squares(pair, rng))
    return MatchedDistance(
        name="matched distance",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, draws.mean(axis=1, dtype=np.float64), "lower"),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Uniformity(Result):
    """Log of the mean Gaussian potential between items."""

    perfect: float
    """What the uniform law on the same sphere gives: -4 + log 0F1(d/2; 4)."""
    paper = (
        "Wang & Isola, Alignment and Uniformity on the Hypersphere, ICML 2020, equation 2, t = 2."
    )
    sentence = (
        "Uniformity is {self.value:.3f}, where an even spread over this sphere would give "
        "{self.perfect:.3f} and a single point 0."
    )


def uniformity(a: SetLike, *, rng: np.random.Generator | None = None) -> Uniformity:
    """Log mean of exp(-2 |x - x'|^2) over pairs of different items; smaller is more even.

    At most 0, which is all items in one point. Large sets are sampled. Without
    ``rng`` the seed is 0.

    Raises:
        RequestError: the space has fewer than 3 coordinates, where no such law is known here.

    Source: Wang & Isola 2020, equation 2 with t = 2.
    """
    from scipy.special import hyp0f1

    items, rng = as_set(a), seeded(rng)
    d, side = items.space.dim, cloud(items).sampled
    if d < 3:
        raise RequestError(f"Uniformity needs at least 3 coordinates; this space has {d}.")
    sums, pairs = _potentials(side)
    mean = float(sums.sum() / pairs.sum())
    value, held = float(np.log(mean)), pairs.any(axis=1)
    kernel = np.divide(sums, pairs, out=np.zeros_like(sums), where=pairs > 0)[np.ix_(held, held)]
    _, error = pair_mean(kernel)
    ends = student_interval(value, error / mean, len(kernel), "U-statistic over blocks")
    draws = np.log(reference.pair_means(potential, len(side.items), d, rng))
    return Uniformity(
        name=f"uniformity ({items.modality})",
        value=value,
        n=side.n,
        interval=Interval(ends.low, min(ends.high, 0.0), ends.method),
        null=chance("reference law", value, draws),
        perfect=float(-4 + np.log(hyp0f1(d / 2, 4.0))),
    )


def potential(cosine: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """exp(-2 |x - y|^2) of unit vectors with this cosine."""
    exponent = 4 * cosine
    exponent -= 4
    return np.exp(exponent, out=exponent)


def log_mean_potential(x: Float[np.ndarray, "n d"]) -> float:
    """Uniformity of unit rows that are few enough for all pairs at once."""
    near = potential(x @ x.T)
    np.fill_diagonal(near, 0)
    return float(np.log(near.sum() / (len(x) * (len(x) - 1))))


def _potentials(side: Cloud) -> tuple[Float[np.ndarray, "g g"], Float[np.ndarray, "g g"]]:
    """Sums of the potential over pairs of different rows, by block and block, and pair counts."""
    x, block = side.items.unit, side.block
    inside = (block[:, None] == np.arange(int(block.max()) + 1)).astype(np.float32)
    sums = np.zeros((inside.shape[1], inside.shape[1]))
    for start in range(0, len(x), ROWS):
        s = potential(x[start : start + ROWS] @ x.T)
        s[np.arange(len(s)), np.arange(start, start + len(s))] = 0
        sums += inside[start : start + ROWS].T @ (s @ inside)
    counts = inside.sum(axis=0, dtype=np.float64)
    return sums, np.outer(counts, counts) - np.diag(counts)


@dataclass(frozen=True, eq=False, kw_only=True)
class Anisotropy(Result):
    """Mean cosine of the items to their mean (conformity)."""

    conformity: Float[np.ndarray, " n"]
    """Cosine of each sampled row to the mean, smallest first."""
    paper = (
        "Levi & Gilboa, The Double-Ellipsoid Geometry of CLIP, ICML 2025 (conformity); Liang et "
        "al., Mind the Gap, NeurIPS 2022, section 2 (cone effect)."
    )

    @property
    def about(self) -> str:
        """How wide the cone is."""
        angle = np.degrees(np.arccos(np.clip(self.value, -1, 1)))
        return (
            f"Items lie about {angle:.0f} degrees from their common mean (cosine "
            f"{self.value:.3f}); directions without a cone would show {self.null.mean:.3f}."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Share of the items below each cosine to the mean."""
        ax = axes_or_new(ax)
        ax.plot(self.conformity, np.linspace(0, 1, len(self.conformity)), label=self.name)
        ax.set(xlabel="cosine to the mean", ylabel="share of items below")
        return ax


def anisotropy(a: SetLike, *, rng: np.random.Generator | None = None) -> Anisotropy:
    """Mean cosine between each item and the mean of all, in [0, 1]; 1 is a single direction.

    On unit vectors this is the length of the mean. Without ``rng`` the seed is 0. Exact on
    streamed sets; ``conformity`` is of the sample.

    Source: Levi & Gilboa 2025; Liang et al. 2022, section 2.
    """
    items, rng = as_set(a), seeded(rng)
    side = cloud(items)
    mean = side.moments.mean
    value = float(np.linalg.norm(mean))
    square, ends = mean_cosine(side)
    draws = reference.mean_length(len(items), items.space.dim, rng)
    return Anisotropy(
        name=f"anisotropy ({items.modality})",
        value=value,
        n=side.n,
        interval=root_interval(ends),
        null=chance("reference law", value, draws, "two"),
        corrected=float(np.sqrt(max(square, 0.0))),
        conformity=np.sort(side.sampled.items.unit @ (mean / (value or 1.0))),
    )
