"""Inter and unmatched cosine: how close the modalities are where nothing links them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from isthmus.measure import reference
from isthmus.measure.door import Pair, SetLike, two
from isthmus.measure.gap_draws import centroids, split_gaps
from isthmus.measure.link_draws import pair_sums
from isthmus.measure.nulls import chance
from isthmus.measure.resampling import leave_out, seeded
from isthmus.types import Links, Result


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
    pair, rng = two(a, b, links), seeded(rng)
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
    pair, rng = two(a, b, links), seeded(rng)
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
