"""What the subspaces of all objects have to do with each other: overlaps, nesting, stability."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.measure.views.subspaces import affine_subspace
from isthmus.studies.atlas.views import ObjectViews
from isthmus.types import Subspace

LEAST = 3
"""Objects of a category that a subspace of it is fitted on."""


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

    def pairs(self, count: int) -> list[tuple[str, str, float]]:
        """The pairs that share most."""
        upper = np.triu_indices(len(self.objects), 1)
        best = np.argsort(-self.energy[upper], kind="stable")[:count]
        return [
            (self.objects[i], self.objects[j], float(self.energy[i, j]))
            for i, j in zip(upper[0][best], upper[1][best], strict=True)
        ]


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


def overlaps(x: Vectors, objects: Sequence[ObjectViews]) -> Overlaps:
    """Overlaps of all objects whose views span a subspace."""
    some = [one for one in objects if one.space.dim]
    ranks = np.array([one.space.dim for one in some])
    if not len(some):
        return Overlaps((), np.empty((0, 0)), np.empty(0), float("nan"))
    starts = np.concatenate([[0], np.cumsum(ranks)[:-1]])
    stacked = np.concatenate([one.space.basis for one in some])
    squared = np.add.reduceat((stacked @ stacked.T) ** 2, starts, axis=0)
    smaller = np.minimum(ranks[:, None], ranks)
    energy = np.add.reduceat(squared, starts, axis=1) / smaller
    own = np.array([_halves(x[one.rows], one.space.dim) for one in some])
    off = ~np.eye(len(some), dtype=bool)
    expected = np.maximum(ranks[:, None], ranks) / x.shape[1]
    chance = float(expected[off].mean()) if len(some) > 1 else float("nan")
    return Overlaps(tuple(one.name for one in some), energy, own, chance)


def _halves(x: Vectors, rank: int) -> float:
    """Shared energy of the subspaces of even and odd views, at a rank that a half can have."""
    rank = min(rank, len(x) // 2 - 1)
    if rank < 1:
        return float("nan")
    even, odd = (affine_subspace(x[start::2], rank).basis for start in (0, 1))
    return float(((even @ odd.T) ** 2).sum() / min(len(even), len(odd)))


def nestings(x: Vectors, objects: Sequence[ObjectViews]) -> list[Nesting]:
    """An object's views in its own subspace, its category's, another category's, the world's.

    Each is fitted without the view or object in question: the object's own on its even views and
    seen on its odd ones; a category's and the world's on the view deviations of other objects.
    """
    away = {one.name: x[one.rows] - x[one.rows].mean(axis=0) for one in objects}
    groups: dict[str, list[str]] = {}
    for one in objects:
        groups.setdefault(one.category, []).append(one.name)
    d = x.shape[1]
    large = {name: some for name, some in groups.items() if name and len(some) > LEAST}
    found = [_level("its own, from half of its views", _own(x, objects), d)]
    if large:
        rows = [row for some in large.values() for row in _in_folds(away, some)]
        found.append(_level("its category", rows, d))
    if len(large) > 1:
        fitted = {name: _common([away[one] for one in some]) for name, some in large.items()}
        rows = [
            (_share(away[name], fitted[other]), fitted[other].dim)
            for category, some in large.items()
            for other in [next(key for key in fitted if key != category)]
            for name in some
        ]
        found.append(_level("another category", rows, d))
    if len(objects) > LEAST:
        found.append(_level("the world", _in_folds(away, list(away)), d))
    return [one for one in found if one.objects]


def _own(x: Vectors, objects: Sequence[ObjectViews]) -> list[tuple[float, int]]:
    rows: list[tuple[float, int]] = []
    for one in objects:
        views = x[one.rows]
        if len(views) >= 8:
            space = affine_subspace(views[0::2])
            rows.append((_share(views[1::2] - space.origin, space), space.dim))
    return rows


def _in_folds(away: dict[str, Vectors], names: Sequence[str]) -> list[tuple[float, int]]:
    """Ten folds of objects: each is seen in the subspace of the other nine."""
    rows: list[tuple[float, int]] = []
    folds = min(10, len(names))
    for fold in range(folds):
        space = _common([away[name] for row, name in enumerate(names) if row % folds != fold])
        rows += [(_share(away[name], space), space.dim) for name in names[fold::folds]]
    return rows


def _common(parts: Sequence[Vectors]) -> Subspace:
    return affine_subspace(np.concatenate(parts))


def _share(away: Vectors, space: Subspace) -> float:
    """Share of the squared length of these deviations that lies in the subspace's directions."""
    whole = float((away**2).sum())
    return float(((away @ space.basis.T) ** 2).sum()) / whole if whole > 1e-12 else 0.0


def _level(level: str, rows: list[tuple[float, int]], d: int) -> Nesting:
    if not rows:
        return Nesting(level, 0, 0.0, 0.0, 0.0, 0.0)
    shares, ranks = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    error = float(shares.std(ddof=1) / np.sqrt(len(rows))) if len(rows) > 1 else float("nan")
    mean, chance = float(shares.mean()), float(ranks.mean() / d)
    return Nesting(level, len(rows), float(np.median(ranks)), mean, error, chance)
