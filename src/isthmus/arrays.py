"""Arrays that everything else is made of: shape names, unit vectors, blocks, fingerprints.

Shape letters used in every signature: ``n m`` items, ``d`` coordinates, ``k`` neighbours or
links, ``c`` classes or concepts, ``t`` time, ``h w`` pixels, ``p`` points.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

Vectors: TypeAlias = Float[np.ndarray, "n d"]
"""n vectors of d coordinates, one a row."""

Vector: TypeAlias = Float[np.ndarray, " d"]
"""One vector."""

BLOCK = 2048
"""Rows per block when a set is streamed: larger blocks fall out of the cache."""

IN_MEMORY = 1 << 28
"""Bytes up to which an array that is made while files are read stands in memory."""


def unit(
    vectors: Float[np.ndarray, "*n d"], dtype: Any = np.float32, *, of: Any = None
) -> Float[np.ndarray, "*n d"]:
    """Rows scaled to length one; what the cosine is computed on.

    The one rule for rows without a direction: they are an error, wherever vectors of items come in.
    Differences of vectors, which may vanish, go through ``unit_or_zero``. Lengths are taken in
    float64, and double precision beyond float32's range keeps its direction. ``of``: the array
    that these are some rows of; an error names the row there.

    Raises:
        ValueError: a row is zero or not finite; the message names the first such row.

    Example:
        >>> unit(np.array([[3.0, 4.0]]))
        array([[0.6, 0.8]], dtype=float32)
    """
    vectors = np.asarray(vectors)
    wide = vectors.astype(np.float64, copy=False)
    square = np.einsum("...d,...d->...", wide, wide)[..., None]
    if not ((square > 1e-290) & (square < np.inf)).all():
        if without_direction(vectors).any():
            raise ValueError(_no_direction(vectors if of is None else of))
        wide = wide / np.abs(wide).max(axis=-1, keepdims=True)
        square = np.einsum("...d,...d->...", wide, wide)[..., None]
    return (wide / np.sqrt(square)).astype(dtype, copy=False)


def unit_rows(
    vectors: Float[np.ndarray, "n d"], rows: Int[np.ndarray, " r"] | None = None
) -> Float[np.ndarray, "r d"]:
    """``unit`` of many rows, a block at a time, so that the way there takes little memory.

    ``rows``: their numbers; None for all.
    """
    n = len(vectors) if rows is None else len(rows)
    found = np.empty((n, vectors.shape[1]), dtype=np.float32)
    for part in (slice(start, start + BLOCK) for start in range(0, n, BLOCK)):
        found[part] = unit(vectors[part if rows is None else rows[part]], of=vectors)
    return found


def without_direction(vectors: Float[np.ndarray, "*n d"]) -> Bool[np.ndarray, "*n"]:
    """Which rows are zero or hold a number that is not finite."""
    there = np.isfinite(vectors).all(axis=-1) & np.asarray(vectors).any(axis=-1)
    return np.logical_not(there)


def beyond_float32(vectors: Float[np.ndarray, "n d"]) -> Bool[np.ndarray, " n"]:
    """Which rows are finite, and too long or too short for float32 to hold."""
    if vectors.dtype.itemsize <= 4:
        return np.zeros(len(vectors), bool)
    largest, single = np.abs(vectors).max(axis=1, initial=0), np.finfo(np.float32)
    small = (largest > 0) & (largest < single.tiny)
    return np.isfinite(largest) & ((largest > single.max) | small)


def _no_direction(vectors: Any) -> str:
    rows = vectors.reshape(-1, vectors.shape[-1])
    parts = [without_direction(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK)]
    bad = np.concatenate(parts)
    row = int(np.argmax(bad))
    what = "not finite (NaN or infinity)" if rows[row].any() else "zero"
    return (
        f"Every vector needs a direction, but row {row} is {what} ({int(bad.sum())} of "
        f"{bad.size} rows in all); drop such rows or embed their items again."
    )


def unit_or_zero(
    differences: Float[np.ndarray, "*n d"], dtype: Any = np.float32
) -> Float[np.ndarray, "*n d"]:
    """Differences of unit vectors scaled to length one; those shorter than 1e-6 become 0.

    Centred rows and residuals may vanish: an item at the centre has no direction there, and its
    cosine with everything counts as 0.
    """
    lengths = np.linalg.norm(differences, axis=-1, keepdims=True)
    return (differences / np.where(lengths > 1e-6, lengths, np.inf)).astype(dtype)


def evenly_spaced(x: Shaped[np.ndarray, "n ..."], most: int) -> Shaped[np.ndarray, "m ..."]:
    """At most so many rows, evenly spaced from the first to the last."""
    return x[np.unique(np.linspace(0, len(x) - 1, min(len(x), most)).astype(int))]


def directions_holding(share: float, lengths: Float[np.ndarray, " r"]) -> int:
    """How many directions hold a share of the variance, by singular values, largest first."""
    held = np.cumsum(lengths**2) / max(float((lengths**2).sum()), 1e-300)
    return int(np.searchsorted(held, share)) + 1


def squared_distances(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n n"]:
    """Squared Euclidean distances between all rows; rounding may leave some a little below 0."""
    square = (x**2).sum(axis=1)
    return square[:, None] + square - 2 * x @ x.T


def blocks(vectors: Vectors, size: int = BLOCK) -> Iterator[tuple[int, Vectors]]:
    """Yield (start, rows) in order, each block copied to float32 into one reused buffer.

    The buffer is overwritten by the next block: copy what must be kept.
    """
    buffer = np.empty((min(size, len(vectors)), vectors.shape[1]), dtype=np.float32)
    for start in range(0, len(vectors), size):
        rows = vectors[start : start + size]
        np.copyto(buffer[: len(rows)], rows, casting="same_kind")
        yield start, buffer[: len(rows)]


def scratch(shape: tuple[int, ...], dtype: Any, many: int = 1) -> np.ndarray:
    """An array to be filled: in memory, or in a file without a name if ``many`` such are large."""
    if many * np.prod(shape, dtype=float) * np.dtype(dtype).itemsize <= IN_MEMORY:
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype=dtype, mode="w+", shape=shape)


def pieces(array: np.ndarray, size: int = 1 << 24) -> Iterator[memoryview]:
    """The bytes of an array in C order, some ``size`` at a time: a file's never all in memory."""
    rows = np.atleast_1d(array)
    step = max(1, size // max(1, rows[:1].nbytes))
    for start in range(0, len(rows), step):
        yield np.ascontiguousarray(rows[start : start + step]).reshape(-1).view(np.uint8).data


def give_back() -> None:
    """Give freed memory back to the system, where the C library (glibc) would keep it.

    Large arrays that are freed between small ones stay with the process otherwise: 250 MB after
    the measures of a study.
    """
    import ctypes

    with suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def fingerprint(*parts: Any) -> str:
    """Sixteen hexadecimal digits that change when any part changes.

    Arrays count with dtype, shape and bytes; everything else as canonical JSON.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            for rows in pieces(part):
                digest.update(rows)
        elif isinstance(part, bytes):
            digest.update(part)
        else:
            digest.update(json.dumps(part, sort_keys=True, separators=(",", ":")).encode())
        digest.update(b"\x00")
    return digest.hexdigest()[:16]
