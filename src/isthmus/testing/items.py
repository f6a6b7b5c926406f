"""What every reader, bag and world must satisfy, also a third party's."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from isthmus.read import known
from isthmus.testing.reading_checks import declares_shapes, declares_units
from isthmus.testing.seeing_checks import check_not_empty, check_order, check_places, check_pooled
from isthmus.testing.subjects import refused, seen
from isthmus.types import Bag, World


def check_reader(
    read: Callable[[Any], Any],
    examples: Sequence[Any],
    opened: Callable[[Any], Any] = lambda item: item,
) -> None:
    """Assert that a reader keeps its contract on a few inputs that it can read.

    The same input gives the same item; an item is read as itself; a path and the bytes of its file
    give the same where both are taken; the item's type says its units; what is missing, empty,
    damaged or of another type raises ``ItemError`` with one sentence, or is read all the same.

    Args:
        read: what is tested.
        examples: paths, bytes or whatever else it takes; a path or bytes among them.
        opened: what there is to see of an item, where reading is put off until it is asked for.

    Raises:
        AssertionError: a clause is broken; says which.

    Example:
        >>> from isthmus.read.text import text
        >>> check_reader(text, [b"a dog", "snow"])
    """
    contents = [one for one in examples if isinstance(one, (Path, bytes))]
    assert contents, "Give a path or bytes among the examples: damage is tried on them."
    for example in examples:
        item = read(example)
        before = seen(opened(item))
        assert seen(opened(read(example))) == before, f"{example!r} gave another item again."
        assert seen(opened(read(item))) == before, "An item is read as itself."
        assert seen(opened(item)) == before, "A later call changed an earlier item."
        kind = type(item)
        plain = kind.__module__ == "builtins" or is_dataclass(kind)
        assert plain, f"An item is a dataclass, not {kind.__name__}."
        declares_units(item, read)
        declares_shapes(item)
    for example in contents:
        _check_content(read, example, opened)
    refused(read, object(), opened)


def _check_content(
    read: Callable[[Any], Any], example: Path | bytes, opened: Callable[[Any], Any]
) -> None:
    content = example if isinstance(example, bytes) else example.read_bytes()
    suffix = "" if isinstance(example, bytes) else example.suffix
    whole = seen(opened(read(example)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"example{suffix}"
        path.write_bytes(content)
        for other in (path, content):
            found = refused(read, other, opened)
            assert found is None or found == whole, "A path and its bytes give different items."
        path.unlink()
        assert refused(read, path, opened) is None, f"{path.name} is missing, but was read."
        for name, damaged in (
            ("empty", b""),
            ("noise", bytes(range(255, -1, -1)) * 8),
            ("cut", content[: len(content) // 2]),
        ):
            path.write_bytes(damaged)
            for other in (path, damaged):
                found = refused(read, other, opened)
                assert not found or name == "cut", (
                    f"{name.capitalize()} content is no item, but was read."
                )


def check_bag(view: Callable[[Any], Bag], items: Sequence[Any]) -> None:
    """Assert that a view keeps its contract: bags of one modality, each part in its place.

    The same item gives the same bag; parts have distinct ids and distinct places in order, by
    which they are found again; the order of the parts does not change what they are pooled to,
    which is one float32 vector, or one score a query; there is no empty bag.

    Args:
        view: what is tested.
        items: two items or more that it can see.

    Raises:
        AssertionError: a clause is broken; says which.
    """
    assert len(items) >= 2, f"Give two items or more to look at, not {len(items)}."
    bags = [view(item) for item in items]
    for bag, item in zip(bags, items, strict=True):
        assert isinstance(bag, Bag), f"A view gives a Bag, not {type(bag).__name__}."
        assert seen(view(item)) == seen(bag), "The same item gave another bag the second time."
        assert bag.owner, "A bag says whose parts it holds."
        ids = bag.parts.ids
        assert len(set(ids)) == len(ids), f"Parts of {bag.owner!r} share an id."
        check_places(bag, bag.owner)
        check_pooled(bag)
        check_order(bag)
        check_not_empty(bag)
    modalities = {bag.parts.modality for bag in bags}
    assert len(modalities) == 1, f"Bags of one view have one modality, not {sorted(modalities)}."
    every = [name for bag in bags for name in bag.parts.ids]
    assert len(set(every)) == len(every), "Parts of different items share an id."


def check_world(world: World, sample: int = 12) -> None:
    """Assert that a world keeps its contract; a sample of its payload is read.

    Every id is distinct in its modality, every item has a credit, links join items that are there,
    linked items and equal ids lie in one split, tables speak of items only, and pictures and texts
    can be read.
    """
    assert world.name and world.items
    everything = {name for items in world.items.values() for name in items.ids}
    for modality, items in world.items.items():
        assert items.modality == modality
        assert len(items) == len(items.ids) == len(set(items.ids)) > 0
        uncredited = [name for name in items.ids if name not in world.credits]
        assert not uncredited, f"{len(uncredited)} {modality} items without a credit"
        for name in {world.credits[name] for name in items.ids}:
            assert name.licence and name.source
        _check_payload(world, modality, sample)
    _check_links(world)
    assert {*world.factors, *world.split} <= everything
    assert set(world.split.values()) <= {"train", "val", "test"}
    for split in set(world.split.values()):
        part = world.part(split)
        assert {name for items in part.items.values() for name in items.ids} == {
            name for name in everything if world.split.get(name) == split
        }
    assert all(isinstance(why, str) and why for why in world.faults.values())


def _check_links(world: World) -> None:
    for (a, b), links in world.links.items():
        left, right = set(world.items[a].ids), set(world.items[b].ids)
        assert len(links) > 0
        for x, y in links:
            assert x in left, f"a link names {x!r}, which is no {a}"
            assert y in right, f"a link names {y!r}, which is no {b}"
            assert world.split.get(x) == world.split.get(y), f"{x!r}, {y!r}: one object, two splits"


def _check_payload(world: World, modality: str, sample: int) -> None:
    items, kind = world.items[modality], known(modality)
    step = max(1, len(items) // sample)
    for name in items.ids[::step]:
        (item,) = items.take([name])
        if kind.shown and (kind.pictured or kind.spoken):
            assert kind.shown(item), f"nothing is shown of {name!r}"
