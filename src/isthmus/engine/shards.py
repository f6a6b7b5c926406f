"""One shard of items becomes one fragment of vectors: the engine-free unit of work."""

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isthmus.arrays import Vector, Vectors
from isthmus.types import (
    EmbeddingSet,
    Encoder,
    ItemError,
    Items,
    NothingLeftError,
    RequestError,
    Step,
)
from isthmus.version import __version__

BATCH = 64
"""Items that an encoder gets at once, unless it asks for more or the user says otherwise."""


@dataclass(frozen=True, eq=False)
class Fragment:
    """Vectors of the items of a shard that could be encoded, and the faults of the others."""

    vectors: Vectors
    ids: tuple[str, ...]
    faults: dict[str, str]
    """Reason by id of each item that was skipped."""


def at_once(encoder: Encoder, asked: int = 0) -> int:
    """Items to give the encoder at once: those asked for, or as many as it can use.

    Text encoders sort what they get by length, which saves the more the more they get.
    """
    if asked < 0:
        raise RequestError(f"The batch size is 1 or more, or 0 for the encoder's own, not {asked}.")
    return asked or getattr(encoder, "batch", BATCH)


def embed_shard(
    encoder: Encoder, items: Items, batch_size: int = 0, tick: Callable[[int], Any] = int
) -> Fragment:
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
        except (ItemError, OSError) as error:
            faults[items.ids[row]] = str(error)
    return batch, faults


def _encode(encoder: Encoder, batch: Sequence[Any]) -> Iterable[Vector | str]:
    """A vector for each item, or the reason why it has none."""
    if not batch:
        return []
    try:
        vectors = encoder.encode(batch)
    except (ItemError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None and error.errno in _FATAL:
            raise
        if len(batch) == 1:
            return [str(error)]
        half = len(batch) // 2  # bisect, so that one bad item costs few repeated encodings
        return [*_encode(encoder, batch[:half]), *_encode(encoder, batch[half:])]
    finite = np.isfinite(vectors).all(axis=1) & (vectors != 0).any(axis=1)
    return [
        row if good else "The encoder gave a vector that is zero or not finite."
        for row, good in zip(vectors, finite, strict=True)
    ]


_FATAL = (28, 122)
"""No space left on the device, quota exceeded: faults of the job, not of an item."""


def embed(
    encoder: Encoder,
    items: Items | Sequence[Any],
    *,
    batch_size: int = 0,
    progress: bool = False,
) -> EmbeddingSet:
    """Embed items in memory: batching, progress, ids and history are done here, once.

    Args:
        encoder: from ``isthmus.load(name)[modality]``.
        items: ``Items`` with ids, or any sequence; paths are named by themselves, other items
            by the running number.
        batch_size: items encoded at once; 0 leaves it to the encoder.
        progress: show a bar on the terminal.

    Items that fail are skipped and named in the last step of the set's history, and logged.

    Raises:
        RequestError: the items are of another modality, or one item instead of a list.
        NothingLeftError: not one of them could be encoded.
    """
    if isinstance(items, (str, bytes, os.PathLike)):
        raise RequestError(
            f"Items are a list, not one {type(items).__name__}: write [{items!r}]; for a folder, "
            "isthmus.worlds.open_world(images=...)."
        )
    if not isinstance(items, Items):
        items = named(items, encoder.modality)
    if items.modality != encoder.modality:
        raise RequestError(
            f"This encoder takes {encoder.modality} items, but these are {items.modality} items."
        )
    with bar(len(items), encoder.modality, progress) as tick:
        fragment = embed_shard(encoder, items, batch_size, tick)
    return as_set(encoder, fragment.vectors, fragment.ids, fragment.faults)


def named(payload: Sequence[Any], modality: str) -> Items:
    """Items named by their path if they are paths, by the running number otherwise."""
    from pathlib import Path

    payload = list(payload)
    ids = [str(item) if isinstance(item, Path) else str(row) for row, item in enumerate(payload)]
    return Items(modality, tuple(ids), payload)


def as_set(
    encoder: Encoder, vectors: Vectors, ids: tuple[str, ...], faults: dict[str, str]
) -> EmbeddingSet:
    """The set of what was encoded, with its history; refuses a job of which nothing is left."""
    if not ids:
        reason = next(iter(faults.values()), "there were no items")
        raise NothingLeftError(
            f"Not one of {len(faults)} {encoder.modality} items was encoded: {reason}"
        )
    if faults:
        first, reason = next(iter(faults.items()))
        logging.getLogger("isthmus").warning(
            "%d of %d %s items were skipped; the first is %r: %s",
            len(faults),
            len(faults) + len(ids),
            encoder.modality,
            first,
            reason,
        )
    step = Step("encode", {"space": encoder.space.name, "faults": dict(faults)}, __version__)
    return EmbeddingSet(vectors, ids, encoder.modality, encoder.space, (step,))


def bar(total: int, what: str, show: bool) -> Any:
    """A progress bar as a context that gives the function to tick it with."""
    from contextlib import contextmanager

    from tqdm import tqdm

    @contextmanager
    def ticking() -> Any:
        with tqdm(total=total, desc=what, unit="item", disable=not show, leave=False) as line:
            yield line.update

    return ticking()
