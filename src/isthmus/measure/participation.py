"""Participation ratio: how many directions carry the variance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.clouds import Cloud, cloud
from isthmus.measure.door import SetLike, one
from isthmus.measure.nulls import chance
from isthmus.measure.reference import DRAWS
from isthmus.measure.resampling import leave_out, seeded, with_and_without
from isthmus.types import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class ParticipationRatio(Result):
    """(sum of eigenvalues)^2 over the sum of their squares."""

    paper: ClassVar[str] = (
        "Gao et al., A theory of multineuronal dimensionality, 2017, equation 1; unbiased traces: "
        "Himeno & Yamada, J. Multivariate Analysis 2014, equations 2.1 and 2.2."
    )

    @property
    def about(self) -> str:
        """How many directions carry the variance."""
        return (
            f"Variance is spread as over {self.value:.1f} equal directions "
            f"({self.corrected:.1f} with sampling noise taken out; isotropic items: "
            f"{self.null.mean:.1f})."
        )


def participation_ratio(
    a: SetLike, *, rng: np.random.Generator | None = None
) -> ParticipationRatio:
    """Directions that share the variance equally: (tr S)^2 / tr(S^2), from 1 to d.

    ``value`` is the plain ratio of the sample covariance, which few items make too small; the
    interval is that of ``corrected``. Without ``rng`` the seed is 0. Exact on streamed sets.

    Source: Gao et al. 2017, equation 1; Himeno & Yamada 2014 for the unbiased traces.
    """
    items, rng = one(a), seeded(rng)
    side = cloud(items)
    trace, square, fourth, n = _traces(side)
    with np.errstate(divide="ignore", invalid="ignore"):  # one point: nothing varies
        unbiased, plain = _ratio(trace, square, fourth, n), trace**2 / square
    corrected, interval = leave_out(
        float(unbiased[0]),
        unbiased[1:],
        "U-statistics of the traces, jackknife over blocks of objects",
        scale="log",
        debias=False,
    )
    value = float(plain[0])
    return ParticipationRatio(
        name=f"participation ratio ({items.modality})",
        value=value,
        n=side.n,
        interval=interval,
        null=chance("reference law", value, _isotropic(len(items), items.space.dim, rng), "lower"),
        corrected=corrected,
    )


def _traces(side: Cloud) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The tr S, tr S^2, sum |x - mean|^4 / (n - 1) and n: of all, then without each block."""
    m = side.moments
    n, sums = with_and_without(m.counts), with_and_without(m.sums)
    total = m.grams.sum(axis=0, dtype=np.float64)
    square, fourth = np.empty(len(n)), np.empty(len(n))
    length = np.einsum("gd,gd->g", sums, sums) / n**2
    trace = n * (1 - length) / (n - 1)
    for g in range(len(n)):
        gram = total if g == 0 else total - m.grams[g - 1]
        mean = sums[g] / n[g]
        along = float(mean @ gram @ mean)
        inner = float(np.vdot(gram, gram)) - 2 * n[g] * along + (n[g] * length[g]) ** 2
        square[g] = inner / (n[g] - 1) ** 2
        # |x - mean|^2 = 1 + |mean|^2 - 2 x . mean for unit x
        radius = 1 + length[g]
        fourth[g] = (n[g] * (radius**2 - 4 * radius * length[g]) + 4 * along) / (n[g] - 1)
    return trace, square, fourth, n


def _ratio(
    trace: Float[np.ndarray, " g"],
    square: Float[np.ndarray, " g"],
    fourth: Float[np.ndarray, " g"],
    n: Float[np.ndarray, " g"],
) -> Float[np.ndarray, " g"]:
    """Unbiased (tr Sigma)^2 over unbiased tr(Sigma^2), Himeno & Yamada 2014."""
    first = 2 * square + (n**2 - 3 * n + 1) * trace**2 - n * fourth
    second = (n - 1) * (n - 2) * square + trace**2 - n * fourth
    return first / second


def _isotropic(n: int, d: int, rng: np.random.Generator) -> Float[np.ndarray, " b"]:
    """The ratio of n uniform directions: tr S^2 in second-degree harmonics, as John's test."""
    harmonics = (d - 1) * (d + 2) / 2
    excess = rng.chisquare(harmonics, DRAWS) / harmonics - 1
    rows = n - 1  # one row's worth goes into the mean
    square = 1 / rows + (1 - 1 / rows) / d + (d - 1) / d * excess / rows
    return 1 / square
