"""Neighbourhoods with their pictures and captions, as strips of the page."""

from collections.abc import Sequence

from isthmus.read.image import picture
from isthmus.report import Album, ItemCard, Strip, number
from isthmus.studies.pages.neighbours import Answer, Hub, Pick
from isthmus.studies.shared.dataset import Dataset
from isthmus.types import ItemError, Links

WIDE = 4
"""Answers of one row."""


class Shelf:
    """Pictures and captions of a study's items, by id."""

    def __init__(self, data: Dataset, album: Album) -> None:
        self._album = album
        self._row = {
            modality: {name: row for row, name in enumerate(items.ids)}
            for modality, items in data.about.items.items()
        }
        self._payload = {modality: items.payload for modality, items in data.about.items.items()}
        pairs = data.links or Links(zip(data.a.ids, data.a.ids, strict=True))
        self._partners: dict[tuple[str, str], list[str]] = {}
        for a, b in pairs:
            self._partners.setdefault((data.a.modality, a), []).append(b)
            self._partners.setdefault((data.b.modality, b), []).append(a)
        self._other = {
            data.a.modality: data.b.modality,
            data.b.modality: data.a.modality,
        }

    def pictured(self, modality: str, name: str) -> bool:
        """Whether this item, or the one it is linked to, has a picture."""
        other = self._other.get(modality, "")
        return self._has("image", name, modality) or any(
            self._has("image", partner, other)
            for partner in self._partners.get((modality, name), [])
        )

    def text(self, modality: str, name: str) -> str:
        """The item's own text; of an item without one, that of the first text it is linked to."""
        if modality == "text":
            return self._text(name) or name
        texts = [self._text(partner) for partner in self._partners.get((modality, name), [])]
        return next((text for text in texts if text), "")

    def named(self, modality: str, name: str) -> str:
        """What a dot of the map is called: the modality, then its text or id."""
        return f"{modality}: {self.text(modality, name) or name}"

    def tile(self, modality: str, name: str, note: str, mark: str = "") -> ItemCard:
        """One item with what there is to see of it: a picture, else a text."""
        text = self.text(modality, name)
        if modality == "text":
            return ItemCard(name, text, note, mark=mark)
        uri, size = self._picture(name) if modality == "image" else ("", (0, 0))
        if text and not uri:
            text = f"({modality} of: {text})"
        return ItemCard(name, text, note, uri, size, mark)

    def _has(self, wanted: str, name: str, modality: str) -> bool:
        return modality == wanted and name in self._row.get(modality, {})

    def _text(self, name: str) -> str:
        row = self._row.get("text", {}).get(name)
        return "" if row is None else str(self._payload["text"][row])

    def _picture(self, name: str) -> tuple[str, tuple[int, int]]:
        row = self._row.get("image", {}).get(name)
        if row is None:
            return "", (0, 0)
        if self._album.kept(name):
            return self._album.use(name)
        try:
            return self._album.use(name, picture(self._payload["image"][row]).rgb(at_least=144))
        except ItemError:
            return "", (0, 0)  # the embedding job has named and counted it already


def strip(shelf: Shelf, pair: tuple[str, str], chosen: Pick) -> Strip:
    """A query with its first answers and, where it is not among them, its linked one.

    ``pair`` names the modalities of query and answers.
    """
    found = any(one.linked for one in chosen.answers)
    shown = chosen.answers if found else chosen.answers[: WIDE - 1]
    tiles = [_answer(shelf, pair[1], one) for one in shown]
    if not found:
        note = f"rank {chosen.rank:,}, cosine {number(chosen.right.cosine)}"
        tiles.append(shelf.tile(pair[1], chosen.right.id, note, "right"))
    rank = "first" if chosen.rank == 1 else f"at rank {chosen.rank:,}"
    sentence = f"Its linked {pair[1]} comes {rank}; margin {number(chosen.margin)}."
    return Strip(shelf.tile(pair[0], chosen.query, f"query: {pair[0]}"), tuple(tiles), sentence)


def hub_strip(shelf: Shelf, modality: str, found: Sequence[Hub], expected: float) -> Strip:
    """The most popular answers, with how often they are among the nearest."""
    tiles = tuple(
        shelf.tile(modality, hub.id, f"near {hub.queries:,} of {hub.of:,} queries") for hub in found
    )
    sentence = (
        f"Near: among the {found[0].nearest} nearest. Without favourites, each would be near "
        f"{expected:.3g} queries."
    )
    return Strip(None, tiles, sentence)


def _answer(shelf: Shelf, modality: str, one: Answer) -> ItemCard:
    mark = "right" if one.linked else "wrong"
    return shelf.tile(modality, one.id, f"cosine {number(one.cosine)}", mark)
