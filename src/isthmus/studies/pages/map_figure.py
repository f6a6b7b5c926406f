"""The map of both modalities: their two common principal directions, and what they leave out."""

from typing import NamedTuple

import numpy as np

from isthmus.records import dataclass
from isthmus.report import Album, Cloud, Figure, map_figure
from isthmus.studies.pages.item_cards import ItemCards
from isthmus.studies.shared import Dataset, whole_objects
from isthmus.types import EmbeddingSet


@dataclass(frozen=True, eq=False)
class Projection:
    """Both sets on their first two common principal directions."""

    title: str
    first: np.ndarray
    """(n, 2) coordinates of the first set."""
    second: np.ndarray
    """(m, 2) coordinates of the second set."""
    shares: tuple[float, float]
    """Share of the variance of both sets together on each direction."""

    @property
    def about(self) -> str:
        """What the map can and cannot tell."""
        first, second = (round(100 * share) for share in self.shares)
        return (
            f"A projection: the first direction holds {first}% and the second {second}% of the "
            f"variance of both sets together; the other {100 - first - second}% is not to be seen "
            "here, so closeness on the map proves little."
        )


def project(a: EmbeddingSet, b: EmbeddingSet) -> Projection:
    """The two directions of largest variance of both sets together (PCA of the stacked rows).

    Each set counts half, whatever its size. Signs are fixed so that the first set lies left of
    the second and the largest coordinate of the second direction is positive.
    """
    from scipy.linalg import eigh

    x, y = a.unit.astype(np.float64), b.unit.astype(np.float64)
    middle = (x.mean(axis=0) + y.mean(axis=0)) / 2
    x, y = x - middle, y - middle
    spread = (x.T @ x) / (2 * len(x)) + (y.T @ y) / (2 * len(y))
    last = len(spread) - 1
    values, vectors = eigh(spread, subset_by_index=[max(0, last - 1), last])
    axes = vectors[:, ::-1]
    if (y @ axes[:, 0]).mean() < (x @ axes[:, 0]).mean():
        axes[:, 0] *= -1
    if axes[np.abs(axes[:, 1]).argmax(), 1] < 0:
        axes[:, 1] *= -1
    shares = values[::-1] / np.trace(spread)
    return Projection(
        f"Map of {a.modality} and {b.modality}",
        x @ axes,
        y @ axes,
        (float(shares[0]), float(shares[1])),
    )


DRAWN = 350
"""Items of a modality drawn on a map; more would be a stain."""


class Sketch(NamedTuple):
    """The items that a map shows, and their links as rows of the two sets."""

    a: EmbeddingSet
    b: EmbeddingSet
    rows: np.ndarray


def sketch(data: Dataset, rng: np.random.Generator) -> Sketch:
    """Whole objects, at most `DRAWN` items of a modality."""
    return Sketch(*whole_objects(data.a, data.b, data.pair.rows, DRAWN, rng))


def drawn(data: Dataset, placed: Projection, some: Sketch, title: str = "") -> Figure:
    """The items of ``some``, where ``placed`` puts them among all; each dot says its name.

    Without a ``title`` the map takes that of the projection and the whole width; with one it is
    one of several, side by side.
    """
    cards, sides = ItemCards(data, Album(0)), ((some.a, data.a), (some.b, data.b))
    first, second = (
        Cloud(
            few.modality,
            points[[whole.row[name] for name in few.ids]],
            tuple(cards.label(few.modality, name) for name in few.ids),
        )
        for (few, whole), points in zip(sides, (placed.first, placed.second), strict=True)
    )
    counts = [f"{len(few):,} of {len(whole):,} {few.modality} items" for few, whole in sides]
    cut = any(len(few) < len(whole) for few, whole in sides)
    sample = f" Drawn: {' and '.join(counts)}." if cut else ""
    sentence = f"{placed.about} Lines join linked pairs.{sample}"
    alt = (
        f"Scatter plot of {len(some.a)} {first.modality} and {len(some.b)} {second.modality} "
        "vectors on their two first common principal directions, linked pairs joined by faint "
        "lines."
    )
    return map_figure(
        title or placed.title, (first, second), some.rows, sentence, alt, wide=not title
    )
