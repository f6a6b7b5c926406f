"""``arrays:PATH``: embeddings that someone already has, as a joint model."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from isthmus.arrays import Vectors
from isthmus.read.vectors.bundles import open_arrays
from isthmus.records import dataclass
from isthmus.types import EmbeddingSet, ItemError, LoadOptions, Space


@dataclass(frozen=True, eq=False)
class ArrayEncoder:
    """Looks vectors up: an item is the id of a row, or its number."""

    rows: EmbeddingSet

    @property
    def modality(self) -> str:
        """The modality of the items it takes."""
        return self.rows.modality

    @property
    def space(self) -> Space:
        """The space its vectors live in."""
        return self.rows.space

    def encode(self, items: Sequence[Any]) -> Vectors:
        """The vectors of these ids or row numbers, (n, d) float32.

        Raises:
            ItemError: no vector of that id or number is kept.
        """
        found = [self._row(item) for item in items]
        return np.array(self.rows.vectors[found], dtype=np.float32)

    def _row(self, item: Any) -> int:
        if isinstance(item, str) and item in self.rows.row:
            return self.rows.row[item]
        if isinstance(item, (int, np.integer)) and 0 <= item < len(self.rows):
            return int(item)
        raise ItemError(
            f"{self.space.name} keeps no {self.modality} vector of {item!r}; it has "
            f"{len(self.rows)}, the first of which is {self.rows.ids[0]!r}."
        )


def load(rest: str, _options: LoadOptions | None = None) -> dict[str, ArrayEncoder]:
    """Vectors kept in a file or folder: PATH, or PATH?model=NAME to say what made them."""
    path, _, model = rest.partition("?model=")
    bundle = open_arrays(path, model or None)
    return {modality: ArrayEncoder(rows) for modality, rows in bundle.sets.items()}
