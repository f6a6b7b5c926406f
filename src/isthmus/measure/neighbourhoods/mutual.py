"""Mutual neighbours: do both modalities agree on who is near whom?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.measure.statistics import (
    DRAWS,
    NEAR,
    ROWS,
    SetLike,
    as_pair,
    chance,
    check_objects,
    cloud,
    seeded,
)
from isthmus.types import Interval, Links, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class MutualNeighbours(Result):
    """Share of an object's ten nearest that both modalities name."""

    expected: float
    """k / (n - 1): the share under random links."""
    paper = (
        "Huh et al., The Platonic Representation Hypothesis, ICML 2024, appendix A (mutual kNN), "
        "k = 10."
    )

    sentence = (
        "{self.value:.1%} of an object's "
        f"{NEAR} nearest neighbours in one modality are also its nearest in the other; "
        "permuted links would give {self.null.mean:.1%}."
    )


def mutual_knn(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> MutualNeighbours:
    """Share of common ten nearest neighbours of linked objects, in [0, 1]; chance is k/(n - 1).

    Neighbours are sought within each modality, so the two need no common coordinates. An object
    of several items counts by their mean. Large sets are sampled. Without ``rng`` the
    seed is 0.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Huh et al. 2024, appendix A.
    """
    pair, rng = as_pair(a, b, links).paired.sampled, seeded(rng)
    left, right = (cloud(items).neighbours[0] for items in (pair.a, pair.b))
    n = len(left)
    check_objects(n, "pairs")
    value, error = _shared(left, right)
    return MutualNeighbours(
        name=f"mutual {NEAR} nearest neighbours",
        value=value,
        n=n,
        interval=Interval(
            value - 1.96 * error, value + 1.96 * error, "infinitesimal jackknife over objects"
        ),
        null=chance("pairing", value, _permuted(left[:, :NEAR], right[:, :NEAR], rng)),
        expected=min(NEAR, n - 1) / (n - 1),
    )


def _shared(left: Int[np.ndarray, "n k"], right: Int[np.ndarray, "n k"]) -> tuple[float, float]:
    """Share of common nearest neighbours and its standard error.

    An object weighs by its own share and by what it gives to others' lists beyond the next
    neighbour that would replace it. Each pair of objects then counts twice, in both their
    weights, so its part is taken out once (Efron & Stein 1981).
    """
    n, k = len(left), min(NEAR, left.shape[1])
    a, b = _near(left[:, :k]), _near(right[:, :k])
    both = a & b
    own = both.mean(axis=1) * n / k
    last = min(k, left.shape[1] - 1)
    next_a = b[np.arange(n), left[:, last]].mean(dtype=np.float32)
    next_b = a[np.arange(n), right[:, last]].mean(dtype=np.float32)
    given = np.empty((n, n), dtype=np.float32)
    for some in (slice(start, start + ROWS) for start in range(0, n, ROWS)):
        given[some] = (both[some] - next_a * a[some] - next_b * b[some]) / np.float32(k)
    weight = own + given.sum(axis=0)
    twice = 0.0
    for some in (slice(start, start + ROWS) for start in range(0, n, ROWS)):
        pairs = given[some] + given[:, some].T
        twice += float(np.vdot(pairs, pairs)) / 2
    variance = max(float(weight.var(ddof=1)) * n - twice, float(own.var(ddof=1)) * n) / n**2
    return float(own.mean()), float(np.sqrt(variance))


def _near(lists: Int[np.ndarray, "n k"]) -> Bool[np.ndarray, "n n"]:
    near = np.zeros((len(lists), len(lists)), dtype=bool)
    near[np.arange(len(lists))[:, None], lists] = True
    return near


def _permuted(
    left: Int[np.ndarray, "n k"], right: Int[np.ndarray, "n k"], rng: np.random.Generator
) -> Float[np.ndarray, " b"]:
    """The share when the objects of b are renamed at random."""
    near, names = _near(left), (rng.permutation(len(left)) for _ in range(DRAWS))
    return np.array([near[name[:, None], name[right]].sum() / left.size for name in names])
