"""Shards on machines that may be lost: tried again, then halved until the item is named that kills.

Fragments come of whole shards only, so that their bytes do not depend on what was lost on the way:
halves are tried to find the items that end their process, and then the shard is worked on once
more without these, which are faults as any other.
"""

import logging
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol, overload, runtime_checkable

from isthmus.engine.tasks import Fragment, T
from isthmus.records import dataclass
from isthmus.types import ItemError, Items, RequestError

RETRIES = 1
"""Times that a shard, and at last a single item, is tried again when its process ended."""
MOVES = 3
"""Times that it is tried again because its machine was lost, which is no fault of an item."""
MOST = 16
"""Items in a row that end their process, with no shard between them that gave anything: the
machines are at fault."""
_log = logging.getLogger("isthmus")
KILLS = "ended the process that worked on it, twice"


@dataclass(frozen=True)
class Lost:
    """What became of work that gave nothing."""

    why: str
    machine: bool = False
    """Whether its machine was lost with it."""


@runtime_checkable
class Pool(Protocol[T]):
    """Processes elsewhere that work on shards."""

    def room(self) -> int:
        """Shards that can be under way at once, 1 or more."""
        ...

    def start(self, shard: Items, /) -> Hashable:
        """Begin with a shard; what it is known by."""
        ...

    def finished(self) -> Iterable[tuple[Hashable, Fragment[T] | Lost]]:
        """Wait until something has ended, and what came of it."""
        ...


class Without(Sequence[Any]):
    """A payload of which some rows must not be touched: reading one is its fault."""

    def __init__(self, payload: Sequence[Any], left_out: Mapping[int, str]) -> None:
        self.payload, self.left_out = payload, left_out

    def __len__(self) -> int:
        return len(self.payload)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> "Without": ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            rows = range(len(self))[index]
            left = {at: self.left_out[row] for at, row in enumerate(rows) if row in self.left_out}
            return Without(self.payload[index], left)
        if index in self.left_out:
            raise ItemError(self.left_out[index])
        return self.payload[index]


@dataclass(eq=False)
class _Shard:
    """A shard, and what is known of its items."""

    number: int
    items: Items
    left_out: dict[int, str] = field(default_factory=dict[int, str])
    """Reason by row of each item that ended its process."""
    suspected: int = 0
    """Parts that are being tried alone."""
    named: int = 0
    """Items that were left out when it was last tried as a whole."""
    rounds: int = 0
    """Times that it was halved and no item was found."""


@dataclass(eq=False)
class _Try:
    """Rows of a shard that are worked on by themselves, or all of them."""

    shard: _Shard
    rows: range
    whole: bool
    kills: int = 0
    moves: int = 0

    @property
    def items(self) -> Items:
        """The rows, without those that are left out."""
        some, rows = self.shard.items, slice(self.rows.start, self.rows.stop)
        payload = some.payload[rows]
        if self.shard.left_out:
            payload = Without(some.payload, self.shard.left_out)[rows]
        return Items(some.modality, some.ids[rows], payload)


def survived(
    pool: Pool[T], shards: Iterable[tuple[int, Items]], tick: Callable[[int], Any]
) -> Generator[tuple[int, Fragment[T]]]:
    """Every shard's fragment, whatever dies meanwhile.

    Raises:
        RequestError: processes end whatever they work on, or with a shard but with none of its
            items.
    """
    due, again, running, row = iter(shards), list[_Try](), dict[Hashable, _Try](), 0
    while True:
        while len(running) < pool.room():
            one = again.pop() if again else _first(next(due, None))
            if one is None:
                break
            running[pool.start(one.items)] = one
        if not running:
            return
        for key, outcome in pool.finished():
            one = running.pop(key)
            if one.whole and not isinstance(outcome, Lost):
                row = 0 if outcome.ids else row
                tick(len(one.rows))
                yield one.shard.number, outcome
                continue
            if isinstance(outcome, Lost) and outcome.machine:
                number, why = one.shard.number, outcome.why
                _log.warning("A machine was lost with shard %d (%s).", number, why)
            before = len(one.shard.left_out)
            again += _after(one, outcome)
            row += len(one.shard.left_out) - before
            if row >= MOST and isinstance(outcome, Lost):
                raise RequestError(
                    f"{row} items in a row ended the processes that worked on them, the last in "
                    f"shard {one.shard.number} ({outcome.why}): this is the machines' fault, not "
                    "theirs. What is done is kept; look at the cluster's logs and memory, and run "
                    "the same command again."
                )


def _first(due: tuple[int, Items] | None) -> _Try | None:
    return due and _all_of(_Shard(*due))


def _all_of(shard: _Shard) -> _Try:
    shard.named = len(shard.left_out)
    return _Try(shard, range(len(shard.items)), whole=True)


def _after(one: _Try, outcome: Fragment[Any] | Lost) -> list[_Try]:
    """What is to be tried now that a part was lost, or was done by itself."""
    shard = one.shard
    if isinstance(outcome, Lost):
        if outcome.machine and one.moves < MOVES:
            one.moves += 1
            return [one]
        if one.kills < RETRIES and (one.whole or len(one.rows) == 1):
            one.kills += 1
            return [one]
        if len(one.rows) > 1:
            middle = (one.rows.start + one.rows.stop) // 2
            halves = range(one.rows.start, middle), range(middle, one.rows.stop)
            shard.suspected += 1 + one.whole
            return [_Try(shard, half, whole=False) for half in halves]
        shard.left_out[one.rows.start] = KILLS
    shard.suspected -= not one.whole
    if shard.suspected:
        return []
    shard.rounds += len(shard.left_out) == shard.named
    if shard.rounds > 1:
        first, last = shard.items.ids[0], shard.items.ids[-1]
        raise RequestError(
            f"Shard {shard.number} ({first!r} to {last!r}) ends its process as a whole, but none "
            "of its items does by itself: it needs more memory than a machine has left. What is "
            "done is kept; make --batch-size smaller, or the machines' share larger (--workers)."
        )
    return [_all_of(shard)]
