"""Items on pages: cards with their pictures and captions, in strips of a query and its answers."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from isthmus.read import known
from isthmus.read.image import picture
from isthmus.report import Album, ItemCard, Page, Section, Strip, Strips, number
from isthmus.studies.pages.neighbours import Hub, QueryExample
from isthmus.studies.shared import Dataset, Hit
from isthmus.types import ExtraMissingError, ItemError

WIDE = 4
"""Answers of one row."""
Thumbnail = tuple[str, tuple[int, int]]
"""A data URI with its width and height; empty where there is no picture."""


def thumbnail(album: Album, name: str, payload: Any, **options: int) -> Thumbnail:
    """An item's picture, read with these options of ``Picture.rgb``; none where it is damaged."""
    if album.kept(name):
        return album.use(name)
    try:
        return album.use(name, picture(payload).rgb(**options))
    except ItemError:  # gone or damaged: the embedding job has named and counted it already
        return "", (0, 0)


def seen(modality: str, payload: Any) -> Any:
    """What a page shows of an item, a picture or a text; None where there is nothing to see."""
    kind = known(modality)
    if payload is None or kind.spoken:
        return None
    try:
        if kind.pictured:
            with suppress(ItemError):  # it has a type of its own
                return picture(payload)
        return kind.shown(payload) if kind.shown else None
    except (ItemError, ExtraMissingError):  # the embedding job has named and counted it already
        return None


class Places:
    """Where names stand in a sequence; takes an eighth of the memory of a dictionary of lists."""

    def __init__(self, names: Sequence[str]) -> None:
        codes = np.fromiter(map(hash, names), dtype=np.int64, count=len(names))
        self._names, self._order = names, np.argsort(codes, kind="stable")
        self._codes = codes[self._order]

    def of(self, name: str) -> list[int]:
        """Every place of a name, the first one first."""
        first, last = (np.searchsorted(self._codes, hash(name), side) for side in ("left", "right"))
        return [int(place) for place in self._order[first:last] if self._names[place] == name]


class ItemCards:
    """Cards of a study's items, by modality and id."""

    def __init__(self, data: Dataset, album: Album) -> None:
        self._album = album
        self._items = data.about.items
        self._row = {modality: Places(items.ids) for modality, items in self._items.items()}
        pair = (data.a.modality, data.b.modality)
        self._other = dict(zip(pair, pair[::-1], strict=True))
        ends = [(some, some) for some in data.a.ids] if data.links is None else data.links.pairs
        self._links = {
            modality: (Places([link[side] for link in ends]), [link[1 - side] for link in ends])
            for side, modality in enumerate(pair)
        }

    def has_picture(self, modality: str, name: str) -> bool:
        """Whether this item, or one that it is linked to, has a picture."""
        other = self._other.get(modality, "")
        linked = [(modality, name), *((other, one) for one in self.linked(modality, name))]
        return any(known(of).pictured and self._payload(of, one) is not None for of, one in linked)

    def linked(self, modality: str, name: str) -> Sequence[str]:
        """Ids of the items of the other modality that an item is linked to."""
        if modality not in self._links:
            return ()
        places, others = self._links[modality]
        return [others[place] for place in places.of(name)]

    def text(self, modality: str, name: str) -> str:
        """The item's own text; of an item without one, that of the first text it is linked to."""
        if known(modality).spoken:
            return str(self._payload(modality, name) or name)
        other = self._other.get(modality, "")
        linked = self.linked(modality, name) if known(other).spoken else ()
        return next(filter(None, (str(self._payload(other, one) or "") for one in linked)), "")

    def label(self, modality: str, name: str) -> str:
        """What a dot of the map is called: the modality, then its text or id."""
        return f"{modality}: {self.text(modality, name) or name}"

    def peek(self, modality: str, name: str) -> str:
        """The item's own picture as a data URI; empty where it has none."""
        pictured = known(modality).pictured
        shown = seen(modality, self._payload(modality, name)) if pictured else None
        return "" if shown is None else thumbnail(self._album, name, shown, at_least=64)[0]

    def card(self, modality: str, name: str, note: str, mark: str = "") -> ItemCard:
        """One item with what there is to see of it: a picture, else a text."""
        text, (uri, size) = self.text(modality, name), ("", (0, 0))
        shown = seen(modality, self._payload(modality, name))
        if isinstance(shown, str):
            text = text or shown
        elif shown is not None:
            uri, size = thumbnail(self._album, name, shown, at_least=144)
        if text and not uri and not known(modality).spoken and text != shown:
            text = f"({modality} of: {text})"
        return ItemCard(name, text, note, uri, size, mark)

    def _payload(self, modality: str, name: str) -> Any:
        if modality not in self._row:
            return None
        rows = self._row[modality].of(name)
        return self._items[modality].payload[rows[-1]] if rows else None


def example_strip(
    cards: ItemCards, pair: tuple[str, str], example: QueryExample, more: str = ""
) -> Strip:
    """A query with its first answers and, where it is not among them, its linked one.

    ``pair`` names the modalities of query and answers; ``more`` ends the sentence.
    """
    found = any(one.linked for one in example.answers)
    answers = [
        cards.card(
            pair[1], one.id, f"cosine {number(one.cosine)}", "right" if one.linked else "wrong"
        )
        for one in example.answers[: None if found else WIDE - 1]
    ]
    if not found:
        note = f"rank {example.rank:,}, cosine {number(example.right.cosine)}"
        answers.append(cards.card(pair[1], example.right.id, note, "right"))
    rank = "first" if example.rank == 1 else f"at rank {example.rank:,}"
    sentence = f"Its linked {pair[1]} comes {rank}; margin {number(example.margin)}{more}."
    query = cards.card(pair[0], example.query, f"query: {pair[0]}")
    return Strip(query, tuple(answers), sentence)


def hub_strip(cards: ItemCards, modality: str, found: Sequence[Hub], expected: float) -> Strip:
    """The most popular answers, with how often they are among the nearest."""
    answers = tuple(
        cards.card(modality, hub.id, f"near {hub.queries:,} of {hub.of:,} queries") for hub in found
    )
    return Strip(
        None,
        answers,
        f"Near: among the {found[0].nearest} nearest. Without favourites, each would be near "
        f"{expected:.3g} queries.",
    )


def hit_card(hit: Hit, rank: int, album: Album) -> ItemCard:
    """What was found, with its picture where it has one."""
    pictured = hit.item is not None and not isinstance(hit.item, str)
    uri, size = thumbnail(album, hit.id, hit.item, background=255) if pictured else ("", (0, 0))
    return ItemCard(hit.id, hit.caption, f"{rank}. similarity {hit.score:.3f}", uri, size)


def hits_page(
    title: str,
    section: Section,
    rows: Iterable[tuple[ItemCard, Sequence[Hit]]],
    album: Album,
) -> Page:
    """The page of a command that looks things up: a row of cards for each thing looked for."""
    strips = tuple(
        Strip(wanted, tuple(hit_card(hit, rank, album) for rank, hit in enumerate(hits, start=1)))
        for wanted, hits in rows
    )
    found = replace(section, blocks=(Strips("By falling similarity", "", strips),))
    return Page(title, f"isthmus {title.partition(':')[0].lower()}", (), (), (found,))
