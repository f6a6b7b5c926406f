"""Sides of a card: a modality by one road into a space, as vectors of the same objects."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

import numpy as np

from isthmus.encode.roads import combined, roads
from isthmus.lab import embed_into
from isthmus.records import dataclass
from isthmus.registry import near
from isthmus.studies.card.request import CardRequest
from isthmus.studies.shared import About, Resolved, job_options, remarks
from isthmus.studies.shared.collection import (
    class_items,
    class_vectors,
    labels_of,
    linked_request,
)
from isthmus.studies.shared.guard import SEEN, origin, selections_of
from isthmus.types import EmbeddingSet, Encoder, Items, Links, RequestError, World
from isthmus.view.stress import Change, stresses

ALL, STEP = "all", "+"
"""Every road, and what stands between the views of a longer one."""


@dataclass(frozen=True, eq=False)
class Side:
    """A modality by one road."""

    road: str
    """``direct``, or the views that lead there; empty where vectors were there already."""
    embedded: EmbeddingSet
    about: str = ""
    """What is done to an item before it is a vector: the protocol."""
    first: bool = True
    """Whether it is the road that is taken where none is named."""
    seconds: float = float("nan")
    """To make one vector of an item; NaN where vectors were there already."""
    encoder: Encoder | None = None
    stressed: Mapping[str, EmbeddingSet] = field(default_factory=dict[str, EmbeddingSet])
    """The same items by the same road after each change that was asked for, by its name."""

    @property
    def modality(self) -> str:
        """Of the items."""
        return self.embedded.modality

    @property
    def name(self) -> str:
        """The modality, with the road where it is not the first one."""
        return self.modality if self.first else f"{self.modality} ({self.road})"


@dataclass(frozen=True, eq=False)
class Seen:
    """One space's sides, with what is known of the objects."""

    space: str
    sides: tuple[Side, ...]
    world: World
    links: Links | None = None
    """Of arrays, between the first two modalities; None: those of the world, or equal ids."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    prompts: Mapping[str, EmbeddingSet] = field(default_factory=dict[str, EmbeddingSet])
    """The texts of each class."""
    templates: Sequence[str] = ()
    origin: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where weights and prompts come from, and what was chosen on these items."""
    faults: Mapping[str, str] = field(default_factory=dict[str, str])

    def side(self, modality: str) -> Side:
        """The first road of a modality."""
        return next(one for one in self.sides if one.modality == modality and one.first)

    def labelled(self, side: Side) -> dict[str, str]:
        """The class of every item of a side; nothing of texts, or where one or two classes lack."""
        some = side.embedded
        found = {name: self.labels[name] for name in some.ids if name in self.labels}
        texts = {one.modality for one in self.prompts.values()}
        whole = len(found) == len(some) and len(set(found.values())) > 1
        return found if whole and some.modality not in texts else {}

    @property
    def modalities(self) -> tuple[str, ...]:
        """In the order of the data."""
        return tuple(dict.fromkeys(one.modality for one in self.sides))


def seen(found: Resolved, world: World | None, request: CardRequest, folder: Path) -> Seen:
    """A space's sides of a world, or of arrays where there is none.

    Raises:
        RequestError: fewer than two modalities are there and reached by the space.
    """
    if world is None:
        if request.stress:
            raise RequestError(
                "--stress changes items before they are embedded: name a space and items."
            )
        kept = found.collect(folder, request.common)
        told = found.allowed(kept)
        origins = {**origin(found.made_of or found.space, (), found.source), **_told(told)}
        chosen = _chosen(kept.sets, request.modalities, found.title)
        sides = tuple(Side("", kept.sets[name]) for name in chosen)
        return Seen(
            found.title, sides, kept.world, kept.links, origin=origins, faults=kept.world.faults
        )
    encoders = found.encoders(request.common)
    every = {name: roads(encoders, name) for name in world.items}
    ways = {name: some | combined(some, request.roads) for name, some in every.items()}
    there = [name for name, some in ways.items() if some]
    chosen = _chosen(there, request.modalities, f"{found.space} on {world.name}")
    known_roads = {road: way for name in chosen for road, way in ways[name].items()}
    if unknown := [name for name in request.roads if name not in {*known_roads, ALL}]:
        raise RequestError(f"No road is called {unknown[0]!r}; {near(unknown[0], known_roads)}")
    changes(chosen, request.stress)
    templates = linked_request(world, there, found.source)[1]
    told = found.check_unseen(world, encoders, chosen)
    selections = selections_of(found.space, encoders.values(), found.source)
    origins = {**origin(found.space, selections, found.source), **_told(told)}
    sides, faults = list[Side](), dict[str, str]()
    for modality in chosen:
        for road, encoder in _wanted(ways[modality], request.roads).items():
            first = road == next(iter(ways[modality]))
            side, failed = embedded(road, encoder, world.items[modality], request, folder)
            sides.append(replace(side, first=first))
            faults |= failed
    labels = labels_of(world, (name for one in sides for name in one.embedded.ids))
    classes = class_vectors(class_items(sorted(set(labels.values())), templates), encoders)
    prompts = About(classes=classes).prompts
    _, left_out = remarks(world, [one.embedded for one in sides], faults)
    known = (labels, prompts, templates, origins, left_out)
    return Seen(found.space, tuple(sides), world, None, *known)


def _told(told: Sequence[str]) -> dict[str, str]:
    return {SEEN: "; ".join(told)} if told else {}


def _chosen(
    there: Mapping[str, object] | Sequence[str], wanted: Sequence[str], of: str
) -> list[str]:
    if unknown := [name for name in wanted if name not in there]:
        raise RequestError(f"{of} has no {unknown[0]!r}; {near(unknown[0], there)}")
    chosen = [name for name in there if not wanted or name in wanted]
    if len(chosen) < 2:
        raise RequestError(
            f"A card compares two modalities or more, but {of} gives only {', '.join(chosen)}."
        )
    return chosen


def _wanted(ways: Mapping[str, Encoder], named: Sequence[str]) -> dict[str, Encoder]:
    """The first road, and the named ones, or those of one view."""
    some = [name for name in ways if name in named or named == (ALL,)] if named else [*ways]
    kept = {next(iter(ways)), *(name for name in some if named or STEP not in name)}
    return {name: way for name, way in ways.items() if name in kept}


def changes(modalities: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Change]]:
    """The named changes of each modality that has some, or all.

    Raises:
        RequestError: a name that none of them has.
    """
    there = {name: some for name, some in stresses().items() if name in modalities}
    known = dict.fromkeys(name for some in there.values() for name in some)
    if unknown := [name for name in names if name not in {*known, ALL}]:
        raise RequestError(f"No stress is called {unknown[0]!r}; {near(unknown[0], known)}")
    return {
        modality: {name: one for name, one in some.items() if {name, ALL} & {*names}}
        for modality, some in there.items()
    }


def embedded(
    road: str, encoder: Encoder, items: Items, request: CardRequest, folder: Path
) -> tuple[Side, dict[str, str]]:
    """A modality by a road, and why some of its items could not be embedded."""
    start, place = time.perf_counter(), folder / "jobs" / f"{items.modality}-{road}"
    report = embed_into(place, encoder, items, job_options(request.common, folder))
    took = time.perf_counter() - start
    seconds = took / report.encoded if report.encoded else float("nan")
    about = getattr(encoder, "preprocessing", "")
    return Side(road, report.embedded, about, seconds=seconds, encoder=encoder), report.faults


def drawn(world: World, most: int, seed: int) -> World:
    """A world of at most so many whole objects, drawn by the seed: items that links join."""
    owner = objects(world)
    found = sorted(set(owner.values()))
    if len(found) <= most:
        return world
    kept = {found[row] for row in np.random.default_rng([seed, 5]).permutation(len(found))[:most]}
    return world.where(lambda name: owner[name] in kept)


def objects(world: World) -> dict[str, str]:
    """The object of each item, by the smallest id in it; equal ids are one object."""
    parent = {name: name for some in world.items.values() for name in some.ids}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for links in world.links.values():
        for a, b in links:
            if a in parent and b in parent:
                one, other = sorted((root(a), root(b)))
                parent[other] = one
    return {name: root(name) for name in parent}
