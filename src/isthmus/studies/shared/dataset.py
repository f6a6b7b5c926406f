"""What a study is given: two sets, their links, and what is known about the items."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any

import numpy as np

from isthmus.measure.statistics import Pair, take_rows
from isthmus.records import dataclass
from isthmus.types import Credit, EmbeddingSet, Items, Links, RequestError, World

WORDS = 5_000
"""Texts of a vocabulary at most."""


@dataclass(frozen=True, eq=False)
class About:
    """What is known about the items beside their vectors; every part may be missing."""

    title: str = ""
    """The space and its data, for headings; the space's name where empty."""
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    """What commands call the space and its data: of ``Resolved.words``; empty for vectors
    in memory, which no command can name."""
    more: tuple[str, ...] = ()
    """Further modalities of the data that the space reaches."""
    items: Mapping[str, Items] = field(default_factory=dict[str, Items])
    """Items by modality, for the pictures and captions on the page; may hold some ids only."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Class name of an item, by id: turns on probes and classification."""
    factors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What else is true of an item, by id: what the map can be coloured by."""
    classes: EmbeddingSet | Mapping[str, EmbeddingSet] | None = None
    """Text vectors that stand for classes: a set with ids ``class`` or ``class/number``, or one
    set of prompts for each class name. Turns on zero-shot classification."""
    prompted: Items | None = None
    """The class texts themselves, by the ids of ``classes``, where they are known."""
    credits: Mapping[str, Credit] = field(default_factory=dict[str, Credit])
    """Licence and source of an item, by id."""
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Items that were skipped, with the reason, by id."""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is to be known of items that were used, such as whose copy they are, by id."""
    truncated: tuple[str, ...] = ()
    """Ids of the texts that the tokenizer cut at its limit."""
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further facts for the page's provenance, such as the command that was run."""

    @property
    def prompts(self) -> dict[str, EmbeddingSet]:
        """The class texts by class name; empty without classes."""
        if not isinstance(self.classes, EmbeddingSet):
            return dict(self.classes or {})
        grouped: dict[str, list[str]] = {}
        for name in self.classes.ids:
            stem, _, number = name.rpartition("/")
            grouped.setdefault(stem if stem and number.isdigit() else name, []).append(name)
        return {name: self.classes.take(ids) for name, ids in grouped.items()}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Two sets of one space, their links (None: equal ids pair) and what is known about them."""

    a: EmbeddingSet
    b: EmbeddingSet
    links: Links | None = None
    about: About = field(default_factory=About)

    @cached_property
    def pair(self) -> Pair:
        """Both sets with their links as rows."""
        return Pair(self.a, self.b, Links.between(self.a, self.b, self.links))

    @property
    def vocabulary(self) -> tuple[EmbeddingSet, tuple[str, ...]] | None:
        """Vectors and texts of the set whose items are texts, each text once, at most ``WORDS``.

        None where no item is known as a text.
        """
        for some in (self.a, self.b):
            items = self.about.items.get(some.modality)
            if items is None or not all(isinstance(item, str) for item in items.payload[:1]):
                continue
            texts = dict(zip(items.ids, items.payload, strict=True))
            first = {str(texts[name]): name for name in reversed(some.ids) if name in texts}
            chosen = dict([*reversed(first.items())][:WORDS])
            if len(chosen) > 1:
                return some.take(chosen.values()), tuple(chosen)
        return None


def world_dataset(
    world: World, a: EmbeddingSet, b: EmbeddingSet, about: About | None = None
) -> Dataset:
    """A study of a world's items, whose vectors are ``a`` and ``b``.

    Items, credits and faults come from the world, the rest from ``about``.

    Raises:
        RequestError: the world does not link the two modalities.
    """
    about = about or About()
    pair = (a.modality, b.modality)
    links = world.links.get(pair)
    if links is None and (turned := world.links.get((b.modality, a.modality))):
        links = turned.reversed
    if links is None:
        raise RequestError(f"World {world.name!r} does not link {pair[0]} to {pair[1]}.")
    notes, faults = remarks(world, (a, b), about.faults)
    merged = replace(
        about,
        items={**world.items, **about.items},
        factors=about.factors or world.factors,
        credits={**world.credits, **about.credits},
        faults=faults,
        notes={**notes, **about.notes},
        context={"world": world.name, **about.context},
    )
    return Dataset(a, b, links, merged)


def remarks(
    world: World, sets: Iterable[EmbeddingSet], failed: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """What a world says of items that were used all the same, such as whose copy they are.

    And why all others were not, those that failed among them.
    """
    used = used_ids(world.faults, sets) - failed.keys()
    notes = {name: why for name, why in world.faults.items() if name in used}
    return notes, {k: why for k, why in {**world.faults, **failed}.items() if k not in used}


def used_ids(names: Collection[str], sets: Iterable[EmbeddingSet]) -> set[str]:
    """Which of the names are ids of the sets; a table of a million rows is not made for it."""
    return {name for some in sets for name in some.ids if name in names}


def whole_objects(
    a: EmbeddingSet, b: EmbeddingSet, rows: np.ndarray, most: int, rng: np.random.Generator
) -> tuple[EmbeddingSet, EmbeddingSet, np.ndarray]:
    """Both sets and their link rows, cut to whole objects so that neither exceeds ``most`` rows.

    Sets that are small enough come back as they are.
    """
    if max(len(a), len(b)) <= most:
        return a, b, rows
    left, right = Pair(a, b, rows).objects
    order = rng.permutation(int(max(left.max(), right.max())) + 1)
    held = [np.cumsum(np.bincount(side, minlength=len(order))[order]) for side in (left, right)]
    fits = (held[0] <= most) & (held[1] <= most)
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order[fits]] = True
    small_a, small_b = (
        take_rows(some, np.flatnonzero(chosen[side])) for some, side in ((a, left), (b, right))
    )
    kept = rows[chosen[left[rows[:, 0]]]]
    renumber = [np.cumsum(chosen[side]) - 1 for side in (left, right)]
    renumbered = np.stack([renumber[0][kept[:, 0]], renumber[1][kept[:, 1]]], axis=1)
    return small_a, small_b, renumbered
