"""What every view of a modality must satisfy."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from isthmus.engine.content_index import content_hash
from isthmus.read import modality
from isthmus.registry import find
from isthmus.similarity import POOLINGS, VECTOR_POOLINGS
from isthmus.testing.subjects import Subject, refused, seen
from isthmus.types import Bag, Items, RequestError


def views_say_what_they_see(s: Subject) -> None:
    """A view says in a sentence what is seen: vectors are known by it."""
    for name in s.bags:
        view = s.views[name]
        assert len(view.about.split()) > 2, f"{name} says {view.about!r}"
        assert view.name == name, f"{name} is registered, but is called {view.name!r}"


def same_bag_again(s: Subject) -> None:
    """A view gives the same bag of the same item."""
    for name, bags in s.bags.items():
        for bag, other in zip(bags, s.bags_of(s.views[name]), strict=True):
            assert bag.places == other.places and bag.parts.ids == other.parts.ids, name
            keys = ([content_hash(part) for part in some.parts] for some in (bag, other))
            assert next(keys) == next(keys), f"{name}: other parts again"


def bags_have_their_owner(s: Subject) -> None:
    """A bag says whose parts it holds."""
    for name, bags in s.bags.items():
        owners = [bag.owner for bag in bags]
        assert owners == [f"item {number}" for number in range(len(bags))], f"{name}: {owners}"


def part_ids(s: Subject) -> None:
    """Parts have distinct ids, also those of different items."""
    for name, bags in s.bags.items():
        ids = [one for bag in bags for one in bag.parts.ids]
        assert len(set(ids)) == len(ids), f"{name}: two parts share an id"


def part_places(s: Subject) -> None:
    """Parts have distinct places, by which they are found again."""
    for name, bag in _each(s):
        check_places(bag, name)


def part_modality(s: Subject) -> None:
    """Parts are of the modality that the view leads to, which is registered and reads them."""
    for name, bag in _each(s):
        to = s.views[name].to
        assert bag.parts.modality == to, f"{name} leads to {to}, but gives {bag.parts.modality}"
        for part in [*bag.parts][:2]:
            found = refused(modality(to).read, part, lambda item: item)
            assert found is not None, f"{name}: a part is no {to} that can be read"


def pooling(s: Subject) -> None:
    """A bag is pooled by a registered rule to one float32 vector, or one score a query."""
    for _, bag in _each(s):
        check_pooled(bag)


def order_of_parts(s: Subject) -> None:
    """The order of the parts does not change what they are pooled to."""
    for _, bag in _each(s):
        check_order(bag)


def no_empty_bag(s: Subject) -> None:
    """There is no bag without parts."""
    for _, bag in _each(s):
        check_not_empty(bag)


def views_refuse(s: Subject) -> None:
    """What cannot be seen raises ItemError."""
    for name in s.bags:
        view = s.views[name]
        found = refused(lambda item, view=view: view.see(item, "it"), object(), lambda bag: bag)
        assert found is None, f"{name} sees an object"


def views_change_nothing(s: Subject) -> None:
    """Seeing an item does not change it."""
    example = s.examples[0]
    for name in s.bags:
        item = s.modality.read(example)
        s.views[name].see(item, "it")
        assert seen(s.opened(item)) == s.look(example), f"{name} changed the item"


def _each(s: Subject) -> Iterator[tuple[str, Bag]]:
    yield from ((name, bag) for name, bags in s.bags.items() for bag in bags)


def check_places(bag: Bag, what: str) -> None:
    """Assert that no two parts share a place, and that each is found in its own."""
    where = [replace(place, number=0) for place in bag.places]
    # one: only the number tells them apart
    assert len(set(where)) in (1, len(where)), f"{what}: parts share a place."
    found = tuple(map(bag.place, bag.parts.ids))
    assert found == bag.places, f"{what}: a part is not found in its place."


def check_pooled(bag: Bag) -> None:
    """Assert that a registered rule gives one float32 vector, or one score a query."""
    assert bag.pooling in POOLINGS, f"{bag.pooling!r} is none of {', '.join(POOLINGS)}."
    pooled = _pooled(bag, np.arange(len(bag)))
    assert pooled.shape == (6,) and pooled.dtype == np.float32, f"{bag.pooling} gives no (d,)."


def check_order(bag: Bag) -> None:
    """Assert that the order of the parts does not matter to the rule."""
    orders = np.arange(len(bag)), np.random.default_rng(0).permutation(len(bag))[::-1]
    one, other = (_pooled(bag, order) for order in orders)
    assert np.allclose(one, other, atol=1e-6), f"{bag.pooling} heeds the order of the parts."


def check_not_empty(bag: Bag) -> None:
    """Assert that a bag of no parts is refused."""
    try:
        replace(bag, parts=Items(bag.parts.modality, (), []), places=(), weights=())
    except RequestError:
        return
    raise AssertionError("A bag without parts was made.")


def _pooled(bag: Bag, order: np.ndarray) -> np.ndarray:
    """Six known coordinates of each part, or scores of six queries, pooled in this order."""
    rule, parts = find("poolings", POOLINGS, bag.pooling), len(bag)
    axis = 0 if bag.pooling in VECTOR_POOLINGS else 1
    shape = (parts, 6) if axis == 0 else (6, parts)
    values = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    weights = [np.arange(1, parts + 1, dtype=np.float32)] if bag.pooling == "attention" else []
    return rule(np.take(values, order, axis), *(one[order] for one in weights))


CHECKS = (
    *(views_say_what_they_see, same_bag_again, bags_have_their_owner, part_ids, part_places),
    *(part_modality, pooling, order_of_parts, no_empty_bag, views_refuse, views_change_nothing),
)
