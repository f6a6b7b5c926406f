"""Silence for a reader's warnings, safe in many threads at once."""

import threading
import warnings
from types import TracebackType


class _Quiet:
    """Ignores warnings while any thread is inside; the filters come back when the last leaves.

    ``warnings.catch_warnings`` alone keeps filters per process: two threads that overlap leave
    each other's filters behind.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(kind, error, trace)


quiet = _Quiet()
"""``with quiet:`` around a call into a library that warns of what the result will show."""
