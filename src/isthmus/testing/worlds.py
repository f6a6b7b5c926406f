"""What every world must satisfy, also a third party's."""

from isthmus.read.image import picture
from isthmus.read.text import text
from isthmus.types import World


def check_world(world: World, sample: int = 12) -> None:
    """Assert that a world keeps its contract; a sample of its payload is read.

    Every id is distinct in its modality, every item has a credit, links join items that are there,
    linked items and equal ids lie in one split, tables speak of items only, and pictures and texts
    can be read.
    """
    assert world.name
    assert world.items
    everything = {name for items in world.items.values() for name in items.ids}
    for modality, items in world.items.items():
        assert items.modality == modality
        assert len(items) == len(items.ids) == len(set(items.ids)) > 0
        uncredited = [name for name in items.ids if name not in world.credits]
        assert not uncredited, f"{len(uncredited)} {modality} items without a credit"
        for name in {world.credits[name] for name in items.ids}:
            assert name.licence
            assert name.source
        _check_payload(world, modality, sample)
    _check_links(world)
    assert set(world.factors) <= everything
    assert set(world.split) <= everything
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
    items = world.items[modality]
    step = max(1, len(items) // sample)
    for name in items.ids[::step]:
        (item,) = items.take([name])
        if modality == "image":
            assert picture(item).rgb().mode == "RGB"
        elif modality == "text":
            assert text(item)
