"""Cosine separation: can a threshold on the cosine tell partners from strangers?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.statistics.inputs import Pair, SetLike, as_pair
from isthmus.measure.statistics.nulls import chance, pairings
from isthmus.measure.statistics.resampling import leave_out, seeded
from isthmus.types import Links, Result
from isthmus.types.axes import Axes

FINE = 4_096
"""Steps from -1 to 1 in which cosines are compared; closer ones count as ties."""
BINS = 128
"""Bins of the histograms, a divisor of ``FINE``."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CosineSeparation(Result):
    """Chance that a linked pair has a larger cosine than a pair that is not linked."""

    edges: Float[np.ndarray, " bins1"]
    """Edges of the histograms' bins, from -1 to 1."""
    matched: Float[np.ndarray, " bins"]
    """Density of the cosines of linked pairs."""
    unmatched: Float[np.ndarray, " bins"]
    """Density of the cosines of all other pairs."""
    paper: ClassVar[str] = (
        "Hanley & McNeil, Radiology 1982: area under the ROC curve as P(matched > unmatched), ties "
        "counted half."
    )

    @property
    def about(self) -> str:
        """What one threshold for all can do."""
        return (
            f"A linked pair has a larger cosine than a stranger in {self.value:.1%} of "
            "comparisons across all items (50 % is chance): how well one threshold can work."
        )

    def plot(self, ax: Axes) -> Axes:
        """Both distributions."""
        ax.stairs(self.unmatched, self.edges, fill=True, alpha=0.5, label="unmatched")
        ax.stairs(self.matched, self.edges, fill=True, alpha=0.5, label="matched")
        ax.set_xlabel("cosine")
        ax.set_ylabel("density")
        return ax


def cosine_separation(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> CosineSeparation:
    """Area under the ROC curve of the cosine, partners against strangers, in [0, 1].

    0.5 is chance; ties count half. Looks at the sample of large sets. Without ``rng`` the seed
    is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Hanley & McNeil 1982.
    """
    pair, rng = as_pair(a, b, links).sampled, seeded(rng)
    steps = ((pair.cosines + 1) * (FINE / 2)).clip(0, FINE - 1).astype(np.int16)
    matched, every = _counts(pair, steps)
    values = _area(matched, every - matched)
    value = float(values[0])
    _, interval = leave_out(value, values[1:], scale="logit", debias=False)
    densities = [
        h[0].reshape(BINS, -1).sum(axis=1) / h[0].sum() * BINS / 2
        for h in (matched, every - matched)
    ]
    return CosineSeparation(
        name="matched against unmatched cosine (AUC)",
        value=value,
        n=pair.n,
        interval=interval,
        null=chance("pairing", value, _permuted(pair, steps, every[0], rng)),
        edges=np.linspace(-1, 1, BINS + 1),
        matched=densities[0],
        unmatched=densities[1],
    )


def _counts(pair: Pair, steps: Int[np.ndarray, "n m"]) -> tuple[np.ndarray, np.ndarray]:
    """Histograms of linked and of all pairs: of all objects, then without each block."""
    left, right = (side.block for side in pair.clouds)
    links, block = steps[pair.rows[:, 0], pair.rows[:, 1]], left[pair.rows[:, 0]]
    matched, every = [_histogram(links)], [_histogram(steps)]
    for g in range(int(max(left.max(), right.max())) + 1):
        rows, columns = left == g, np.flatnonzero(right == g)
        with_block = _histogram(steps[rows]) + _histogram(steps[:, columns])
        both = _histogram(steps[rows][:, columns])
        matched.append(matched[0] - _histogram(links[block == g]))
        every.append(every[0] - with_block + both)
    return np.stack(matched), np.stack(every)


def _histogram(steps: Int[np.ndarray, "..."]) -> Int[np.ndarray, " fine"]:
    return np.bincount(steps.ravel(), minlength=FINE)


def _area(
    positive: Int[np.ndarray, "g fine"], negative: Int[np.ndarray, "g fine"]
) -> Float[np.ndarray, " g"]:
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.einsum("gf,gf->g", positive, below) / pairs


def _permuted(
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
