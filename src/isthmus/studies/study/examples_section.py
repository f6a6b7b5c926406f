"""Neighbour examples of both directions: what is found once and shown in several places."""

from dataclasses import field, replace

import numpy as np

from isthmus.measure.statistics import Pair
from isthmus.records import dataclass
from isthmus.report import Album, Section, Strips, amount
from isthmus.studies.pages.item_cards import ItemCards, example_strip, hub_strip
from isthmus.studies.pages.neighbours import (
    CANDIDATES,
    MOST,
    SHOWN,
    Hub,
    QueryExample,
    confident_mistakes,
    hubs,
    neighbours,
    random_examples,
    swaps,
)
from isthmus.studies.shared import Dataset, whole_objects


@dataclass(frozen=True, eq=False)
class NeighbourExamples:
    """What the neighbourhoods of one direction show."""

    query: str
    answer: str
    """Modalities."""
    queries: int = field(metadata={"key": "asked"})
    """Queries that have a linked answer."""
    gallery: int
    missed: int
    """Queries whose first answer is not linked."""
    random: tuple[QueryExample, ...] = field(metadata={"key": "typical"})
    mistakes: tuple[QueryExample, ...] = field(metadata={"key": "surest"})
    swaps: tuple[tuple[QueryExample, QueryExample], ...]
    hubs: tuple[Hub, ...]


def neighbour_examples(
    data: Dataset, rng: np.random.Generator
) -> tuple[NeighbourExamples, NeighbourExamples]:
    """The neighbourhoods of both directions, on at most ``MOST`` items a side."""
    pair = Pair(*whole_objects(data.a, data.b, data.pair.rows, MOST, rng))
    cards = ItemCards(data, Album(0))
    return _examples(pair, cards, rng), _examples(pair.reversed, cards, rng)


def _examples(pair: Pair, cards: ItemCards, rng: np.random.Generator) -> NeighbourExamples:
    found = neighbours(pair.a, pair.b, pair.rows)
    query, answer = pair.a.modality, pair.b.modality

    def pictured(one: QueryExample) -> int:
        first = one.answers[0]
        return cards.has_picture(query, one.query) + cards.has_picture(answer, first.id)

    return NeighbourExamples(
        query,
        answer,
        queries=len(found.query_rows),
        gallery=len(found.gallery),
        missed=len(found.mistakes),
        random=random_examples(found, 3, rng),
        mistakes=confident_mistakes(found, 4, pictured),
        swaps=swaps(found, pair.rows, 3),
        hubs=hubs(found, 5),
    )


def examples_section(
    both: tuple[NeighbourExamples, NeighbourExamples], data: Dataset, album: Album
) -> Section:
    """The neighbourhoods as a part of the page, with pictures and captions."""
    cards = ItemCards(data, album)
    lead = (
        "What stands next to what. Each row is one query and its nearest items of the other "
        "modality, closest first; where the linked one is not among them, it stands last. The "
        "margin is the cosine of the linked item minus that of the best other one."
    )
    blocks = tuple(block for examples in both for block in _strips(examples, cards))
    return Section("neighbours", "Neighbours and their confusions", lead, blocks)


def _strips(examples: NeighbourExamples, cards: ItemCards) -> list[Strips]:
    pair, gallery = (examples.query, examples.answer), examples.gallery
    kinds = (
        (
            "drawn at random",
            f"Queries drawn with the study's seed, not chosen; {examples.missed:,} of "
            f"{examples.queries:,} have another first answer than their linked one.",
            examples.random,
        ),
        (
            "surest and wrong",
            f"From the {min(CANDIDATES, examples.missed):,} queries whose wrong first answer leads "
            "most, those with pictures first. Some are twins in the data rather than mistakes of "
            "the space: judge for yourself.",
            examples.mistakes,
        ),
        (
            "swapped answers",
            "Two queries, one below the other, each of which takes the other's linked item.",
            [one for both in examples.swaps for one in both],
        ),
    )
    found = [
        Strips(title, sentence, tuple(example_strip(cards, pair, one) for one in some))
        for title, sentence, some in kinds
        if some
    ]
    if examples.hubs:
        expected = min(SHOWN, gallery) * examples.queries / gallery
        sentence = f"The most frequent neighbours among {amount(gallery, 'item')}."
        strip = hub_strip(cards, examples.answer, examples.hubs, expected)
        found.append(Strips("answers that come up most", sentence, (strip,)))
    direction = f"{examples.query} → {examples.answer}"
    return [replace(one, title=f"{direction}: {one.title}") for one in found]
