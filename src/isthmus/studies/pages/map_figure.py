"""The map of both modalities: their two common principal directions, and what they leave out."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from isthmus.arrays import unit
from isthmus.records import dataclass
from isthmus.report import Album, Cloud, Figure, map_figure
from isthmus.studies.pages.item_cards import ItemCards
from isthmus.studies.shared import Dataset, whole_objects
from isthmus.types import EmbeddingSet


@dataclass(frozen=True, eq=False)
class Projection:
    """The first two common principal directions of two sets."""

    title: str
    middle: np.ndarray
    """(d,) halfway between the two means."""
    axes: np.ndarray
    """(d, 2) the directions."""
    shares: tuple[float, float]
    """Share of the variance of both sets together on each direction."""

    def __call__(self, some: EmbeddingSet) -> np.ndarray:
        """(n, 2) coordinates of the items of a set."""
        return (some.unit.astype(np.float64) - self.middle) @ self.axes

    @property
    def about(self) -> str:
        """What the map can and cannot tell."""
        first, second = (round(100 * share) for share in self.shares)
        return (
            f"A projection: the first direction holds {first}% and the second {second}% of the "
            f"variance of both sets together; the other {100 - first - second}% is not to be seen "
            "here, so closeness on the map proves little."
        )


PIECE = 20_000
"""Rows of a set that are held in memory at once, as float64."""


def project(a: EmbeddingSet, b: EmbeddingSet) -> Projection:
    """The two directions of largest variance of both sets together (PCA of the stacked rows).

    Each set counts half, whatever its size. Signs are fixed so that the first set lies left of
    the second and the largest coordinate of the second direction is positive.
    """
    from scipy.linalg import eigh

    none = np.zeros(a.space.dim)
    means = [sum((x.sum(axis=0) for x in _pieces(some)), none) / len(some) for some in (a, b)]
    middle, none = (means[0] + means[1]) / 2, np.zeros((a.space.dim, a.space.dim))
    grams = [sum(((x - middle).T @ (x - middle) for x in _pieces(some)), none) for some in (a, b)]
    spread = grams[0] / (2 * len(a)) + grams[1] / (2 * len(b))
    last = len(spread) - 1
    values, vectors = eigh(spread, subset_by_index=[max(0, last - 1), last])
    lacking = 2 - len(values)  # a space of one coordinate has no second direction
    axes = np.pad(vectors[:, ::-1], ((0, 0), (0, lacking)))
    if (means[1] - means[0]) @ axes[:, 0] < 0:
        axes[:, 0] *= -1
    if axes[np.abs(axes[:, 1]).argmax(), 1] < 0:
        axes[:, 1] *= -1
    total = np.trace(spread)
    shares = np.pad(values[::-1], (0, lacking))
    shares /= total if total > 0 else 1.0  # one point has no variance to share
    title = f"Map of {a.modality} and {b.modality}"
    return Projection(title, middle, axes, (float(shares[0]), float(shares[1])))


def _pieces(some: EmbeddingSet) -> Iterator[np.ndarray]:
    for start in range(0, len(some), PIECE):
        yield unit(some.vectors[start : start + PIECE]).astype(np.float64)


PEEK, PEEKS = 64, 700_000
"""Longer side of the pictures that dots show when they are pointed at, and bytes of all of them."""
FACTORS, VALUES = 6, 40
"""Factors that a map can be coloured by at most, and their values at most."""
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
    cards = ItemCards(data, Album(PEEKS, PEEK))
    sides = ((some.a, data.a), (some.b, data.b))
    factors = _factors(data, [name for few, _ in sides for name in few.ids])
    first, second = (
        Cloud(
            few.modality,
            placed(few),
            tuple(cards.label(few.modality, name) for name in few.ids),
            tuple(cards.peek(few.modality, name) for name in few.ids),
            {title: tuple(of.get(name, "") for name in few.ids) for title, of in factors.items()},
        )
        for few, _ in sides
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


def _factors(data: Dataset, names: list[str]) -> dict[str, dict[str, str]]:
    """What colours may stand for: labels and factors with few values among these items."""
    found: dict[str, dict[str, str]] = {"class": {}} if data.about.labels else {}
    for name in names:
        if name in data.about.labels:
            found["class"][name] = data.about.labels[name]
        for title, value in data.about.factors.get(name, {}).items():
            found.setdefault(title, {})[name] = str(value)
    few = {title: of for title, of in found.items() if 1 < len({*of.values()}) <= VALUES}
    return dict([*few.items()][:FACTORS])
