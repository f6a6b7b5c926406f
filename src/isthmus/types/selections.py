"""Selections: what was fitted or chosen, and the items it was fitted or chosen on.

A score on these items flatters it, so that scores are refused where they are known.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from jaxtyping import Int

from isthmus.records import amount, dataclass, short
from isthmus.types.items import Items
from isthmus.types.sets import EmbeddingSet


@dataclass(frozen=True, eq=False)
class Selection:
    """What was chosen, and marks of the items that it was chosen on."""

    what: str
    """Such as ``the corrections mean_removal``."""
    saw: Int[np.ndarray, " n"]
    """Sorted marks, 8 bytes an item; see ``marks``."""

    @classmethod
    def on(cls, what: str, sets: Iterable[EmbeddingSet]) -> "Selection":
        """A choice made on all items of these sets."""
        return cls(what, np.unique(np.concatenate([marks(some) for some in sets])))

    def seen(self, some: EmbeddingSet | Items) -> list[str]:
        """Ids of the items that the choice was made on."""
        found = np.isin(marks(some), self.saw)
        return [some.ids[row] for row in np.flatnonzero(found)]

    def told(self, some: EmbeddingSet | Items) -> str:
        """On how many of these items it was made; empty where it was on none."""
        if not (seen := self.seen(some)):
            return ""
        return (
            f"{self.what} saw {len(seen):,} of {amount(len(some), f'{some.modality} item')}, "
            f"such as {short(seen[0])}"
        )


def marks(some: EmbeddingSet | Items) -> Int[np.ndarray, " n"]:
    """What items are known by: modality and id, and the vector where the id is a running number.

    Two files without ids both begin at 0, and their items are not the same.
    """
    if isinstance(some, Items) or not all(name.isdecimal() for name in some.ids):
        return np.array([mark(some.modality, name) for name in some.ids], np.int64)
    rows = np.ascontiguousarray(some.vectors, np.float32)
    named = zip(some.ids, rows, strict=True)
    return np.array([mark(some.modality, name, row.tobytes()) for name, row in named], np.int64)


def mark(modality: str, name: str, vector: bytes = b"") -> int:
    """The mark of one item."""
    known = blake2b(f"{modality}\0{name}".encode("utf-8", "replace") + vector, digest_size=8)
    return int.from_bytes(known.digest(), "little", signed=True)
