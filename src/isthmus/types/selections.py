"""Selections: what was fitted or chosen, and the items it was fitted or chosen on.

A score on these items flatters it, so that scores are refused where they are known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from isthmus.records import amount, dataclass, short

SAW = "saw"
"""Key under which marks are kept among arrays."""


@runtime_checkable
class Marked(Protocol):
    """Items, or a set of their vectors."""

    @property
    def modality(self) -> str:
        """Of all of them."""
        ...

    @property
    def ids(self) -> tuple[str, ...]:
        """Their names."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Selection:
    """What was chosen, and marks of the items that it was chosen on."""

    what: str
    """Such as ``the corrections mean_removal``."""
    saw: Int[np.ndarray, " n"]
    """Sorted marks, 8 bytes an item; see ``marks``."""

    @classmethod
    def on(cls, what: str, sets: Iterable[Marked]) -> "Selection":
        """A choice made on all items of these sets."""
        return cls(what, np.unique(np.concatenate([marks(some) for some in sets])))

    def following(self, before: Marked, after: Marked) -> "Selection":
        """The same choice where items have other vectors now, which some are known by."""
        seen = marks(after)[np.isin(marks(before), self.saw)]
        return replace(self, saw=np.union1d(self.saw, seen))

    def seen(self, some: Marked) -> list[str]:
        """Ids of the items that the choice was made on."""
        found = np.isin(marks(some), self.saw)
        return [some.ids[row] for row in np.flatnonzero(found)]

    def told(self, some: Marked) -> str:
        """On how many of these items it was made; empty where it was on none."""
        if not (seen := self.seen(some)):
            return ""
        return (
            f"{self.what} saw {len(seen):,} of {amount(len(some), f'{some.modality} item')}, "
            f"such as {short(seen[0])}"
        )


def marks(some: Marked) -> Int[np.ndarray, " n"]:
    """What items are known by: modality and id, and the vector where the id is a running number.

    Two files without ids both begin at 0, and their items are not the same.
    """
    vectors: Any = getattr(some, "vectors", None)
    if vectors is None or not all(name.isdecimal() for name in some.ids):
        return np.array([mark(some.modality, name) for name in some.ids], np.int64)
    rows = np.ascontiguousarray(vectors, np.float32)
    named = zip(some.ids, rows, strict=True)
    return np.array([mark(some.modality, name, row.tobytes()) for name, row in named], np.int64)


def mark(modality: str, name: str, vector: bytes = b"") -> int:
    """The mark of one item."""
    known = blake2b(f"{modality}\0{name}".encode("utf-8", "replace") + vector, digest_size=8)
    return int.from_bytes(known.digest(), "little", signed=True)


def taken_out(whats: Iterable[str], arrays: dict[str, np.ndarray]) -> tuple[Selection, ...]:
    """What ``kept`` kept, taken out of the arrays.

    Raises:
        ValueError: marks are missing, or are none.
    """
    found = [(what, arrays.pop(_key(number), None)) for number, what in enumerate(whats)]
    for number, (_, saw) in enumerate(found):
        if saw is None or saw.ndim != 1 or saw.dtype != np.int64:
            raise ValueError(
                f"its array {_key(number)!r} of the items that it saw is missing or of other kind"
            )
    return tuple(Selection(what, saw) for what, saw in found if saw is not None)


def kept(some: Iterable[Selection]) -> Mapping[str, np.ndarray]:
    """The marks of each selection by the name of an array."""
    return {_key(number): one.saw for number, one in enumerate(some)}


def _key(number: int) -> str:
    return f"{SAW}{number or ''}"
