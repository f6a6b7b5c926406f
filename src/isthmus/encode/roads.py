"""Roads: a modality that no tower takes is seen as one that a tower does.

*Indirect* roads go over views, *direct* ones end at a tower made for the modality; both give
vectors of the same space, which is why they can be exchanged, compared and combined: the road
``renders&surface`` is the mean of both.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from isthmus.arrays import Vectors, unit
from isthmus.read import modalities
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.similarity import VECTOR_POOLINGS
from isthmus.types import Encoder, Selection, Space, View, all_parts
from isthmus.view import views

PARTS = 64
"""That are encoded at once: a recording of hours has thousands."""
JOIN = "&"
"""Between roads that are combined."""


@dataclass(frozen=True, eq=False)
class Road:
    """An encoder by way of a view: an item is seen as parts, which are encoded and pooled.

    Parts are pooled as directions, each at length one.
    """

    view: View
    tower: Encoder
    """Of the parts; a tower, or another road."""
    batch: int = 16
    """Items whose parts are made at once."""

    @property
    def modality(self) -> str:
        """Of the items that are seen."""
        return self.view.of

    @property
    def space(self) -> Space:
        """That of the tower."""
        return self.tower.space

    @cached_property
    def road(self) -> str:
        """The views on the way, such as ``renders``: part of what vectors are known by."""
        return "+".join(filter(None, (self.view.name, getattr(self.tower, "road", ""))))

    @property
    def selections(self) -> tuple[Selection, ...]:
        """Those of the tower."""
        return getattr(self.tower, "selections", ())

    @property
    def preprocessing(self) -> str:
        """What is seen, and what is done to the parts."""
        return "; ".join(filter(None, (self.view.about, getattr(self.tower, "preprocessing", ""))))

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32.

        Raises:
            ItemError: one of them cannot be seen.
        """
        bags = [self.view.see(item, str(number)) for number, item in enumerate(items)]
        if not bags:
            return np.empty((0, self.space.dim), np.float32)
        parts = all_parts(bags).payload
        vectors = np.concatenate(
            [
                unit(self.tower.encode(parts[start : start + PARTS]))
                for start in range(0, len(parts), PARTS)
            ]
        )
        pooled, start = [], 0
        for bag in bags:
            rule = find("poolings", VECTOR_POOLINGS, bag.pooling)
            weights = [np.asarray(bag.weights, np.float32)] if bag.weights else []
            pooled.append(rule(vectors[start : start + len(bag)], *weights))
            start += len(bag)
        return np.stack(pooled).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Combined:
    """An encoder by several roads from one modality: the mean of their directions."""

    ways: Mapping[str, Encoder]

    @property
    def modality(self) -> str:
        """Of the items: that of every road."""
        return next(iter(self.ways.values())).modality

    @property
    def space(self) -> Space:
        """That of every road."""
        return next(iter(self.ways.values())).space

    @property
    def road(self) -> str:
        """The roads' names."""
        return JOIN.join(self.ways)

    @property
    def selections(self) -> tuple[Selection, ...]:
        """Those of every road."""
        return tuple(one for way in self.ways.values() for one in getattr(way, "selections", ()))

    @property
    def preprocessing(self) -> str:
        """What is done on each road."""
        said = ((name, getattr(way, "preprocessing", "")) for name, way in self.ways.items())
        return " & ".join(f"{name}: {what}" for name, what in said)

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32.

        Raises:
            ItemError: one of them cannot be seen.
        """
        found = [unit(way.encode(items)) for way in self.ways.values()]
        return np.stack(found).mean(axis=0).astype(np.float32)


def combined(ways: Mapping[str, Encoder], names: Sequence[str]) -> dict[str, Encoder]:
    """Those of the names that combine several of these ways, such as ``renders&surface``."""
    parts = {name: name.split(JOIN) for name in names if JOIN in name}
    return {
        name: Combined({one: ways[one] for one in some})
        for name, some in parts.items()
        if all(one in ways for one in some)
    }


def roads(
    encoders: Mapping[str, Encoder], modality: str, before: tuple[str, ...] = ()
) -> dict[str, Encoder]:
    """Every way from a modality into the space of these encoders, by name, the direct one first.

    No way comes back to a modality; a view from one to itself, such as windows of a sound, leads
    to the tower that is made for it.

    Args:
        encoders: of one space, by modality; roads among them, as ``isthmus.load`` adds, are found
            anew.
        modality: any that is registered.
        before: those that the way came over.
    """
    made = encoders.get(modality)
    direct = {} if made is None or isinstance(made, Road) else {"direct": made}
    found, passed = dict[str, Encoder](direct), (*before, modality)
    for view in views().values():
        if view.of != modality:
            continue
        onward = {} if view.to in passed else roads(encoders, view.to, passed)
        for tower in (direct if view.to == modality else onward).values():
            road = Road(view, getattr(tower, "by_view", {}).get(view.name, tower))
            found.setdefault(road.road, road)
    return found


def with_roads(encoders: Mapping[str, Encoder]) -> dict[str, Encoder]:
    """These encoders, and one for each further modality that is seen as one of theirs."""
    ways = {name: roads(encoders, name) for name in modalities()}
    more = {name: next(iter(some.values())) for name, some in ways.items() if some}
    return {**encoders, **{name: way for name, way in more.items() if name not in encoders}}
