"""Linked items in three parts, cut by whole objects: to train on, to stop by, to be judged on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from isthmus.measure.statistics.inputs import Pair
from isthmus.studies.shared.dataset import Dataset
from isthmus.types import Links, RequestError, objects_of

if TYPE_CHECKING:
    from isthmus.train.towers import Towers

TEST, VAL = 0.2, 0.1
"""Shares of the objects, where the data do not say."""
FEWEST = 8
"""Objects of each part at least."""
MOST = 1_000
"""Objects that training is stopped by, at most."""


@dataclass(frozen=True, eq=False)
class Parted:
    """The same data three times, each with other objects."""

    train: Dataset
    val: Dataset
    test: Dataset
    drawn: bool
    """Whether the parts were drawn at random, since the data name none."""
    towers: "Towers | None" = None
    """What embeds the items, where it is trained end to end."""
    device: str = "auto"
    """Where training computes."""


def parted(data: Dataset, split: Mapping[str, str], seed: int) -> Parted:
    """Cut linked items by whole objects.

    Args:
        data: two sets and their links.
        split: ``train``, ``val`` or ``test`` by item id; without ``test`` all is drawn at random.
        seed: of what is drawn.

    Raises:
        RequestError: a part of fewer than 8 objects.
    """
    rows = Links.between(data.a, data.b, data.links)
    objects = objects_of(rows, len(data.a), len(data.b))[0][rows[:, 0]]
    things, first = np.unique(objects, return_index=True)
    names = [split.get(data.a.ids[row], "") for row in rows[first, 0]]
    rng = np.random.default_rng([seed, *b"parts"])
    drawn = "test" not in names
    if drawn:
        names = _drawn(["train"] * len(things), "test", TEST, rng)
    if "val" not in names:
        names = _drawn(names, "val", VAL / (1 - TEST), rng)
    found = {part: things[np.array(names) == part] for part in ("train", "val", "test")}
    for part, some in found.items():
        if len(some) < FEWEST:
            raise RequestError(
                f"Training wants {FEWEST} linked objects or more in each part; {part!r} has "
                f"{len(some)} of {len(things)}."
            )
    found["val"] = found["val"][:MOST]
    train, val, test = (_of(data, rows[np.isin(objects, some)]) for some in found.values())
    return Parted(train, val, test, drawn)


def pair_of(data: Dataset) -> Pair:
    """The two sets with their links as rows."""
    return Pair(data.a, data.b, Links.between(data.a, data.b, data.links))


def _drawn(names: list[str], part: str, share: float, rng: np.random.Generator) -> list[str]:
    rows = [row for row, name in enumerate(names) if name == "train"]
    chosen = set(rng.permutation(rows)[: round(share * len(rows))].tolist())
    return [part if row in chosen else name for row, name in enumerate(names)]


def _of(data: Dataset, rows: np.ndarray) -> Dataset:
    a, b = (
        some.take(some.ids[row] for row in np.unique(rows[:, side]))
        for side, some in enumerate((data.a, data.b))
    )
    links = Links((data.a.ids[i], data.b.ids[j]) for i, j in rows)
    return replace(data, a=a, b=b, links=links)
