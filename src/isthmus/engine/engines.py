"""Where shards are worked on: an engine takes them as they are due and gives fragments as they end.

Engines are registered in ``ENGINES``; a user names one as ``NAME`` or ``NAME:ADDRESS``.
"""

from collections.abc import Callable, Generator, Iterable
from typing import Any, Protocol, runtime_checkable

from isthmus.engine import ENGINES
from isthmus.engine.tasks import Fragment, T, Task
from isthmus.records import dataclass
from isthmus.registry import UnknownPartError, find
from isthmus.types import Items, RequestError


@dataclass(frozen=True)
class Share:
    """What a shard takes of a machine where many run beside each other."""

    cores: int = 1
    gpus: int = 0


@runtime_checkable
class Engine(Protocol):
    """A way to run shards: fragments by the shards' numbers, in whatever order they are done."""

    def __call__(
        self,
        task: Task[T],
        shards: Iterable[tuple[int, Items]],
        tick: Callable[[int], Any],
        /,
    ) -> Generator[tuple[int, Fragment[T]]]:
        """Every shard once, or an error.

        Args:
            task: whose ``run`` is the work.
            shards: with their numbers, taken when there is room for one more.
            tick: is told how many items are done.
        """
        ...


def open_engine(name: str, share: Share) -> Engine:
    """An engine by its name, with its address behind a colon where it has one.

    Raises:
        RequestError: no engine is called so, or it cannot be at that address.
        ExtraMissingError: it needs a package that is not installed.
    """
    kind, colon, address = name.partition(":")
    try:
        factory = find("engines", ENGINES, kind)
    except UnknownPartError as error:
        raise RequestError(f"{error} Write  --engine local  or  --engine ray:HOST:PORT.") from None
    if colon and not address:
        raise RequestError(f"--engine {name} names no address behind its colon.")
    return factory(address, share)


def local(address: str, _share: Share) -> Engine:
    """One shard after the other, in this process."""
    if address:
        raise RequestError(f"--engine local runs in this process and has no address {address!r}.")
    return _in_turn


def _in_turn(
    task: Task[T], shards: Iterable[tuple[int, Items]], tick: Callable[[int], Any]
) -> Generator[tuple[int, Fragment[T]]]:
    for number, shard in shards:
        yield number, task.run(shard, tick)
