"""What a job does with its items: a task, and the fragments that it makes of shards."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from isthmus.engine.content_index import ContentIndex
from isthmus.engine.manifest import Line
from isthmus.records import dataclass
from isthmus.types import Items

T = TypeVar("T")
"""What is made of a shard: vectors, pictures, ..."""


@dataclass(frozen=True, eq=False)
class Fragment(Generic[T]):
    """What was made of the items of a shard, and the faults of those of which nothing could be."""

    made: T
    ids: tuple[str, ...]
    """Of the items of which there is a result."""
    faults: dict[str, str]
    """Reason by id of each item that was skipped."""


@runtime_checkable
class Task(Protocol[T]):
    """What a job does with its items: the same bytes of a shard, whatever ran before it.

    Where shards run on other machines, a copy of the task is pickled to them, and only its ``run``
    is called there.
    """

    @property
    def what(self) -> str:
        """What the items are called on the progress bar."""
        ...

    def accept(self, folder: Path, done: Sequence[Line], items: Items, /) -> None:
        """Refuse a folder that holds something else: raises RequestError."""
        ...

    def name(self, shard: Items, /) -> str:
        """What the shard is known by, wherever it stands; empty for its number."""
        ...

    def fingerprint(self, shard: Items, contents: ContentIndex) -> str:
        """Of everything that decides the fragment's bytes."""
        ...

    def run(self, shard: Items, tick: Callable[[int], Any]) -> Fragment[T]:
        """The work itself; ``tick`` is told how many items are done."""
        ...

    def write(self, folder: Path, fragment: Fragment[T], line: Line) -> Line:
        """Keep a fragment; the line with ``file``, and whatever else is to be known of it."""
        ...

    def read(self, folder: Path, line: Line) -> Fragment[T]:
        """The fragment that was kept."""
        ...
