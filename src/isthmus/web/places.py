"""Where in an item a query is nearest: one item at a time, so that no search is kept waiting."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import fingerprint
from isthmus.indexes.files import Entry
from isthmus.indexes.parts import Seen
from isthmus.indexes.rules import nearest_part, seen
from isthmus.types import Encoder, Place
from isthmus.view.within import within
from isthmus.web.errors import BusyError, GoneError
from isthmus.web.media import stamp

QUERIES = 512
"""Vectors of the last queries that are kept, so that a page can ask where they are."""
ITEMS = 256
"""Items whose parts are kept."""
WAITING = 128
"""Items that may wait to be looked at; further ones are refused."""


class Places:
    """What was asked lately, and where it is; close it when it is no longer needed."""

    def __init__(self, encoders: Mapping[str, Encoder]) -> None:
        self.encoders = encoders
        self._queries: OrderedDict[str, np.ndarray] = OrderedDict()
        self._parts: OrderedDict[tuple[str, int], Seen] = OrderedDict()
        self._lock = threading.Lock()
        self._room = threading.Semaphore(WAITING)
        self._pool = ThreadPoolExecutor(1, "isthmus-places")

    def keep(self, query: Float[np.ndarray, " d"]) -> str:
        """The name under which a query can be asked for again."""
        name = fingerprint(query)[:16]
        with self._lock:
            _put(self._queries, name, query, QUERIES)
        return name

    def query(self, name: str) -> Float[np.ndarray, " d"]:
        """The unit vector of a query of late.

        Raises:
            GoneError: it is not among the last ones.
        """
        with self._lock:
            if name not in self._queries:
                raise GoneError("This search is too long ago: search again.")
            return self._queries[name]

    def ask(self, name: str, item: Entry, query: Float[np.ndarray, " d"]) -> "Future[Place | None]":
        """The part of an item that is nearest to a unit vector; None where that is the whole.

        Args:
            name: of the item in the newest generation of the index, as ``Item.id``.
            item: its file.
            query: what is looked for.

        Raises:
            BusyError: too many wait.
        """
        if item.modality not in within():
            found: Future[Place | None] = Future()
            found.set_result(None)
            return found
        if not self._room.acquire(blocking=False):
            raise BusyError("Too many items wait to be looked at: try again in a second.")
        asked = self._pool.submit(self._look, name, item, query)
        asked.add_done_callback(lambda _: self._room.release())
        return asked

    def close(self) -> None:
        """Look at nothing more."""
        self._pool.shutdown(cancel_futures=True)

    def _look(self, name: str, item: Entry, query: Float[np.ndarray, " d"]) -> Place | None:
        key = (name, stamp(item))
        known = self._parts.get(key) or seen(self.encoders, item.modality, item.item, item.file)
        _put(self._parts, key, known, ITEMS)
        return nearest_part(known, query)


def _put(kept: OrderedDict[Any, Any], name: Any, value: Any, most: int) -> None:
    """The newest last, the oldest dropped."""
    kept[name] = value
    kept.move_to_end(name)
    while len(kept) > most:
        kept.popitem(last=False)
