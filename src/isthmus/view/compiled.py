"""Loops over samples, compiled by numba when they first run and kept for the next process."""

import inspect
from collections.abc import Callable
from typing import Any

from isthmus.types import ExtraMissingError

try:
    import numba
except ModuleNotFoundError as error:
    raise ExtraMissingError("numba", "shape") from error


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function in machine code, free of Python's lock.

    What tests wrap around every function to check shapes is taken off first.
    """
    return numba.njit(cache=True, nogil=True)(inspect.unwrap(function))
