"""Items, worlds and encoders: what is embedded, and what embeds it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from isthmus.arrays import Vectors
from isthmus.types.errors import RequestError
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
        if len(self.ids) != len(self.payload):
            raise RequestError(
                f"Every item needs one id, but there are {len(self.payload)} {self.modality} items "
                f"and {len(self.ids)} ids."
            )

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.payload)

    def take(self, ids: Iterable[str]) -> "Items":
        """The items of these ids, in this order; unknown ids are an error."""
        row = {name: number for number, name in enumerate(self.ids)}
        wanted = tuple(ids)
        missing = [name for name in wanted if name not in row]
        if missing:
            raise RequestError(f"No {self.modality} item is called {missing[0]!r}.")
        return Items(self.modality, wanted, [self.payload[row[name]] for name in wanted])


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

    def part(self, split: str) -> "World":
        """The items of one split, all else unchanged.

        Raises:
            RequestError: no item is in that split.
        """
        names = sorted(set(self.split.values()))
        if split not in names:
            raise RequestError(f"World {self.name!r} has no split {split!r}; it has: {names}.")
        return self.where(lambda name: self.split.get(name) == split)

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
