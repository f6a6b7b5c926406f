"""Neighbourhoods of both directions: what is found once and shown in several places."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from isthmus.measure.statistics.inputs import Pair
from isthmus.report import Album, Section, Strips, amount
from isthmus.studies.pages.item_cards import Shelf, hub_strip, strip
from isthmus.studies.pages.neighbours import (
    MOST,
    SHOWN,
    Hub,
    Neighbours,
    Pick,
    hubs,
    neighbours,
    surest_mistakes,
    swaps,
    typical,
)
from isthmus.studies.shared.dataset import Dataset, whole_objects
from isthmus.types import Links
from isthmus.types.results import plain


@dataclass(frozen=True, eq=False)
class Look:
    """What the neighbourhoods of one direction show."""

    query: str
    answer: str
    """Modalities."""
    asked: int
    gallery: int
    missed: int
    """Queries whose first answer is not linked."""
    typical: tuple[Pick, ...]
    surest: tuple[Pick, ...]
    swaps: tuple[tuple[Pick, Pick], ...]
    hubs: tuple[Hub, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return plain(self)


def looks(data: Dataset, rng: np.random.Generator) -> tuple[Look, Look]:
    """The neighbourhoods of both directions, on at most ``MOST`` items a side."""
    rows = Links.between(data.a, data.b, data.links)
    a, b, rows = whole_objects(data.a, data.b, rows, MOST, rng)
    shelf = Shelf(data, Album(0))
    forward = _look(neighbours(a, b, rows), rows, shelf, rng)
    back = Pair(a, b, rows).reversed
    return forward, _look(neighbours(back.a, back.b, back.rows), back.rows, shelf, rng)


def _look(found: Neighbours, rows: np.ndarray, shelf: Shelf, rng: np.random.Generator) -> Look:
    query, answer = found.queries.modality, found.gallery.modality

    def pictured(one: Pick) -> int:
        first = one.answers[0]
        return shelf.pictured(query, one.query) + shelf.pictured(answer, first.id)

    return Look(
        query,
        answer,
        asked=len(found.asked),
        gallery=len(found.gallery),
        missed=len(found.wrong),
        typical=typical(found, 3, rng),
        surest=surest_mistakes(found, 4, pictured),
        swaps=swaps(found, rows, 3),
        hubs=hubs(found, 5),
    )


def section(pair: tuple[Look, Look], data: Dataset, album: Album) -> Section:
    """The neighbourhoods as a part of the page, with pictures and captions."""
    shelf = Shelf(data, album)
    blocks = tuple(block for look in pair for block in _strips(look, shelf))
    lead = (
        "What stands next to what. Each row is one query and its nearest items of the other "
        "modality, closest first; where the linked one is not among them, it stands last. The "
        "margin is the cosine of the linked item minus that of the best other one."
    )
    return Section("neighbours", "Neighbours and their confusions", lead, blocks)


def _strips(look: Look, shelf: Shelf) -> list[Strips]:
    way, pair = f"{look.query} → {look.answer}", (look.query, look.answer)
    found = [
        Strips(
            f"{way}: drawn at random",
            f"Queries drawn with the study's seed, not chosen; {look.missed:,} of {look.asked:,} "
            f"have another first answer than their linked one.",
            tuple(strip(shelf, pair, one) for one in look.typical),
        )
    ]
    if look.surest:
        sentence = (
            f"From the {min(200, look.missed):,} queries whose wrong first answer leads most, "
            "those with pictures first. Some are twins in the data rather than mistakes of the "
            "space: judge for yourself."
        )
        picked = tuple(strip(shelf, pair, one) for one in look.surest)
        found.append(Strips(f"{way}: surest and wrong", sentence, picked))
    if look.swaps:
        picked = tuple(strip(shelf, pair, one) for both in look.swaps for one in both)
        sentence = "Two queries, one below the other, each of which takes the other's partner."
        found.append(Strips(f"{way}: swapped partners", sentence, picked))
    if look.hubs:
        expected = min(SHOWN, look.gallery) * look.asked / look.gallery
        title = f"{way}: answers that come up most"
        sentence = f"The most frequent neighbours among {amount(look.gallery, 'item')}."
        found.append(Strips(title, sentence, (hub_strip(shelf, look.answer, look.hubs, expected),)))
    return found
