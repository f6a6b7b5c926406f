"""Mutual neighbours: do both modalities agree on who is near whom?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.measure.clouds import cloud
from isthmus.measure.door import SetLike, two
from isthmus.measure.neighbourhoods import NEAR, first_kept, left_out
from isthmus.measure.nulls import DRAWS, chance
from isthmus.measure.resampling import leave_out, seeded
from isthmus.types import Links, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class MutualNeighbours(Result):
    """Share of an object's ten nearest that both modalities name."""

    expected: float
    """k / (n - 1): the share under random links."""
    paper: ClassVar[str] = (
        "Huh et al., The Platonic Representation Hypothesis, ICML 2024, appendix A (mutual kNN), "
        "k = 10."
    )

    @property
    def about(self) -> str:
        """How many neighbours are shared."""
        return (
            f"{self.value:.1%} of an object's {NEAR} nearest neighbours in one modality are also "
            f"its nearest in the other; permuted links would give {self.null.mean:.1%}."
        )


def mutual_knn(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> MutualNeighbours:
    """Share of common ten nearest neighbours of linked objects, in [0, 1]; chance is k/(n - 1).

    Neighbours are sought within each modality, so the two need no common coordinates. An object
    of several items counts by their mean. Looks at the sample of large sets. Without ``rng`` the
    seed is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Huh et al. 2024, appendix A.
    """
    pair, rng = two(a, b, links).paired.sampled, seeded(rng)
    left, right = (cloud(items).neighbours[0] for items in (pair.a, pair.b))
    n = len(left)
    value = float(_shared(left[:, :NEAR], right[:, :NEAR]).mean())
    without = [_without(left, right, kept) for kept in left_out(pair.clouds[0].block)]
    method = "subsampling, one block of objects left out"
    _, interval = leave_out(value, np.array(without), method, debias=False)
    return MutualNeighbours(
        name=f"mutual {NEAR} nearest neighbours",
        value=value,
        n=n,
        interval=interval,
        null=chance("pairing", value, _permuted(left[:, :NEAR], right[:, :NEAR], rng)),
        expected=min(NEAR, n - 1) / (n - 1),
    )


def _shared(left: Int[np.ndarray, "n k"], right: Int[np.ndarray, "n k"]) -> Float[np.ndarray, " n"]:
    return (left[:, :, None] == right[:, None, :]).any(axis=2).mean(axis=1)


def _without(
    left: Int[np.ndarray, "n k"], right: Int[np.ndarray, "n k"], kept: Bool[np.ndarray, " n"]
) -> float:
    sides = [
        np.where(first_kept(lists, kept), lists, -1 - side)[kept]
        for side, lists in enumerate((left, right))
    ]
    near = np.sort(np.concatenate(sides, axis=1), axis=1)
    common = ((near[:, 1:] == near[:, :-1]) & (near[:, 1:] >= 0)).sum(axis=1)
    return float(common.mean() / min(NEAR, int(kept.sum()) - 1))


def _permuted(
    left: Int[np.ndarray, "n k"], right: Int[np.ndarray, "n k"], rng: np.random.Generator
) -> Float[np.ndarray, " b"]:
    """The share when the objects of b are renamed at random."""
    n, k = left.shape
    near = np.zeros((n, n), dtype=bool)
    near[np.arange(n)[:, None], left] = True
    found = np.empty(DRAWS)
    for draw in range(DRAWS):
        name = rng.permutation(n)
        found[draw] = near[name[:, None], name[right]].sum() / (n * k)
    return found
