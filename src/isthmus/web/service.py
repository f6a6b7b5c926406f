"""Many searches at once: what waits is encoded and ranked together, by one thread."""

import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import unit
from isthmus.indexes.index import Index, Ranked, open_index
from isthmus.read import spoken
from isthmus.records import dataclass
from isthmus.types import Encoder, ItemError, RequestError
from isthmus.web.errors import BusyError
from isthmus.web.places import Places

AT_ONCE = 32
"""Searches that are answered together."""
WAITING = 512
"""Searches that may wait; further ones are refused."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is looked for: texts or vectors that are added, or taken away, and where."""

    parts: Sequence[tuple[float, str | Float[np.ndarray, " d"]]]
    """Sign and text, or sign and unit vector."""
    top: int
    only: tuple[str, ...]
    asked: str = ""
    """Modality of the query; empty for words."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found."""

    index: Index
    """Generation that answered."""
    hits: Sequence[Ranked]
    query: Float[np.ndarray, " d"]
    """Unit vector of what was looked for."""


class Service:
    """An index and the encoders of its space, kept open; close it when it is no longer needed."""

    def __init__(self, folder: Path, encoders: Mapping[str, Encoder]) -> None:
        self.encoders = encoders
        self.places = Places(encoders)
        self._folder = folder
        self._index, self._stamp = open_index(folder), self._now()
        self._lock = threading.Lock()
        self._waiting: queue.Queue[tuple[Question, Future[Any]] | None] = queue.Queue(WAITING)
        self._worker = threading.Thread(target=self._work, name="isthmus-search", daemon=True)
        self._worker.start()

    def _now(self) -> int:
        return (self._folder / "index.json").stat().st_mtime_ns

    @property
    def index(self) -> Index:
        """The newest generation of the index."""
        with self._lock:
            try:
                if (stamp := self._now()) != self._stamp:
                    self._index, self._stamp = open_index(self._folder), stamp
            except (OSError, RequestError):  # it is being made anew: the last one still answers
                pass
            return self._index

    def ask(self, question: Question) -> "Future[Answer]":
        """What is found, as soon as it is its turn.

        Raises:
            BusyError: too many wait.
        """
        found: Future[Answer] = Future()
        try:
            self._waiting.put_nowait((question, found))
        except queue.Full:
            raise BusyError("Too many searches wait: try again in a second.") from None
        return found

    def encode(self, modality: str, item: Any) -> Float[np.ndarray, " d"]:
        """The unit vector of one item that somebody sent.

        Raises:
            ItemError: it cannot be read, or the space has no way for it.
        """
        if modality not in self.encoders:
            raise ItemError(f"The space has no way for {modality} items.")
        found = self.encoders[modality].encode([item])
        if not np.isfinite(found).all() or not np.any(found):
            raise ItemError("Its vector is zero or not finite.")
        return unit(found)[0]

    def close(self) -> None:
        """Answer what waits, then stop."""
        self._waiting.put(None)
        self._worker.join()
        self.places.close()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            some, last = [first], False
            while len(some) < AT_ONCE and not self._waiting.empty():
                one = self._waiting.get()
                if one is None:
                    last = True
                    break
                some.append(one)
            self._answer([(question, found) for question, found in some
                          if found.set_running_or_notify_cancel()])  # fmt: skip
            if last:
                return

    def _answer(self, some: Sequence[tuple[Question, "Future[Any]"]]) -> None:
        """Encode all texts at once, and rank the questions of the same modalities at once."""
        try:
            index, vectors = self.index, self._vectors([question for question, _ in some])
            groups: dict[tuple[tuple[str, ...], str], list[int]] = {}
            for row, (question, _) in enumerate(some):
                asked = question.asked or spoken(self.encoders)
                groups.setdefault((question.only, asked), []).append(row)
            for (only, asked), rows in groups.items():
                top = max(some[row][0].top for row in rows)
                found = index.ranked(vectors[rows], top, only, asked)
                for row, hits in zip(rows, found, strict=True):
                    kept = hits[: some[row][0].top]
                    some[row][1].set_result(Answer(index, kept, vectors[row]))
        except BaseException as error:  # whoever waits is told
            for _, found in some:
                if not found.done():
                    found.set_exception(error)

    def _vectors(self, questions: Sequence[Question]) -> Float[np.ndarray, "n d"]:
        texts = dict.fromkeys(
            part for one in questions for _, part in one.parts if isinstance(part, str)
        )
        known: dict[str, np.ndarray] = {}
        if texts:
            encoder = self.encoders[spoken(self.encoders)]
            known = dict(zip(texts, unit(encoder.encode(list(texts))), strict=True))
        rows = [
            sum(sign * (known[part] if isinstance(part, str) else part) for sign, part in one.parts)
            for one in questions
        ]
        return unit(np.stack(rows).astype(np.float32))
