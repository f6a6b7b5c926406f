"""Which items are held out: linked data cut by whole objects, in halves or in three parts."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from isthmus.measure.statistics import SAMPLE
from isthmus.records import dataclass
from isthmus.studies.shared import Dataset, whole_objects
from isthmus.types import Links, RequestError

TEST, VAL = 0.2, 0.1
"""Shares of the objects, where the data do not say."""
FEWEST = 8
"""Objects of each part at least."""
MOST = 1_000
"""Held-out objects of a half, and objects that training is stopped by, at most."""

Rows = tuple[Int[np.ndarray, " _"], Int[np.ndarray, " _"]]
"""Rows of the first set, and of the second."""


def linked_sample(data: Dataset, seed: int = 0) -> Dataset:
    """The linked items, at most ``SAMPLE`` a modality drawn by whole objects."""
    rng = np.random.default_rng([seed, *b"case"])
    a, b, rows = whole_objects(data.a, data.b, data.pair.rows, SAMPLE, rng)
    return linked_items(replace(data, a=a, b=b), rows)


def linked_items(data: Dataset, links: Int[np.ndarray, "k 2"]) -> Dataset:
    """The items that these rows link, without any other link."""
    named = Links((data.a.ids[i], data.b.ids[j]) for i, j in links)
    return take(replace(data, links=named), (np.unique(links[:, 0]), np.unique(links[:, 1])))


def take(data: Dataset, rows: Rows) -> Dataset:
    """The items of some rows."""
    a, b = (
        some.take(some.ids[row] for row in own)
        for some, own in zip((data.a, data.b), rows, strict=True)
    )
    return replace(data, a=a, b=b)


def halves(data: Dataset, calibrate: int, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Rows to fit on, of ``calibrate`` objects at most, and held-out ones, of ``MOST`` at most.

    The held-out ones are of one random half of the objects, the others of the other half.
    """
    half, order = data.pair.n // 2, rng.permutation(data.pair.n)
    return of_objects(data, order[: min(calibrate, half)]), of_objects(data, order[half:][:MOST])


def of_objects(data: Dataset, objects: Int[np.ndarray, " o"]) -> Rows:
    """The rows of some objects."""
    left, right = (np.flatnonzero(np.isin(of, objects)) for of in data.pair.objects)
    return left, right


@dataclass(frozen=True, eq=False)
class Splits:
    """The same data three times, each with other objects."""

    train: Dataset
    val: Dataset
    """What training is stopped by."""
    test: Dataset
    drawn: bool
    """Whether the parts were drawn at random, since the data name none."""


def split_dataset(data: Dataset, named: Mapping[str, str], seed: int) -> Splits:
    """Cut linked items by whole objects.

    Args:
        data: two sets and their links.
        named: ``train``, ``val`` or ``test`` by item id; without ``test`` all is drawn at random.
        seed: of what is drawn.

    Raises:
        RequestError: a part of fewer than 8 objects.
    """
    rows = data.pair.rows
    of_link = data.pair.objects[0][rows[:, 0]]
    objects, first = np.unique(of_link, return_index=True)
    parts = [named.get(data.a.ids[row], "") for row in rows[first, 0]]
    rng = np.random.default_rng([seed, *b"parts"])
    drawn = "test" not in parts
    if drawn:
        parts = _with_drawn(["train"] * len(objects), "test", TEST, rng)
    if "val" not in parts:
        parts = _with_drawn(parts, "val", VAL / (1 - TEST), rng)
    found = {part: objects[np.array(parts) == part] for part in ("train", "val", "test")}
    for part, some in found.items():
        if len(some) < FEWEST:
            raise RequestError(
                f"Training wants {FEWEST} linked objects or more in each part; {part!r} has "
                f"{len(some)} of {len(objects)}."
            )
    found["val"] = found["val"][:MOST]
    train, val, test = (linked_items(data, rows[np.isin(of_link, x)]) for x in found.values())
    return Splits(train, val, test, drawn)


def _with_drawn(parts: list[str], part: str, share: float, rng: np.random.Generator) -> list[str]:
    """The parts of objects, a share of those in ``train`` moved to another part."""
    rows = [row for row, name in enumerate(parts) if name == "train"]
    chosen = set(rng.permutation(rows)[: round(share * len(rows))].tolist())
    return [part if row in chosen else name for row, name in enumerate(parts)]
