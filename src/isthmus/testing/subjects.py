"""A modality under test, with what is read, seen and encoded of its examples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import Vectors
from isthmus.encode.roads import roads
from isthmus.lab import embed
from isthmus.read import modality
from isthmus.records import dataclass
from isthmus.types import Bag, EmbeddingSet, Encoder, ItemError, Modality, View
from isthmus.view import views

LOOKED_AT = 3
"""Examples that are encoded again and again; two of them are seen by every view."""


class LeftOutError(Exception):
    """A check that does not apply, or for which nothing was given."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is checked, and with what."""

    name: str
    examples: tuple[Any, ...]
    encoders: Mapping[str, Encoder]
    opened: Callable[[Any], Any]
    silent: tuple[Any, ...]
    alike: tuple[tuple[Any, Any], ...]
    folder: Path
    """Empty, for files."""

    @cached_property
    def modality(self) -> Modality:
        """As it is registered."""
        return modality(self.name)

    def look(self, example: Any) -> Any:
        """What there is to see of an example, as values that can be compared."""
        return seen(self.opened(self.modality.read(example)))

    def refused(self, example: Any) -> Any:
        """What is seen of an example; None if it is refused as it should be."""
        return refused(self.modality.read, example, self.opened)

    @cached_property
    def contents(self) -> dict[bytes, str]:
        """The files and bytes among the examples, with the ends of their names."""
        own = next(iter(self.modality.suffixes), "")
        found = {one.read_bytes(): one.suffix for one in self.examples if isinstance(one, Path)}
        return {**{one: own for one in self.examples if isinstance(one, bytes)}, **found}

    def files(self) -> dict[bytes, str]:
        """The same, some.

        Raises:
            LeftOutError: there are none.
        """
        if not self.contents:
            raise LeftOutError("no path or bytes among the examples")
        return self.contents

    def file(self, content: bytes, name: str) -> Path:
        """A new file of this name, in a folder of its own."""
        numbers = count(len([*self.folder.iterdir()]))
        path = self.folder / str(next(numbers)) / name
        path.parent.mkdir()
        path.write_bytes(content)
        return path

    @cached_property
    def views(self) -> dict[str, View]:
        """Those that see its items."""
        return {name: one for name, one in views().items() if one.of == self.name}

    @cached_property
    def bags(self) -> dict[str, list[Bag]]:
        """Two examples as each view sees them."""
        if not self.views:
            raise LeftOutError("no view sees its items")
        return {name: self.bags_of(view) for name, view in self.views.items()}

    def bags_of(self, view: View) -> list[Bag]:
        """Two examples as a view sees them."""
        some = enumerate(self.examples[:2])
        return [view.see(self.modality.read(one), f"item {number}") for number, one in some]

    @cached_property
    def ways(self) -> dict[str, Encoder]:
        """Every way into the space, the direct one first."""
        if not self.encoders:
            raise LeftOutError("no space was given")
        return roads(self.encoders, self.name)

    @cached_property
    def encoder(self) -> Encoder:
        """What the space encodes its items by."""
        if not self.ways:
            raise LeftOutError(f"the space takes {', '.join(self.encoders)} only")
        return self.encoders.get(self.name) or next(iter(self.ways.values()))

    @cached_property
    def items(self) -> list[Any]:
        """Examples as they are encoded."""
        return [self.modality.read(one) for one in self.examples[:LOOKED_AT]]

    @cached_property
    def vectors(self) -> Vectors:
        """Of the items."""
        return self.encoder.encode(self.items)

    @cached_property
    def turned(self) -> Vectors:
        """Of the items from the last to the first."""
        return self.encoder.encode(self.items[::-1])

    @cached_property
    def embedded(self) -> EmbeddingSet:
        """The set of the items, called ``n0``, ``n1``, ..."""
        names = {f"n{row}": item for row, item in enumerate(self.items)}
        return embed(self.encoder, names, modality=self.name)


def seen(item: Any) -> Any:
    """An item as plain values that can be compared: arrays and pictures by their bytes."""
    if is_dataclass(item):
        return {one.name: seen(getattr(item, one.name)) for one in fields(item)}
    if isinstance(item, np.ndarray):
        return item.dtype.str, item.shape, item.tobytes()
    if isinstance(item, (list, tuple)):
        some: Sequence[Any] = item
        return [seen(one) for one in some]
    pixels = getattr(item, "tobytes", None)
    return (item.mode, item.size, pixels()) if pixels else item


def refused(read: Callable[[Any], Any], item: Any, opened: Callable[[Any], Any]) -> Any:
    """What is seen of an item; None if it is refused as it should be."""
    try:
        return seen(opened(read(item)))
    except ItemError as error:
        said = str(error)
        assert len(said) > 15 and "\n" not in said, f"ItemError says one sentence, not {said!r}."
        return None
    except Exception as error:
        raise AssertionError(
            f"What cannot be read raises ItemError, not {type(error).__name__}: {error}"
        ) from error


def close(a: np.ndarray, b: np.ndarray, tolerance: float, said: str) -> None:
    """Assert that rows are the same up to a share of their length."""
    share = float((np.abs(a - b).max(axis=1) / np.linalg.norm(b, axis=1)).max())
    assert share <= tolerance, f"{said}: by {share:.1e} of its length; {tolerance:.0e} is allowed."
