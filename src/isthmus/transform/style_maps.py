"""Styles as linear maps of the object: one from each style to each, or one from its content."""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.records import dataclass
from isthmus.transform.restyling import Restyler, StyleGrid

RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Ridge penalties that are tried, in units of the mean eigenvalue times the dimension."""
RANKS = (8.0, 16.0, 32.0, 64.0, 128.0)
FOLDS = 5
"""Folds of training objects by which a penalty or a rank is chosen."""

Fit = Callable[[StyleGrid, float], dict[tuple[str, str], np.ndarray]]
"""From a grid and a setting to the map of every ordered pair of styles."""


@dataclass(frozen=True, eq=False)
class StyleMaps(Restyler):
    """x -> (x - mean of source) M + mean of target, where M may be one for each pair of styles."""

    maps: Mapping[tuple[str, str], Float[np.ndarray, "d d"]]
    """By source and target; a pair that is not there (a learned style) is only shifted."""
    setting: float
    """The penalty or rank that was chosen on training objects."""

    def restyle(self, vectors: Vectors, source: str, target: str) -> Vectors:
        """Mapped around the two means."""
        self.known(source, target)
        away = vectors - self.middles[source]
        if (source, target) in self.maps:
            away = away @ self.maps[source, target]
        return away + self.middles[target]


def fit_affine_maps(grid: StyleGrid) -> StyleMaps:
    """Ridge regression from every style to every other, around their means.

    The penalty is the one of ``RIDGES`` whose maps find most unseen training objects.
    """
    chosen = _chosen(grid, RIDGES, _ridge)
    return StyleMaps(grid.middles, _ridge(grid, chosen), chosen)


def fit_bilinear(grid: StyleGrid) -> StyleMaps:
    """Asymmetric bilinear model: x(o, s) - mean(s) = A(s) b(o).

    A is read from a truncated singular value decomposition of the objects by style and
    coordinate; b of an unseen object from its one picture by least squares with a small ridge.
    The rank is the one of ``RANKS`` that finds most unseen training objects.

    Source: Tenenbaum & Freeman 2000, Neural Computation 12, equation 7 and section 3.1.
    """
    few = [max(1.0, float(len(grid.objects) // 2))]
    ranks = [rank for rank in RANKS if rank < len(grid.objects)] or few
    chosen = _chosen(grid, ranks, _bilinear)
    return StyleMaps(grid.middles, _bilinear(grid, chosen), chosen)


def _ridge(grid: StyleGrid, penalty: float) -> dict[tuple[str, str], np.ndarray]:
    away = grid.cells - grid.cells.mean(axis=0)

    def from_style(column: int) -> Sequence[np.ndarray]:
        x = away[:, column]
        gram = x.T @ x
        gram[np.diag_indices_from(gram)] += penalty * np.trace(gram) / 10 + 1e-12
        solved = np.linalg.solve(gram, x.T @ away.reshape(len(x), -1)).reshape(len(gram), -1)
        return np.split(solved, len(grid.styles), axis=1)

    return _by_pair(grid.styles, from_style)


def _bilinear(grid: StyleGrid, rank: float) -> dict[tuple[str, str], np.ndarray]:
    away = grid.cells - grid.cells.mean(axis=0)
    objects, styles, d = away.shape
    axes = np.linalg.svd(away.reshape(objects, -1), full_matrices=False)[2][: int(rank)]
    parts = axes.reshape(len(axes), styles, d)

    def from_style(column: int) -> Sequence[np.ndarray]:
        own = parts[:, column]
        gram = own @ own.T
        gram[np.diag_indices_from(gram)] += 0.1 * np.trace(gram) / len(gram)
        try:
            reader = np.linalg.solve(gram, own).T
        except np.linalg.LinAlgError:  # more ranks than objects to tell them by
            reader = (np.linalg.pinv(gram) @ own).T
        return [reader @ parts[:, other] for other in range(styles)]

    return _by_pair(grid.styles, from_style)


def _by_pair(
    styles: Sequence[str], from_style: Callable[[int], Sequence[np.ndarray]]
) -> dict[tuple[str, str], np.ndarray]:
    """The map of every ordered pair of styles, from the maps of one style to all of them."""
    return {
        (source, target): one
        for column, source in enumerate(styles)
        for target, one in zip(styles, from_style(column), strict=True)
        if target != source
    }


def _chosen(grid: StyleGrid, settings: Sequence[float], fit: Fit) -> float:
    """The setting with which most held-out training objects are found in the target style."""
    folds = min(FOLDS, len(grid.objects))
    fold = np.arange(len(grid.objects)) % folds
    right = np.zeros(len(settings))
    for number in range(folds):
        names = np.array(grid.objects)
        stay, held = grid.part(list(names[fold != number])), grid.part(list(names[fold == number]))
        for place, setting in enumerate(settings):
            right[place] += _found(StyleMaps(stay.middles, fit(stay, setting), setting), held)
    return float(settings[int(right.argmax())])


def _found(maps: StyleMaps, held: StyleGrid) -> float:
    total = 0.0
    for (column, source), (other, target) in permutations(enumerate(held.styles), 2):
        moved = maps.restyle(held.cells[:, column], source, target)
        nearest = (moved @ held.cells[:, other].T).argmax(axis=1)
        total += float((nearest == np.arange(len(nearest))).sum())
    return total
