"""Items, worlds and encoders: what is embedded, and what embeds it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import field, replace
from functools import cached_property
from typing import Any, Protocol, overload, runtime_checkable

import numpy as np

from isthmus.arrays import Vectors
from isthmus.records import amount, brief, dataclass, short
from isthmus.store import Columns
from isthmus.types.choosing import Listed, Named, One, as_ids, chosen
from isthmus.types.errors import RequestError, check_kind
from isthmus.types.links import Links
from isthmus.types.spaces import Space


@dataclass(frozen=True)
class Credit:
    """Where an item comes from and on which terms."""

    licence: str
    """SPDX name where there is one, such as ``CC-BY-4.0``."""
    source: str
    """Package, collection or file it was taken from."""
    creator: str = ""
    """Who made it, where the source says so."""


@dataclass(frozen=True, eq=False)
class Items:
    """Inputs of one modality with their ids; the payload may be read lazily, item by item."""

    modality: str
    ids: tuple[str, ...]
    payload: Sequence[Any]
    """What the modality's encoders take: texts as str, images as PIL images or as the paths and
    handles of ``read/image.py``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", as_ids(self.ids))
        check_kind(self.payload, Sized, "The items themselves are a list")
        if type(self.payload) is list:
            object.__setattr__(self, "payload", Listed(self.payload))
        if len(self.ids) != len(self.payload):
            raise RequestError(
                f"Every item needs one id, but there are "
                f"{amount(len(self.payload), f'{self.modality} item')} and "
                f"{amount(len(self.ids), 'id')}."
            )

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.payload)

    def __repr__(self) -> str:
        first = f", the first {short(self.ids[0])}" if self.ids else ""
        return brief(f"Items({len(self)} of {short(self.modality)}{first})")

    @overload
    def __getitem__(self, key: One) -> Any: ...
    @overload
    def __getitem__(self, key: slice | Sequence[Any] | np.ndarray) -> "Items": ...

    def __getitem__(self, key: Any) -> Any:
        """The item of an id or row, or the items of a slice, a mask or a list of ids or rows."""
        rows = chosen(key, self.row, f"{self.modality} item")
        if isinstance(rows, int):
            return self.payload[rows]
        ids = tuple(self.ids[row] for row in rows)
        return Items(self.modality, ids, [self.payload[row] for row in rows])

    @cached_property
    def row(self) -> dict[str, int]:
        """Row number of each id."""
        return Named(zip(self.ids, range(len(self)), strict=True))

    def take(self, ids: Iterable[str]) -> "Items":
        """The items of these ids, in this order; unknown ids are an error."""
        wanted = as_ids(ids)
        missing = [name for name in wanted if name not in self.row]
        if missing:
            raise RequestError(f"No {self.modality} item is called {missing[0]!r}.")
        return Items(self.modality, wanted, [self.payload[self.row[name]] for name in wanted])

    def to_table(self) -> Columns:
        """Columns ``id`` and the modality: texts as they are, of all else what it is called."""
        called = [x if isinstance(x, str) else str(getattr(x, "name", x)) for x in self.payload]
        return Columns({"id": list(self.ids), self.modality: called})


@dataclass(frozen=True, eq=False)
class World:
    """A data set with ground truth: items by modality, links, factors, splits, credits.

    Tables are keyed by item id; an object's factors stand under each of its items' ids.
    """

    name: str
    items: Mapping[str, Items]
    """Items by modality: ``world.items["image"]``."""
    links: Mapping[tuple[str, str], Links] = field(default_factory=dict[tuple[str, str], Links])
    """Links by pair of modalities: ``world.links["image", "text"]``."""
    factors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What is true of each item: ``world.factors["1f600/noto"]["style"] == "noto"``."""
    split: Mapping[str, str] = field(default_factory=dict[str, str])
    """``train``, ``val`` or ``test`` of each item, cut by whole objects."""
    label: str = "label"
    """The factor that names an item's class, where there is one: what classification asks for."""
    credits: Mapping[str, Credit] = field(default_factory=dict[str, Credit])
    """Licence and source of each item."""
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Items that are missing, unlinked or copies, with the reason, so that a report can count."""

    def __post_init__(self) -> None:
        for name in ("items", "links", "factors", "split", "credits", "faults"):
            object.__setattr__(self, name, Named(getattr(self, name)))

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(some)} of {kind}" for kind, some in self.items.items())
        return brief(f"World({short(self.name)}: {counts or 'no items'})")

    def part(self, split: str) -> "World":
        """The items of one split, all else unchanged.

        Raises:
            RequestError: no item is in that split.
        """
        names = sorted(set(self.split.values()))
        if split not in names:
            raise RequestError(f"World {self.name!r} has no split {split!r}; it has: {names}.")
        return self.where(lambda name: self.split.get(name) == split)

    def to_table(self, modality: str) -> Columns:
        """Columns of a modality's items, then ``split``, ``licence`` and every factor.

        Raises:
            RequestError: the world has no such items.
        """
        if modality not in self.items:
            has = ", ".join(self.items)
            raise RequestError(f"World {self.name!r} has no {modality} items; it has: {has}.")
        items = self.items[modality]
        table = items.to_table()
        table["split"] = [self.split.get(name) for name in items.ids]
        credits = [self.credits.get(name) for name in items.ids]
        table["licence"] = [credit and credit.licence for credit in credits]
        facts = [self.factors.get(name, {}) for name in items.ids]
        for factor in dict.fromkeys(key for row in facts for key in row):
            values = [row.get(factor) for row in facts]
            alike = len({type(value) for value in values if value is not None}) == 1
            plain = alike and isinstance(next(filter(None, values), ""), (str, int, float))
            table[factor] = values if plain else [x if x is None else str(x) for x in values]
        return table

    def where(self, keep: Callable[[str], bool]) -> "World":
        """The items whose id satisfies ``keep(id)``."""
        items = {
            modality: some.take(name for name in some.ids if keep(name))
            for modality, some in self.items.items()
        }
        return replace(self, items=items)


@dataclass(frozen=True)
class LoadOptions:
    """How an encoder runs, never what it computes; a loader heeds what concerns it."""

    device: str = "auto"
    """``auto`` (the fastest there is), ``cpu``, ``cuda`` or ``mps``."""
    workers: int = 0
    """Threads that read items and compute; 0 means one a core."""

    def __post_init__(self) -> None:
        check_kind(self.device, str, "A device is auto, cpu, cuda or mps")
        check_kind(self.workers, int, "Threads are a whole number, 0 for one a core")


@runtime_checkable
class Encoder(Protocol):
    """Turns items of one modality into vectors of one space.

    Batching, progress, caching, ids and history belong to ``lab.embed``. A joint model is a
    mapping modality → Encoder whose encoders share one Space. An encoder raises ``ItemError``
    for an item it cannot read. It may say with a number ``batch`` how many items it wants at once.
    """

    @property
    def modality(self) -> str:
        """The modality of the items it takes."""
        ...

    @property
    def space(self) -> Space:
        """The space its vectors live in."""
        ...

    def encode(self, items: Sequence[Any]) -> Vectors:
        """One batch of items in, (len(items), d) float32 out, rows in order."""
        ...
