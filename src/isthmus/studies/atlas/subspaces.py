"""What the subspaces of all objects have to do with each other: overlaps, nesting, stability."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from isthmus import measure
from isthmus.arrays import Vectors
from isthmus.measure.views.angles import ViewOverlap, shared_energy
from isthmus.measure.views.subspaces import affine_subspace
from isthmus.records import dataclass
from isthmus.studies.atlas.views import ObjectViews
from isthmus.types import EmbeddingSet, Subspace

LEAST = 3
"""Objects of a category that a subspace of it is fitted on."""
SHOWN = 12
"""Pairs of objects that share most, which are measured with intervals and angles."""

Share = tuple[float, int]
"""Share of the squared length of some deviations that lies in a subspace, and its rank."""


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Shared energy (mean squared cosine of the principal angles) of pairs of view subspaces."""

    objects: tuple[str, ...]
    """Objects whose views span a subspace."""
    energy: Float[np.ndarray, "o o"]
    """Between the subspaces of two objects; 1 on the diagonal."""
    own: Float[np.ndarray, " o"]
    """Between the subspaces of an object's even and odd views: how stable they are."""
    chance: float
    """Mean over pairs of what uniform random subspaces of the same ranks share."""
    closest: tuple[tuple[int, int, ViewOverlap], ...]
    """The pairs that share most, as rows of ``energy``, with its interval and angles."""


@dataclass(frozen=True)
class Nesting:
    """How much of the variance of an object's views lies in a subspace fitted without it."""

    level: str
    """What the subspace is of."""
    objects: int
    rank: float
    """Median rank of the subspaces."""
    share: float
    """Mean over objects."""
    error: float
    """Standard error of the mean over objects."""
    chance: float
    """Of uniform random subspaces of the same ranks."""


def overlaps(views: EmbeddingSet, objects: Sequence[ObjectViews], seed: int = 0) -> Overlaps:
    """Overlaps of all objects whose views span a subspace, and the measure of the largest.

    All pairs at once are one product of the stacked bases; each block of it is ``shared_energy``.
    """
    some = [one for one in objects if one.space.dim]
    if not some:
        return Overlaps((), np.empty((0, 0)), np.empty(0), float("nan"), ())
    ranks = np.array([one.space.dim for one in some])
    starts = np.concatenate([[0], np.cumsum(ranks)[:-1]])
    stacked = np.concatenate([one.space.basis for one in some])
    squared = np.add.reduceat((stacked @ stacked.T) ** 2, starts, axis=0)
    energy = np.add.reduceat(squared, starts, axis=1) / np.minimum(ranks[:, None], ranks)
    own = np.array([_halves(views.unit[one.rows], one.space.dim) for one in some])
    expected = np.maximum(ranks[:, None], ranks) / views.space.dim
    chance = float(expected[~np.eye(len(some), dtype=bool)].mean()) if len(some) > 1 else np.nan

    upper = np.stack(np.triu_indices(len(some), 1), axis=1)
    best = np.argsort(-energy[upper[:, 0], upper[:, 1]], kind="stable")[:SHOWN]
    closest = [
        (i, j, _measured(views, (some[i], some[j]), [seed, i, j])) for i, j in upper[best].tolist()
    ]
    return Overlaps(tuple(one.name for one in some), energy, own, chance, tuple(closest))


def _measured(
    views: EmbeddingSet, pair: tuple[ObjectViews, ObjectViews], seed: Sequence[int]
) -> ViewOverlap:
    first, second = (views.take(views.ids[row] for row in one.rows) for one in pair)
    return measure.view_overlap(first, second, rng=np.random.default_rng(seed))


def _halves(views: Vectors, rank: int) -> float:
    """Shared energy of the subspaces of even and odd views, at a rank that a half can have."""
    x, rank = views.astype(np.float64), min(rank, len(views) // 2 - 1)
    if rank < 1:
        return float("nan")
    return shared_energy(affine_subspace(x[0::2], rank), affine_subspace(x[1::2], rank))


def nestings(x: Vectors, objects: Sequence[ObjectViews]) -> list[Nesting]:
    """An object's views in its own subspace, its category's, another category's, the world's.

    Each is fitted without the view or object in question: the object's own on its even views and
    seen on its odd ones; a category's and the world's on the view deviations of other objects.
    """
    away = {one.name: x[one.rows] - x[one.rows].mean(axis=0) for one in objects}
    kinds = dict.fromkeys(one.category for one in objects if one.category)
    groups = {kind: [one.name for one in objects if one.category == kind] for kind in kinds}
    large = {kind: some for kind, some in groups.items() if len(some) > LEAST}
    levels = {
        "its own, from half of its views": [
            _own(x[one.rows]) for one in objects if len(one.rows) >= 8
        ],
        "its category": [share for some in large.values() for share in _in_folds(away, some)],
        "another category": _in_others(away, large),
        "the world": _in_folds(away, list(away)) if len(objects) > LEAST else [],
    }
    return [_nesting(level, shares, x.shape[1]) for level, shares in levels.items() if shares]


def _own(views: Vectors) -> Share:
    """Odd views in the subspace of the even ones."""
    space = affine_subspace(views[0::2])
    return _share(views[1::2] - space.origin, space)


def _in_folds(away: Mapping[str, Vectors], names: Sequence[str]) -> list[Share]:
    """Ten folds of objects: each is seen in the subspace of the other nine."""
    folds = min(10, len(names))
    fitted = (
        _common(away, [name for row, name in enumerate(names) if row % folds != fold])
        for fold in range(folds)
    )
    return [
        _share(away[name], space)
        for fold, space in enumerate(fitted)
        for name in names[fold::folds]
    ]


def _in_others(away: Mapping[str, Vectors], groups: Mapping[str, Sequence[str]]) -> list[Share]:
    """Objects in the subspace of the first category that is not theirs."""
    if len(groups) < 2:
        return []
    fitted = {name: _common(away, some) for name, some in groups.items()}
    other = {name: next(key for key in fitted if key != name) for name in groups}
    return [_share(away[one], fitted[other[name]]) for name, some in groups.items() for one in some]


def _common(away: Mapping[str, Vectors], names: Sequence[str]) -> Subspace:
    return affine_subspace(np.concatenate([away[name] for name in names]))


def _share(away: Vectors, space: Subspace) -> Share:
    whole, inside = (float((x**2).sum()) for x in (away, away @ space.basis.T))
    return inside / whole if whole > 1e-12 else 0.0, space.dim


def _nesting(level: str, found: list[Share], d: int) -> Nesting:
    shares, ranks = np.array([share for share, _ in found]), np.array([rank for _, rank in found])
    return Nesting(
        level,
        objects=len(found),
        rank=float(np.median(ranks)),
        share=float(shares.mean()),
        error=float(shares.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else float("nan"),
        chance=float(ranks.mean() / d),
    )
