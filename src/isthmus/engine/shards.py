"""One shard of items becomes vectors, batch by batch; what fails is named and skipped."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from isthmus.arrays import Vector, Vectors
from isthmus.engine.tasks import Fragment
from isthmus.types import Encoder, Items, RequestError, check_kind, reason

BATCH = 64
"""Items that an encoder gets at once, unless it asks for more or the user says otherwise."""


def at_once(encoder: Encoder, batch_size: int = 0) -> int:
    """Items to give the encoder at once: those asked for, or as many as it can use.

    Text encoders sort what they get by length, which saves the more the more they get.
    """
    check_kind(batch_size, int, "A batch size is a whole number")
    if batch_size < 0:
        raise RequestError(
            f"The batch size is 1 or more, or 0 for the encoder's own, not {batch_size!r}."
        )
    return batch_size or getattr(encoder, "batch", BATCH)


def embed_shard(
    encoder: Encoder, items: Items, batch_size: int = 0, tick: Callable[[int], Any] = int
) -> Fragment[Vectors]:
    """Encode a shard batch by batch; an item that fails is named, counted and skipped.

    Batches are cut inside the shard only, so that a shard gives the same bytes whatever was
    embedded before it. ``tick`` is told how many items are done.
    """
    parts: list[Vector] = []
    kept: list[str] = []
    faults: dict[str, str] = {}
    batch_size = at_once(encoder, batch_size)
    for start in range(0, len(items), batch_size):
        ids = items.ids[start : start + batch_size]
        batch, unread = _gather(items, start, batch_size)
        faults |= unread
        names = [name for name in ids if name not in unread]
        for name, vector in zip(names, _encode(encoder, batch), strict=True):
            if isinstance(vector, str):
                faults[name] = vector
            else:
                parts.append(vector)
                kept.append(name)
        tick(len(ids))
    empty = np.empty((0, encoder.space.dim), np.float32)
    vectors = np.stack(parts).astype(np.float32) if parts else empty
    return Fragment(vectors, tuple(kept), faults)


def _gather(items: Items, start: int, size: int) -> tuple[list[Any], dict[str, str]]:
    """The payload of a batch; items whose payload cannot be made are faults."""
    batch: list[Any] = []
    faults: dict[str, str] = {}
    for row in range(start, min(start + size, len(items))):
        try:
            item = items.payload[row]
            if isinstance(item, str):
                item.encode()  # half of a surrogate pair is no text
            batch.append(item)
        except UnicodeEncodeError as error:
            faults[items.ids[row]] = f"The text is not valid Unicode ({error.reason})."
        except BaseException as error:
            faults[items.ids[row]] = reason(error)
    return batch, faults


def _encode(encoder: Encoder, batch: Sequence[Any]) -> Iterable[Vector | str]:
    """A vector for each item, or the reason why it has none."""
    if not batch:
        return []
    try:
        vectors = encoder.encode(batch)
    except BaseException as error:
        why = reason(error)
        if len(batch) == 1:
            return [why]
        half = len(batch) // 2  # bisect, so that one bad item costs few repeated encodings
        return [*_encode(encoder, batch[:half]), *_encode(encoder, batch[half:])]
    finite = np.isfinite(vectors).all(axis=1) & (vectors != 0).any(axis=1)
    return [
        row if good else "The encoder gave a vector that is zero or not finite."
        for row, good in zip(vectors, finite, strict=True)
    ]
