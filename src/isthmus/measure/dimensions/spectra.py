"""How many directions a modality uses: its spectrum, effective rank and participation ratio."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import (
    CONSTANT,
    DRAWS,
    Cloud,
    Moments,
    SetLike,
    as_set,
    chance,
    cloud,
    covariance,
    jackknife,
    jackknife_sums,
    leave_one_out_sums,
    reference,
    seeded,
    spectral_jackknife,
)
from isthmus.types import Axes, Result, axes_or_new

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
    paper = (
        "Jolliffe, Principal Component Analysis, 2002, section 6.1: share of the variance in the "
        "leading components; null: Wishart eigenvalues, Dumitriu & Edelman 2002."
    )

    sentence = (
        f"The first {LEADING} directions hold "
        "{self.value:.0%} of the variance (random directions: {self.null.mean:.0%})."
    )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The explained share, and that of random directions."""
        ax = axes_or_new(ax)
        count = np.arange(1, len(self.explained) + 1)
        ax.plot(count, self.explained, label=self.name)
        ax.plot(count, self.isotropic, color="0.6", ls="--", label="random directions")
        ax.set(xlabel="directions, largest first", ylabel="share of the variance", xscale="log")
        return ax


def spectrum(a: SetLike, *, rng: np.random.Generator | None = None) -> Spectrum:
    """Share of the variance in the ten leading directions, in (0, 1], with all eigenvalues.

    Few items put too much into the first directions: the null and the interval are those of this
    n, and ``held_out`` is the share that unseen items have there. NaN where all items are one
    direction. Without ``rng`` the seed is 0. Exact on streamed sets.

    Source: Jolliffe 2002, section 6.1.
    """
    items, rng = as_set(a), seeded(rng)
    side = cloud(items)
    explained = _explained(side.spectra)
    lead = min(LEADING, items.space.dim) - 1
    value, _, interval = jackknife(
        explained[:, lead], "subsampling, one block of objects left out; at this n", debias=False
    )
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
    """Share of the variance of unseen blocks in the leading directions of all others.

    NaN where nothing varies.
    """
    from scipy.linalg import eigh

    folds = np.array_split(np.arange(len(m.counts)), min(FOLDS, len(m.counts)))
    total = m.total
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
    return float(inside / every) if every > total[0] * CONSTANT else float("nan")


def _explained(eigenvalues: Float[np.ndarray, "b d"]) -> Float[np.ndarray, "b d"]:
    total = eigenvalues.sum(axis=1, keepdims=True)
    return np.cumsum(eigenvalues, axis=1) / np.where(total > 0, total, np.nan)


@dataclass(frozen=True, eq=False, kw_only=True)
class EffectiveRank(Result):
    """Exponential of the entropy of the normalised singular values."""

    paper = (
        "Roy & Vetterli, The Effective Rank, EUSIPCO 2007, definition 1; rows at length one, "
        "centred."
    )
    sentence = (
        "The items spread over about {self.value:.0f} directions; as many items in random "
        "directions would show {self.null.mean:.0f}."
    )


def effective_rank(a: SetLike, *, rng: np.random.Generator | None = None) -> EffectiveRank:
    """Number of directions in use, from 1 to d, by the entropy of the singular values.

    Grows with n until n is far above d: compare sets of one size. The interval leaves blocks of
    objects out; from four items a coordinate on it is corrected for the bias, below that it is of
    the value that this n shows. NaN where all items are one direction. Without ``rng`` the seed
    is 0. Exact on streamed sets.

    Source: Roy & Vetterli 2007, definition 1, on the centred rows at length one.
    """
    items, rng = as_set(a), seeded(rng)
    side = cloud(items)
    n, d = len(items), items.space.dim
    value, corrected, interval = spectral_jackknife(_entropy_rank(side.spectra), n, d, "log")
    draws = _entropy_rank(reference.spectra(n, d, rng, DRAWS))
    return EffectiveRank(
        name=f"effective rank ({items.modality})",
        value=value,
        n=side.n,
        interval=interval,
        null=chance("reference law", value, draws, "lower"),
        corrected=corrected,
    )


def _entropy_rank(eigenvalues: Float[np.ndarray, "b d"]) -> Float[np.ndarray, " b"]:
    singular = np.sqrt(eigenvalues)
    total = singular.sum(axis=1, keepdims=True)
    p = singular / np.where(total > 0, total, np.nan)
    return np.exp(-np.sum(p * np.log(np.where(p == 0, 1, p)), axis=1))


@dataclass(frozen=True, eq=False, kw_only=True)
class ParticipationRatio(Result):
    """(sum of eigenvalues)^2 over the sum of their squares."""

    paper = (
        "Gao et al., A theory of multineuronal dimensionality, 2017, equation 1; unbiased traces: "
        "Himeno & Yamada, J. Multivariate Analysis 2014, equations 2.1 and 2.2."
    )
    sentence = (
        "Variance is spread as over {self.value:.1f} equal directions "
        "({self.corrected:.1f} with sampling noise taken out; isotropic items: "
        "{self.null.mean:.1f})."
    )


def participation_ratio(
    a: SetLike, *, rng: np.random.Generator | None = None
) -> ParticipationRatio:
    """Directions that share the variance equally: (tr S)^2 / tr(S^2), from 1 to d.

    ``value`` is the plain ratio of the sample covariance, which few items make too small; the
    interval is that of ``corrected``. NaN where all items are one direction. Without ``rng`` the
    seed is 0. Exact on streamed sets.

    Source: Gao et al. 2017, equation 1; Himeno & Yamada 2014 for the unbiased traces.
    """
    items, rng = as_set(a), seeded(rng)
    side = cloud(items)
    trace, square, fourth, n = _traces(side)
    with np.errstate(divide="ignore", invalid="ignore"):
        unbiased, plain = _ratio(trace, square, fourth, n), trace**2 / square
    if trace[0] <= CONSTANT:  # one point: nothing varies
        unbiased, plain = np.full((2, len(n)), np.nan)
    _, corrected, interval = jackknife(
        unbiased,
        "U-statistics of the traces, jackknife over blocks of objects",
        scale="log",
        debias=False,
    )
    draws = _isotropic(len(items), items.space.dim, rng)
    return ParticipationRatio(
        name=f"participation ratio ({items.modality})",
        value=float(plain[0]),
        n=side.n,
        interval=interval,
        null=chance("reference law", float(plain[0]), draws, "lower"),
        corrected=corrected,
    )


def _traces(side: Cloud) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The tr S, tr S^2, sum |x - mean|^4 / (n - 1) and n: of all, then without each block."""
    m = side.moments
    n, sums = jackknife_sums(m.counts), jackknife_sums(m.sums)
    trace, square, fourth = np.empty((3, len(n)))
    for g, gram in enumerate(leave_one_out_sums(m.grams)):
        spread = covariance(n[g], sums[g], gram)
        trace[g], square[g] = np.trace(spread), np.vdot(spread, spread)
        # |x - mean|^2 = 1 - |mean|^2 - 2 (x - mean) . mean for unit x
        mean = m.origin + sums[g] / n[g]
        fourth[g] = n[g] / (n[g] - 1) * (1 - mean @ mean) ** 2 + 4 * mean @ spread @ mean
    square[trace <= CONSTANT] = 0.0
    return trace, square, fourth, n


def _ratio(
    trace: Float[np.ndarray, " g"],
    square: Float[np.ndarray, " g"],
    fourth: Float[np.ndarray, " g"],
    n: Float[np.ndarray, " g"],
) -> Float[np.ndarray, " g"]:
    """Unbiased (tr Sigma)^2 over unbiased tr(Sigma^2), Himeno & Yamada 2014."""
    first = 2 * square + (n**2 - 3 * n + 1) * trace**2 - n * fourth
    return first / ((n - 1) * (n - 2) * square + trace**2 - n * fourth)


def _isotropic(n: int, d: int, rng: np.random.Generator) -> Float[np.ndarray, " b"]:
    """The ratio of n uniform directions: tr S^2 in second-degree harmonics, as John's test."""
    harmonics, rows = (d - 1) * (d + 2) / 2, n - 1  # one row's worth goes into the mean
    excess = rng.chisquare(harmonics, reference.DRAWS) / harmonics - 1
    return 1 / (1 / rows + (1 - 1 / rows) / d + (d - 1) / d * excess / rows)
