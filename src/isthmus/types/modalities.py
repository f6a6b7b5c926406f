"""Modalities and views: how items of a kind are read, and how they are seen as items of another.

A modality needs a reader and one way on: a view, or an encoder that takes it. Nothing else knows
it by name.
"""

from collections.abc import Callable
from typing import Any

from isthmus.records import dataclass
from isthmus.types.bags import Bag


@dataclass(frozen=True)
class Modality:
    """A kind of items: how one is made of what a user hands over, and how its files are known."""

    name: str
    read: Callable[[Any], Any]
    """An item of a path, of bytes or of an object; raises ``ItemError``. The item's type says its
    units."""
    about: str = ""
    """What an item is, in one sentence with its units and conventions."""
    suffixes: tuple[str, ...] = ()
    """Ends of the names of its files, in lower case with their dots."""
    spoken: bool = False
    """Whether a plain string is an item, as captions, class prompts and vocabularies are; of all
    other modalities it is the path of a file."""
    pictured: bool = False
    """Whether an item is a picture: what renders are, what pages show, and what is searched where
    there are several modalities."""
    known: Callable[[bytes], bool] | None = None
    """Whether a file that begins so is one, where its name does not tell."""
    shown: Callable[[Any], Any] | None = None
    """What a page shows of an item: a PIL image, or a text."""


@dataclass(frozen=True)
class View:
    """A way to see an item as several items of another modality: one edge of the graph."""

    name: str
    """Of the road that goes over it, such as ``renders``."""
    of: str
    """Modality of the item."""
    to: str
    """Modality of the parts."""
    see: Callable[[Any, str], Bag]
    """The bag of an item and its id, with how its parts are pooled; raises ``ItemError``."""
    about: str = ""
    """What is seen and from where, in one sentence: part of the preprocessing."""
    data: str = ""
    """Name of the data that it needs (``store.data_folder``): without it there is no such view."""
