"""The map of a study, drawn: some of its objects on the projection of all."""

from typing import NamedTuple

import numpy as np

from isthmus.report import Album, Cloud, Figure, map_figure
from isthmus.studies.given import StudyInput
from isthmus.studies.projection import Projection
from isthmus.studies.sampling import whole_objects
from isthmus.studies.tiles import Shelf
from isthmus.types import EmbeddingSet, Links

DRAWN = 350
"""Items of a modality drawn on a map; more would be a stain."""


class Sketch(NamedTuple):
    """The items that a map shows, and their links as rows of the two sets."""

    a: EmbeddingSet
    b: EmbeddingSet
    rows: np.ndarray


def sketch(given: StudyInput, rng: np.random.Generator) -> Sketch:
    """Whole objects, at most `DRAWN` items of a modality."""
    rows = Links.between(given.a, given.b, given.links)
    return Sketch(*whole_objects(given.a, given.b, rows, DRAWN, rng))


def drawn(given: StudyInput, placed: Projection, some: Sketch, title: str = "") -> Figure:
    """The items of ``some``, where ``placed`` puts them among all; each dot says its name.

    Without a ``title`` the map takes that of the projection and the whole width; with one it is
    one of several, side by side.
    """
    shelf = Shelf(given, Album(0))
    clouds = tuple(
        Cloud(
            few.modality,
            points[[whole.row[name] for name in few.ids]],
            tuple(shelf.named(few.modality, name) for name in few.ids),
        )
        for few, whole, points in (
            (some.a, given.a, placed.first),
            (some.b, given.b, placed.second),
        )
    )
    a, b = some.a, some.b
    sides = ((a, given.a), (b, given.b))
    counts = [f"{len(few):,} of {len(whole):,} {few.modality} items" for few, whole in sides]
    all_of_them = len(a) == len(given.a) and len(b) == len(given.b)
    told = "" if all_of_them else f" Drawn: {' and '.join(counts)}."
    sentence = f"{placed.about} Lines join linked pairs.{told}"
    alt = (
        f"Scatter plot of {len(a)} {a.modality} and {len(b)} {b.modality} vectors on their two "
        "first common principal directions, linked pairs joined by faint lines."
    )
    pair = (clouds[0], clouds[1])
    return map_figure(title or placed.name, pair, some.rows, sentence, alt, wide=not title)
