"""What every view of an item as a bag must satisfy, also a third party's."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from isthmus.registry import find
from isthmus.similarity import POOLINGS, VECTOR_POOLINGS
from isthmus.testing.readers import seen
from isthmus.types import Bag, Items, RequestError


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
        where = [replace(place, number=0) for place in bag.places]
        alone = len(set(where)) in (1, len(where))  # one: only the number tells them apart
        assert alone, f"Parts of {bag.owner!r} share a place."
        assert tuple(map(bag.place, ids)) == bag.places, "A part is not found in its place."
        _check_pooling(bag)
        _check_empty(bag)
    modalities = {bag.parts.modality for bag in bags}
    assert len(modalities) == 1, f"Bags of one view have one modality, not {sorted(modalities)}."
    every = [name for bag in bags for name in bag.parts.ids]
    assert len(set(every)) == len(every), "Parts of different items share an id."


def _check_pooling(bag: Bag) -> None:
    assert bag.pooling in POOLINGS, f"{bag.pooling!r} is none of {', '.join(POOLINGS)}."
    rng, rule = np.random.default_rng(0), find("poolings", POOLINGS, bag.pooling)
    parts, order = len(bag), rng.permutation(len(bag))
    axis = 0 if bag.pooling in VECTOR_POOLINGS else 1
    values = rng.normal(size=(parts, 6) if axis == 0 else (6, parts)).astype(np.float32)
    weights = [np.arange(1, parts + 1, dtype=np.float32)] if bag.pooling == "attention" else []
    pooled = rule(values, *weights)
    assert pooled.shape == (6,) and pooled.dtype == np.float32, f"{bag.pooling} gives no (d,)."
    mixed = rule(np.take(values, order, axis), *(one[order] for one in weights))
    assert np.allclose(mixed, pooled, atol=1e-6), f"{bag.pooling} heeds the order of the parts."


def _check_empty(bag: Bag) -> None:
    nothing = Items(bag.parts.modality, (), [])
    try:
        replace(bag, parts=nothing, places=())
    except RequestError:
        return
    raise AssertionError("A bag without parts was made.")
