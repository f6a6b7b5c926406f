"""Style change, style by example, and style alone, on a full grid of objects in styles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit_or_zero
from isthmus.measure.statistics import seeded, top_probabilities, wilson_interval
from isthmus.records import short
from isthmus.types import Axes, Null, RequestError, Result, axes_or_new, check_kind, drawn

Move = Callable[[Vectors, str, str], Vectors]
"""Vectors of a style, that style, another: where they would be in the other."""
Place = Callable[[Vectors, str], Vectors]
"""Vectors of a style and that style: where they are compared, by their dot product with queries.
Unit vectors, or unit vectors with one more coordinate that corrects for hubs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StyleChange(Result):
    """R@1 of the object's picture in another style, among all objects' pictures in that style."""

    styles: tuple[str, ...]
    pairs: Float[np.ndarray, "s s"]
    """R@1 from the row's style to the column's, not a number on the diagonal."""
    whole_grid: float
    """R@1 among all cells of the grid, the query's own left out."""
    whole_grid_chance: float
    by_object: Float[np.ndarray, " o"]
    """Of every object, the share of its ordered pairs of styles that are right."""
    paper = (
        "Retrieval of (object, style t) from (object, style s) on a full grid; chance: guessing "
        "among the objects. The protocol is this laboratory's."
    )

    @property
    def about(self) -> str:
        """Both scores."""
        return (
            f"A picture of the same object in another style comes first among {self.n} objects in "
            f"{self.value:.1%} of all cases, and among all {self.n * len(self.styles) - 1} other "
            f"pictures in {self.whole_grid:.1%}."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """A matrix of R@1 by pair of styles, the numbers written into it."""
        ax = axes_or_new(ax)
        ax.imshow(self.pairs, vmin=0, vmax=1, cmap="Blues")
        for row, values in enumerate(self.pairs):
            for column, value in enumerate(values):
                if row != column:
                    colour = "white" if value > 0.6 else "black"
                    ax.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour)
        names = drawn(self.styles)
        ax.set_xticks(range(len(names)), names, rotation=35, ha="right")
        ax.set_yticks(range(len(names)), names)
        ax.set(xlabel="to", ylabel="from")
        return ax


def style_change(
    cells: Float[np.ndarray, "o s d"],
    styles: Sequence[str],
    move: Move | None = None,
    place: Place | None = None,
) -> StyleChange:
    """Given (object, style s), find (object, style t).

    Args:
        cells: unit vectors of objects in styles, one a cell; none of them was used to fit.
        styles: names of the styles.
        move: brings vectors of a style into another; None leaves them (the baseline).
        place: where cells are compared; None as they are.

    Raises:
        RequestError: fewer than two objects or styles, or names that are not as many as styles.
    """
    where, moved = compared(cells, styles, move, place)
    objects, count = cells.shape[:2]
    hits, whole = np.full((objects, count, count), np.nan), np.full((objects, count, count), np.nan)
    gallery = where.reshape(objects * count, -1)
    rows = np.arange(objects)
    for source, target, query in moved:
        hits[:, source, target] = first_hits(query @ where[:, target].T, rows)
        scores = query @ gallery.T
        scores[rows, rows * count + source] = -np.inf
        whole[:, source, target] = first_hits(scores, rows * count + target)
    by_object = np.nanmean(hits, axis=(1, 2))
    return StyleChange(
        name="style change",
        value=float(by_object.mean()),
        n=objects,
        interval=wilson_interval(by_object),
        null=Null("label", 1 / objects, note="guessing among objects; a closed form without a law"),
        styles=tuple(styles),
        pairs=hits.mean(axis=0),
        whole_grid=float(np.nanmean(whole)),
        whole_grid_chance=1 / (objects * count - 1),
        by_object=by_object,
    )


def compared(cells: Any, styles: Sequence[str], move: Move | None, place: Place | None) -> Any:
    """Cells where they are compared, and the moved queries of all pairs."""
    if np.ndim(cells) != 3 or not isinstance(cells, np.ndarray):
        raise RequestError(f"A grid is an (objects, styles, d) array, not {short(cells)}.")
    for function in (move, place):
        check_kind(function, Callable | None, "Cells are moved and placed by functions")
    objects, count = cells.shape[:2]
    if objects < 2 or count < 2 or len(styles) != count:
        raise RequestError(
            f"A grid has two objects and two styles or more, and a name for each style; this has "
            f"{objects} objects, {count} styles and {len(styles)} names."
        )
    placed = [
        cells[:, column] if place is None else place(cells[:, column], style)
        for column, style in enumerate(styles)
    ]
    moved = [
        (
            source,
            target,
            placed[source] if move is None else move(cells[:, source], first, second),
        )
        for source, first in enumerate(styles)
        for target, second in enumerate(styles)
        if source != target
    ]
    return np.stack(placed, axis=1), moved


def first_hits(scores: Float[np.ndarray, "q g"], right: np.ndarray) -> Float[np.ndarray, " q"]:
    """Expected hit at rank one when ties are broken at random."""
    return top_probabilities(scores, 1e-12)[np.arange(len(scores)), right]


@dataclass(frozen=True, eq=False, kw_only=True)
class StyleTransfer(Result):
    """R@1 of (object, style of the example) among all cells but the query and the example."""

    read_right: float
    """Share of examples whose style was read right."""
    paper = (
        "Analogy on a full grid: a's picture in the style of an example of another object; the "
        "style is read from the example by the nearest style mean. Chance: guessing among cells."
    )
    sentence = (
        "With the style given by an example of another object, the right picture comes first "
        "in {self.value:.1%} of all cases; the style of {self.read_right:.1%} of the examples "
        "is read right."
    )


def style_transfer(
    cells: Float[np.ndarray, "o s d"],
    styles: Sequence[str],
    style_of: Callable[[Vectors], list[str]],
    move: Move | None = None,
    place: Place | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> StyleTransfer:
    """Given (object a, style s) and (object b, style t), find (a, t) among all cells.

    Args:
        cells: unit vectors of objects in styles, one a cell; none of them was used to fit.
        styles: names of the styles.
        style_of: reads the style of examples.
        move: brings vectors of a style into another; None leaves them.
        place: where cells are compared; None as they are.
        rng: draws b for every query; None is seed 0.

    Raises:
        RequestError: as ``style_change``.
    """
    rng = seeded(rng)
    where, moved = compared(cells, styles, move, place)
    queries = {(source, target): query for source, target, query in moved}
    objects, count, d = cells.shape
    seen = style_of(cells.reshape(-1, d))
    read = np.reshape([styles.index(one) for one in seen], (objects, count))
    gallery, rows = where.reshape(objects * count, -1), np.arange(objects)
    hits, right = np.full((objects, count, count), np.nan), (read == np.arange(count)).mean()
    for source, target in queries:
        example = (rows + rng.integers(1, objects, objects)) % objects
        style_read = read[example, target]
        # an example that is read as the query's own style leads back to the query: no hit
        wanted = np.where(style_read == source, target, style_read)
        query = np.stack([queries[source, style][row] for row, style in enumerate(wanted)])
        scores = query @ gallery.T
        scores[rows, rows * count + source] = -np.inf
        scores[rows, example * count + target] = -np.inf
        first = first_hits(scores, rows * count + target)
        hits[:, source, target] = np.where(style_read == source, 0.0, first)
    by_object = np.nanmean(hits, axis=(1, 2))
    return StyleTransfer(
        name="style transfer",
        value=float(by_object.mean()),
        n=objects,
        interval=wilson_interval(by_object),
        null=Null("label", 1 / (objects * count - 2), note="guessing among cells"),
        read_right=float(right),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class StyleRetrieval(Result):
    """Share of pictures whose nearest picture of another object has the same style."""

    paper = (
        "Nearest neighbour of another object on a full grid; chance: guessing among styles. High "
        "values say that style decides nearness, low ones that content does."
    )
    sentence = (
        "The nearest picture of another object has the same style in {self.value:.1%} of all "
        "cases; style-blind neighbours give {self.null.mean:.1%}."
    )


def style_retrieval(
    cells: Float[np.ndarray, "o s d"], styles: Sequence[str], place: Place | None = None
) -> StyleRetrieval:
    """Same style, other object.

    Args:
        cells: unit vectors of objects in styles, one a cell.
        styles: names of the styles.
        place: where cells are compared; None as they are.

    Raises:
        RequestError: as ``style_change``.
    """
    where, _ = compared(cells, styles, None, place)
    objects, count = cells.shape[:2]
    gallery = unit_or_zero(where.reshape(objects * count, -1), where.dtype)
    scores = gallery @ gallery.T
    owner = np.repeat(np.arange(objects), count)
    scores[owner[:, None] == owner] = -np.inf
    same = scores.argmax(axis=1) % count == np.tile(np.arange(count), objects)
    by_object = same.reshape(objects, count).mean(axis=1)
    return StyleRetrieval(
        name="style retrieval",
        value=float(by_object.mean()),
        n=objects,
        interval=wilson_interval(by_object),
        null=Null("label", 1 / count, note="guessing among styles; a closed form without a law"),
    )
