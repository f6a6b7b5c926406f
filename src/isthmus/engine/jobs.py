"""Embedding jobs that survive anything: shard by shard, committed, resumed from the manifest.

A job folder holds ``fragments/`` (one safetensors file a shard), ``manifest.jsonl`` (one line a
shard: counts, faults by name, fingerprint) and ``contents.json`` (content hashes of files).
"""

import errno
import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.engine.content_index import ContentIndex, file_digest
from isthmus.engine.manifest import Line, append_line, read_manifest, write_manifest
from isthmus.engine.shards import Fragment, as_set, at_once, bar, embed_shard
from isthmus.store import read_tensors, write_tensors
from isthmus.types import EmbeddingSet, Encoder, Items, RequestError
from isthmus.version import __version__

SHARD = 512
"""Items a shard: what is computed again at most after a kill."""


@dataclass(frozen=True)
class JobOptions:
    """How a job runs; only ``shard_size`` and ``batch_size`` may change its bytes."""

    batch_size: int = 0
    """Items encoded at once; 0 leaves it to the encoder."""
    shard_size: int = SHARD
    rehash: bool = False
    """Read every file again, whatever size and modification time say."""
    progress: bool = False
    replace: bool = False
    """Replace vectors of another space or of other items, instead of refusing."""

    def __post_init__(self) -> None:
        if self.batch_size < 0 or self.shard_size < 1:
            raise RequestError(
                f"A job takes a batch size of 1 or more (0 leaves it to the encoder) and a shard "
                f"size of 1 or more, not {self.batch_size} and {self.shard_size}."
            )


@dataclass(frozen=True)
class JobReport:
    """What a job did: the set, and how much of it was computed now."""

    embedded: EmbeddingSet
    faults: dict[str, str]
    encoded: int
    """Items encoded in this run."""
    reused: int
    """Items whose fragment was there already."""


def embed_into(
    folder: Path, encoder: Encoder, items: Items, options: JobOptions | None = None
) -> JobReport:
    """Embed items into a folder, skipping every shard that is there already.

    The result is byte-equal whether or not the job was interrupted: a shard's fragment depends
    on its own items only, and the manifest is sorted at the end.

    Raises:
        RequestError: another job is writing to the folder, it holds vectors of another space or of
            none of these items, or the disk is full (what is done stays done).
        NothingLeftError: not one item could be encoded.
    """
    options = options or JobOptions()
    with _room(folder), _alone(folder):
        return _embed_into(folder, encoder, items, options)


def _embed_into(folder: Path, encoder: Encoder, items: Items, options: JobOptions) -> JobReport:
    manifest = folder / "manifest.jsonl"
    done = {line.shard: line for line in read_manifest(manifest)}
    if not options.replace:
        _same_job(folder, list(done.values()), encoder, items)
    contents = ContentIndex(folder / "contents.json", options.rehash)
    lines: list[Line] = []
    encoded = 0
    write_manifest(manifest, done.values())
    with bar(len(items), encoder.modality, options.progress) as tick:
        for number, shard in enumerate(_shards(items, options.shard_size)):
            mark = _mark(encoder, shard, contents, options)
            line = done.get(number)
            if line is None or line.fingerprint != mark or not line.whole(folder):
                fragment = embed_shard(encoder, shard, options.batch_size, tick)
                line = _commit(folder, number, mark, encoder, fragment)
                encoded += len(shard)
            else:
                tick(len(shard))
            lines.append(line)
    contents.save()
    beyond = [line for number, line in done.items() if number >= len(lines) and not options.replace]
    write_manifest(manifest, [*lines, *beyond])
    _sweep(folder, [*lines, *beyond])
    faults = {name: reason for line in lines for name, reason in line.faults.items()}
    embedded = _gather(folder, lines, encoder, faults)
    return JobReport(embedded, faults, encoded, len(items) - encoded)


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """No other job writes to the folder meanwhile; the system lets go of a killed job's lock."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise RequestError(
            f"Another job is writing to {folder}: wait until it is done, or choose another folder."
        ) from None


@contextmanager
def _room(folder: Path) -> Generator[None]:
    """A full disk in one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        kept = len(read_manifest(folder / "manifest.jsonl"))
        raise RequestError(
            f"The disk of {folder} is full. The {kept} finished shards are kept: free some space "
            "and run the same command again to go on."
        ) from error


def _same_job(folder: Path, done: Sequence[Line], encoder: Encoder, items: Items) -> None:
    """Refuse to replace the vectors of another space, or of other items."""
    spaces = {line.space for line in done} - {""}
    if spaces - {encoder.space.name}:
        held = f"vectors of the space {min(spaces)}, not of {encoder.space.name}"
    else:
        wanted, there = set(items.ids), set[str]()
        for line in done:
            there |= line.ids(folder)
            if not wanted.isdisjoint(there):
                return
        if not there:  # what was done is lost: nothing is replaced
            return
        held = f"vectors of other {items.modality} items, such as {min(there)!r}"
    raise RequestError(f"{folder} holds {held}: choose another folder, or delete this one first.")


def _shards(items: Items, size: int) -> Iterator[Items]:
    for start in range(0, len(items), size):
        stop = start + size
        yield Items(items.modality, items.ids[start:stop], items.payload[start:stop])


def _mark(encoder: Encoder, shard: Items, contents: ContentIndex, options: JobOptions) -> str:
    names = list(zip(shard.ids, contents.hashes(shard.payload), strict=True))
    batch = at_once(encoder, options.batch_size)
    return fingerprint(encoder.space.id, encoder.modality, __version__, batch, names)


def _commit(folder: Path, number: int, mark: str, encoder: Encoder, fragment: Fragment) -> Line:
    file = f"fragments/{encoder.modality}-{number:06d}-{mark}.safetensors"
    ids = json.dumps(list(fragment.ids))
    write_tensors(folder / file, {"vectors": fragment.vectors}, {"ids": ids})
    vectors, faults = len(fragment.ids), fragment.faults
    total, space = vectors + len(faults), encoder.space.name
    content = file_digest(folder / file)
    line = Line(number, mark, file, total, vectors, faults, space, content)
    append_line(folder / "manifest.jsonl", line)
    return line


def _gather(
    folder: Path, lines: Sequence[Line], encoder: Encoder, faults: dict[str, str]
) -> EmbeddingSet:
    parts: list[np.ndarray] = [np.empty((0, encoder.space.dim), np.float32)]
    ids: list[str] = []
    for line in lines:
        arrays, meta = read_tensors(folder / line.file)
        parts.append(np.asarray(arrays["vectors"]))
        ids += json.loads(meta["ids"])
    return as_set(encoder, np.concatenate(parts), tuple(ids), faults)


def _sweep(folder: Path, lines: Sequence[Line]) -> None:
    """Remove fragments that no line names any more, and parts that a kill left behind.

    Shards beyond the last of this run stay: fewer items now may be all of them again next time.
    """
    wanted = {folder / line.file for line in lines}
    for path in (folder / "fragments").glob("*"):
        if path not in wanted:
            path.unlink()
    for part in folder.glob(".*.part"):
        part.unlink(missing_ok=True)
