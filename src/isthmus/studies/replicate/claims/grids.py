"""Claims about grids of two factors, and about many views of one object."""

import numpy as np
from jaxtyping import Float

from isthmus import measure
from isthmus.arrays import unit
from isthmus.measure.statistics import wilson_interval
from isthmus.studies.replicate.claims.data import ClaimData
from isthmus.studies.replicate.claims.outcomes import Outcome, verdict

MOST = 200
"""Objects of the grid that are looked at."""


def ideal_words(data: ClaimData, rng: np.random.Generator) -> Outcome:
    """Cells of the glyph grid predicted from all others."""
    grid, _, styles = data.grid()
    chosen = grid[rng.permutation(len(grid))[:MOST]]
    return composed(chosen, f"glyphs in mini, {len(styles)} styles")


def composed(grid: Float[np.ndarray, "o s d"], data: str) -> Outcome:
    """How often a left-out cell is the nearest of its style to object part plus style part."""
    summed, alone = (hits(grid, style) for style in (True, False))
    value = float(summed.mean())
    by_object = summed.mean(axis=1) - alone.mean(axis=1)
    error = 1.96 * by_object.std(ddof=1) / np.sqrt(len(by_object))
    better = bool(by_object.mean() - error > 0)
    return Outcome(
        verdict(value >= 0.5, better),
        f"{data}, {len(grid)} objects",
        f"R@1 of a left-out cell by object plus style {value:.3f}, by the object's other styles "
        f"alone {alone.mean():.3f} (difference {by_object.mean():.3f} ± {error:.3f}).",
        len(grid),
        value,
        wilson_interval(summed.mean(axis=1)),
        1 / len(grid),
    )


def hits(grid: Float[np.ndarray, "o s d"], style: bool) -> Float[np.ndarray, "o s"]:
    """1 where the left-out cell is nearest to its prediction, among all cells of its style.

    The prediction of (o, s) uses no vector of that cell: the mean of o's other styles, plus, with
    ``style``, the mean of what separates style s from the others in all other objects.
    """
    objects, styles, _ = grid.shape
    there = unit(grid, grid.dtype)
    found = np.empty((objects, styles))
    for column in range(styles):
        others = np.delete(grid, column, axis=1).mean(axis=1)
        moved = grid[:, column] - others
        guess = others
        if style:
            guess = others + (moved.sum(axis=0) - moved) / (objects - 1)
        found[:, column] = (guess @ there[:, column].T).argmax(axis=1) == np.arange(objects)
    return found


def view_subspaces(data: ClaimData, _: np.random.Generator) -> Outcome:
    """Unseen views named by the subspaces of the others' views."""
    return named_by_subspace(data.views(), "three Objaverse objects, OpenCLIP bigG-14")


def named_by_subspace(views: np.ndarray, data: str) -> Outcome:
    """The same for any (objects, views, d)."""
    objects, count, d = views.shape
    found = measure.view_identity(views.reshape(-1, d), np.repeat(np.arange(objects), count))
    by_object = found.by_object[:, 0]
    shares = ", ".join(f"{rule} {value:.2f}" for rule, value in found.rules.items())
    above = found.interval is not None and found.interval.low > found.null.mean
    return Outcome(
        verdict(bool(by_object.min() >= 0.9), above),
        f"{data}, {count} views each",
        f"Unseen views given to their object: {shares}; median rank {np.median(found.ranks):g}.",
        objects,
        found.value,
        found.interval,
        found.null.mean,
    )
