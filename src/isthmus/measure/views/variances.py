"""Shares of the variance by crossed factors: object, view, style and their interactions.

A full grid of cells, one vector each, is split into sums of squares of every subset of factors.
The shares are exact for this grid; as random effects they estimate what other objects, views and
styles would give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import (
    Labels,
    SetLike,
    as_set,
    jackknife,
    names_of,
    random_blocks,
    seeded,
)
from isthmus.types import Axes, Null, RequestError, Result, axes_or_new, check_kind, drawn

Effect = tuple[int, ...]
JOIN = " × "


@dataclass(frozen=True, eq=False, kw_only=True)
class VarianceShares(Result):
    """Shares of the total variance; the value is the first factor's own."""

    levels: dict[str, int]
    """Levels of each factor."""
    shares: dict[str, float]
    """Sum of squares of each effect over the total: exact for this grid, adds up to 1."""
    chance: dict[str, float]
    """Share of each effect if all cells were drawn alike: its degrees of freedom over all."""
    components: dict[str, float]
    """Shares as random effects, without what sampling of levels adds; below 0 counts as 0. The
    interaction of all factors holds the noise of single cells."""
    paper = (
        "Searle, Casella & McCulloch, Variance Components, 1992, section 4.3: expected mean "
        "squares of a balanced crossed design; null: cells exchanged, closed-form mean."
    )

    @property
    def about(self) -> str:
        """What varies most, beside its chance share."""
        first = max(self.components, key=lambda name: self.components[name])
        return (
            f"As random effects, {100 * self.components[first]:.0f} % of the variance is by "
            f"{first}; in this grid it has {100 * self.shares[first]:.0f} %, of which chance gives "
            f"{100 * self.chance[first]:.0f} %."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """One bar an effect, with its chance share."""
        ax = axes_or_new(ax)
        names = list(self.shares)
        places = np.arange(len(names))
        ax.barh(places, [100 * self.shares[name] for name in names], label="share")
        ax.plot([100 * self.chance[name] for name in names], places, "k|", ms=14, label="chance")
        ax.set_yticks(places, drawn(names))
        ax.invert_yaxis()
        ax.set_xlabel("share of the variance, %")
        return ax


def variance_shares(
    a: SetLike, factors: Mapping[str, Labels], *, rng: np.random.Generator | None = None
) -> VarianceShares:
    """Split the variance of unit vectors on a full grid of factors.

    Args:
        a: (n, d), one vector a cell of the grid, in any order.
        factors: for each factor its level at every row; objects first.
        rng: blocks of levels of the first factor that the interval leaves out; None is seed 0.

    Raises:
        RequestError: a cell is missing or there twice, a factor has one level, or its labels are
            not as many as the rows.

    Source: Searle, Casella & McCulloch 1992, section 4.3.
    """
    items, rng = as_set(a), seeded(rng)
    check_kind(factors, Mapping, "Factors are a mapping from their names to labels of the rows")
    named = {name: names_of(items, labels, f"level of {name}") for name, labels in factors.items()}
    table, levels = gridded(items.unit, named)
    names = list(levels)
    squares = sums_of_squares(table)
    total = sum(squares.values())
    if total <= 1e-12:
        raise RequestError("All vectors of the grid are equal: there is no variance to share.")
    sizes = table.shape[:-1]
    own = _components(squares, sizes)
    without = [
        _components(sums_of_squares(part), part.shape[:-1])[(0,)] for part in _left_out(table, rng)
    ]
    value, _, interval = jackknife([own[(0,)], *without], debias=False)
    cells = int(np.prod(sizes)) - 1
    label = {effect: JOIN.join(names[axis] for axis in effect) for effect in squares}
    return VarianceShares(
        name=f"variance by {names[0]} ({JOIN.join(names)})",
        value=value,
        n=sizes[0],
        interval=interval,
        null=Null("reference law", 0.0, note="cells drawn alike: no effect has a component"),
        levels=dict(levels),
        shares={label[effect]: square / total for effect, square in squares.items()},
        chance={label[effect]: _freedom(effect, sizes) / cells for effect in squares},
        components={label[effect]: own[effect] for effect in squares},
    )


def gridded(
    vectors: Float[np.ndarray, "n d"], factors: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, dict[str, int]]:
    """The vectors as an array (levels of each factor ..., d), float64, and how many levels."""
    found = {name: np.unique(labels, return_inverse=True) for name, labels in factors.items()}
    for name, (known, _) in found.items():
        if len(known) < 2:
            raise RequestError(
                f"A factor varies, but {name} is always {known[0] if len(known) else 'absent'}."
            )
    shape = tuple(len(known) for known, _ in found.values())
    flat = np.ravel_multi_index(tuple(place for _, place in found.values()), shape)
    count = np.bincount(flat, minlength=int(np.prod(shape)))
    if (count != 1).any():
        raise RequestError(
            f"Variance is shared on a full grid of {' x '.join(map(str, shape))} cells, one vector "
            f"each; cells that are empty: {int((count == 0).sum())}, that hold more than one: "
            f"{int((count > 1).sum())}. Drop incomplete objects or average repeated ones."
        )
    table = np.asarray(vectors, np.float64)[np.argsort(flat)].reshape(*shape, -1)
    return table, dict(zip(factors, shape, strict=True))


def sums_of_squares(table: np.ndarray) -> dict[Effect, float]:
    """Sum of squares of every non-empty subset of the axes but the last; adds up to the total."""
    found: dict[Effect, float] = {}
    for effect in _effects(table.ndim - 1):
        part = table
        for axis in range(table.ndim - 1):
            mean = part.mean(axis=axis, keepdims=True)
            part = part - mean if axis in effect else mean
        found[effect] = float((part**2).sum() * _others(effect, table.shape[:-1]))
    return found


def _effects(factors: int) -> list[Effect]:
    return [
        effect for size in range(1, factors + 1) for effect in combinations(range(factors), size)
    ]


def _freedom(effect: Effect, sizes: Sequence[int]) -> int:
    return int(np.prod([sizes[axis] - 1 for axis in effect]))


def _components(squares: Mapping[Effect, float], sizes: Sequence[int]) -> dict[Effect, float]:
    """Shares as random effects.

    The mean square of an effect expects the sum, over it and all effects that hold it, of their
    components times the levels of the factors outside.
    """
    raw: dict[Effect, float] = {}
    for effect in sorted(squares, key=len, reverse=True):
        mean = squares[effect] / _freedom(effect, sizes)
        for wider, value in raw.items():
            if set(effect) < set(wider):
                mean -= value * _others(wider, sizes)
        raw[effect] = mean / _others(effect, sizes)
    kept = {effect: max(0.0, raw[effect]) for effect in squares}
    total = sum(kept.values())
    return {effect: value / total if total else 0.0 for effect, value in kept.items()}


def _others(effect: Effect, sizes: Sequence[int]) -> float:
    return float(np.prod([size for axis, size in enumerate(sizes) if axis not in effect]))


def _left_out(table: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """The grid without each block of levels of its first factor; none if too few are left."""
    place = random_blocks(len(table), rng)
    parts = (table[place != block] for block in range(int(place.max()) + 1))
    return [part for part in parts if len(part) > 1]
