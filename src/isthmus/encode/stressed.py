"""Encoders of items that are changed first: what a space bears."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from isthmus.arrays import Vectors, fingerprint
from isthmus.engine.content_index import content_hash
from isthmus.records import dataclass
from isthmus.types import Encoder, Items, Selection, Space
from isthmus.view.stress import Change


@dataclass(frozen=True, eq=False)
class Stressed:
    """An encoder whose items are changed before it sees them.

    What is drawn for an item follows from its content and the seed, so that every encoder of a
    modality sees the same changed items, in whatever order and batches.
    """

    tower: Encoder
    """Of the items; a tower or a road."""
    name: str
    """Of the change."""
    change: Change
    others: Items
    """Items from which the second one is drawn, where a change wants two."""
    seed: int = 0

    @property
    def modality(self) -> str:
        """Of the items."""
        return self.tower.modality

    @property
    def space(self) -> Space:
        """That of the tower."""
        return self.tower.space

    @property
    def batch(self) -> int:
        """Items that are changed and held at once."""
        return min(16, getattr(self.tower, "batch", 16))

    @property
    def road(self) -> str:
        """The tower's, under what: part of what vectors are known by."""
        drawn = fingerprint(self.name, self.seed, self.others.ids)
        return f"{getattr(self.tower, 'road', '')} under {self.name} {drawn}"

    @property
    def selections(self) -> tuple[Selection, ...]:
        """Those of the tower."""
        return getattr(self.tower, "selections", ())

    @property
    def preprocessing(self) -> str:
        """What is done to an item after it was changed."""
        return getattr(self.tower, "preprocessing", "")

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32.

        Raises:
            ItemError: one of them, or the one that stands beside it, cannot be read.
        """
        return self.tower.encode([self._changed(one) for one in items])

    def _changed(self, item: Any) -> Any:
        own = content_hash(item)
        rng = np.random.default_rng([self.seed, int(own, 16)])
        others, at = self.others.payload, int(rng.integers(len(self.others)))
        while len(others) > 1 and content_hash(others[at % len(others)]) == own:
            at += 1
            if at == 2 * len(others):  # all are alike
                break
        return self.change(item, others[at % len(others)], rng)
