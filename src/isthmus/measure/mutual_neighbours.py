"""Mutual neighbours: do both modalities agree on who is near whom?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.measure.clouds import cloud
from isthmus.measure.door import SetLike, two
from isthmus.measure.neighbourhoods import NEAR, first_kept, thinned
from isthmus.measure.nulls import DRAWS, chance
from isthmus.measure.resampling import seeded, subsampled
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
    place = _places(left, right)
    everyone = np.ones(n, dtype=bool)
    value = _shared(left, right, place, everyone)
    block = pair.clouds[0].block
    kept = thinned(int(block.max()) + 1)
    found = np.array([_shared(left, right, place, stay[block]) for stay in kept])
    return MutualNeighbours(
        name=f"mutual {NEAR} nearest neighbours",
        value=value,
        n=n,
        interval=subsampled(value, found, kept),
        null=chance("pairing", value, _permuted(left[:, :NEAR], right[:, :NEAR], rng)),
        expected=min(NEAR, n - 1) / (n - 1),
    )


def _places(left: Int[np.ndarray, "n k"], right: Int[np.ndarray, "n k"]) -> Int[np.ndarray, "n k"]:
    """Where each left neighbour stands in the right list; -1 where it does not."""
    place = np.full(left.shape, -1, dtype=np.int8)
    for column in range(right.shape[1]):
        place[left == right[:, [column]]] = column
    return place


def _shared(
    left: Int[np.ndarray, "n k"],
    right: Int[np.ndarray, "n k"],
    place: Int[np.ndarray, "n k"],
    kept: Bool[np.ndarray, " n"],
) -> float:
    """Share of common nearest neighbours when only these objects are kept."""
    near, near_right = first_kept(left, kept), first_kept(right, kept)
    common = near & (place >= 0) & np.take_along_axis(near_right, place.astype(np.intp), axis=1)
    return float(common[kept].sum() / kept.sum() / min(NEAR, int(kept.sum()) - 1))


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
