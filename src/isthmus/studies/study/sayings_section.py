"""What vectors say: a few items of each modality, read as the nearest text that is not theirs."""

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import unit, unit_or_zero
from isthmus.decode.kinds import open_reader
from isthmus.decode.weights import network_for
from isthmus.lab import load
from isthmus.read import known, spoken
from isthmus.records import dataclass
from isthmus.report import Album, ItemCard, Section, Strips, amount, number
from isthmus.report.blocks import Strip
from isthmus.studies.pages.item_cards import ItemCards
from isthmus.studies.shared import Dataset
from isthmus.types import EmbeddingSet

ITEMS = 5
"""Of each modality."""
TEXTS = 20_000
"""Texts that are looked among, at most."""


@dataclass(frozen=True)
class Saying:
    """What one vector says."""

    modality: str
    item: str
    text: str
    """Id of the nearest text that belongs to another object; empty where there are no texts."""
    cycle: float
    """Cosine of the item to that text."""
    chance: float
    """Mean cosine of the item to all texts."""
    sentence: str = ""
    """What the decoder of the space reads, where one was trained."""
    sentence_cycle: float = 0.0
    """Cosine of the item to that sentence, embedded again."""


def sayings(data: Dataset, rng: np.random.Generator) -> list[Saying]:
    """Of five items of each modality, drawn with the study's seed.

    The nearest text is that of another object (leave one out), both sides less their means.
    """
    sides, found = (data.a, data.b), list[Saying]()
    spoken_side = next((k for k, one in enumerate(sides) if known(one.modality).spoken), None)
    for side, own in enumerate(sides):
        rows = np.sort(rng.choice(len(own), min(ITEMS, len(own)), replace=False))
        some = [Saying(own.modality, own.ids[int(row)], "", 0.0, 0.0) for row in rows]
        if spoken_side is not None:
            theirs = [_theirs(data, side, spoken_side, int(row)) for row in rows]
            some = _nearest(
                some, own.vectors[rows], _middle(own, rng), (sides[spoken_side], theirs)
            )
        found += _decoded(some, own, rows)
    return found


def _theirs(data: Dataset, side: int, spoken_side: int, row: int) -> Int[np.ndarray, " k"]:
    """Rows of the texts of an item's own object, which it may not be read as."""
    mine, others = data.pair.rows[:, side], data.pair.rows[:, 1 - side]
    linked = others[mine == row]
    if spoken_side != side:
        return linked
    return np.append(mine[np.isin(others, linked)], row)


def _middle(own: EmbeddingSet, rng: np.random.Generator) -> Float[np.ndarray, " d"]:
    """The mean of unit vectors, of a sample where there are many."""
    rows = np.arange(len(own))
    if len(rows) > TEXTS:
        rows = np.sort(rng.choice(len(own), TEXTS, replace=False))
    return unit(np.asarray(own.vectors[rows], np.float32)).mean(axis=0)


def _nearest(
    some: list[Saying],
    vectors: Float[np.ndarray, "k d"],
    middle: Float[np.ndarray, " d"],
    texts: tuple[EmbeddingSet, list[np.ndarray]],
) -> list[Saying]:
    """With the nearest text of another object; of many texts the first ones are looked among."""
    words, theirs = texts
    gallery = unit(np.asarray(words.vectors[:TEXTS], np.float32))
    given = unit(np.asarray(vectors, np.float32))
    scores = unit_or_zero(given - middle) @ unit_or_zero(gallery - gallery.mean(axis=0)).T
    for row, own in enumerate(theirs):
        scores[row, own[own < len(gallery)]] = -np.inf
    raw, best = given @ gallery.T, scores.argmax(axis=1)
    return [
        Saying(one.modality, one.item, words.ids[int(at)], float(raw[k, at]), float(raw[k].mean()))
        if np.isfinite(scores[k, at])
        else one
        for k, (one, at) in enumerate(zip(some, best, strict=True))
    ]


def _decoded(some: list[Saying], own: EmbeddingSet, rows: Int[np.ndarray, " k"]) -> list[Saying]:
    """With the sentences of the decoder that was trained on the space, where there is one."""
    if network_for(own.space.id) is None:
        return some
    encoders = load(own.space.name)
    text = encoders[spoken(encoders)]
    vectors = np.asarray(own.vectors[rows], np.float32)
    said = open_reader(text, own.modality, vectors).decode(vectors)
    return [Saying(one.modality, one.item, one.text, one.cycle, one.chance, x.text, x.score)
            for one, x in zip(some, said, strict=True)]  # fmt: skip


def sayings_section(found: list[Saying], data: Dataset, album: Album) -> Section:
    """The items and what they say, as a part of the page."""
    cards, modalities = ItemCards(data, album), (data.a.modality, data.b.modality)
    words = next((name for name in modalities if known(name).spoken), "")
    lead = (
        f"{amount(ITEMS, 'item')} of each modality, drawn with the study's seed, in words: the "
        "nearest text that belongs to another object (leave one out), both sides less their means, "
        "and the sentence of the space's decoder where one was trained. Each text's cosine stands "
        "beside the mean cosine of all texts, which is chance."
    )
    blocks = tuple(
        Strips(
            f"{name} vectors",
            "",
            tuple(_strip(one, cards, words) for one in found if one.modality == name),
        )
        for name in modalities
    )
    return Section("sayings", "What the vectors say", lead, blocks)


def _strip(one: Saying, cards: ItemCards, words: str) -> Strip:
    answers = list[ItemCard]()
    if one.text:
        note = f"nearest text of another object, cosine {number(one.cycle)}"
        answers.append(ItemCard(one.text, cards.text(words, one.text), note))
    if one.sentence:
        note = f"decoder, cosine {number(one.sentence_cycle)}"
        answers.append(ItemCard("decoder", one.sentence, note))
    sentence = f"Chance: cosine {number(one.chance)}." if one.text else ""
    return Strip(cards.card(one.modality, one.item, one.modality), tuple(answers), sentence)
