"""Style by example, and style alone: analogies on a full grid, and whose nearest have its style."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.measure.resampling import seeded, wilson
from isthmus.measure.style_changes import Move, Place, compared, first_hits
from isthmus.types import Null, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class StyleTransfer(Result):
    """R@1 of (object, style of the example) among all cells but the query and the example."""

    read_right: float
    """Share of examples whose style was read right."""
    paper: ClassVar[str] = (
        "Analogy on a full grid: a's picture in the style of an example of another object; the "
        "style is read from the example by the nearest style mean. Chance: guessing among cells."
    )

    @property
    def about(self) -> str:
        """The score and where it fails."""
        return (
            f"With the style given by an example of another object, the right picture comes first "
            f"in {self.value:.1%} of all cases; the style of {self.read_right:.1%} of the examples "
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
    read = np.array([list(styles).index(one) for one in style_of(cells.reshape(-1, d))])
    read = read.reshape(objects, count)
    gallery, rows = where.reshape(objects * count, -1), np.arange(objects)
    hits, right = np.full((objects, count, count), np.nan), (read == np.arange(count)).mean()
    for source, target in queries:
        example = (rows + rng.integers(1, objects, objects)) % objects
        heard = read[example, target]
        # an example that is read as the query's own style leads back to the query: no hit
        asked = np.where(heard == source, target, heard)
        query = np.stack([queries[source, style][row] for row, style in enumerate(asked)])
        scores = query @ gallery.T
        scores[rows, rows * count + source] = -np.inf
        scores[rows, example * count + target] = -np.inf
        first = first_hits(scores, rows * count + target)
        hits[:, source, target] = np.where(heard == source, 0.0, first)
    by_object = np.nanmean(hits, axis=(1, 2))
    return StyleTransfer(
        name="style transfer",
        value=float(by_object.mean()),
        n=objects,
        interval=wilson(by_object),
        null=Null("label", 1 / (objects * count - 2), note="guessing among cells"),
        read_right=float(right),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class StyleRetrieval(Result):
    """Share of pictures whose nearest picture of another object has the same style."""

    paper: ClassVar[str] = (
        "Nearest neighbour of another object on a full grid; chance: guessing among styles. High "
        "values say that style decides nearness, low ones that content does."
    )

    @property
    def about(self) -> str:
        """The score."""
        return (
            f"The nearest picture of another object has the same style in {self.value:.1%} of all "
            f"cases; style-blind neighbours give {self.null.mean:.1%}."
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
    gallery = where.reshape(objects * count, -1)
    gallery = gallery / np.maximum(np.linalg.norm(gallery, axis=1, keepdims=True), 1e-12)
    scores = gallery @ gallery.T
    owner = np.repeat(np.arange(objects), count)
    scores[owner[:, None] == owner] = -np.inf
    same = scores.argmax(axis=1) % count == np.tile(np.arange(count), objects)
    by_object = same.reshape(objects, count).mean(axis=1)
    return StyleRetrieval(
        name="style retrieval",
        value=float(by_object.mean()),
        n=objects,
        interval=wilson(by_object),
        null=Null("label", 1 / count, note="guessing among styles; a closed form without a law"),
    )
