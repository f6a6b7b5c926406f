"""Embedding jobs that survive anything: shard by shard, committed, resumed from the manifest.

A job folder holds ``fragments/`` (one safetensors file a shard), ``manifest.jsonl`` (one line a
shard: counts, faults by name, fingerprint) and ``contents.json`` (content hashes of files).
"""

import errno
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from isthmus import __version__
from isthmus.arrays import fingerprint
from isthmus.lab.contents import ContentIndex
from isthmus.lab.shards import Fragment, as_set, at_once, bar, embed_shard
from isthmus.store import atomic, read_tensors, write_tensors
from isthmus.types import EmbeddingSet, Encoder, Items, RequestError

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


@dataclass(frozen=True)
class Line:
    """One line of the manifest: what became of one shard."""

    shard: int
    fingerprint: str
    """Of model, weights, preprocessing, version, ids and contents."""
    file: str
    """Fragment, relative to the job's folder."""
    items: int
    vectors: int
    faults: dict[str, str] = field(default_factory=dict[str, str])


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
        RequestError: the disk is full (what is done stays done).
        NothingLeftError: not one item could be encoded.
    """
    options = options or JobOptions()
    manifest = folder / "manifest.jsonl"
    done = {line.shard: line for line in _read_manifest(manifest)}
    contents = ContentIndex(folder / "contents.json", options.rehash)
    lines: list[Line] = []
    encoded = 0
    try:
        _write_manifest(manifest, done.values())
        with bar(len(items), encoder.modality, options.progress) as tick:
            for number, shard in enumerate(_shards(items, options.shard_size)):
                mark = _mark(encoder, shard, contents, options)
                line = done.get(number)
                if line is None or line.fingerprint != mark or not (folder / line.file).exists():
                    fragment = embed_shard(encoder, shard, options.batch_size, tick)
                    line = _commit(folder, number, mark, encoder.modality, fragment)
                    encoded += len(shard)
                else:
                    tick(len(shard))
                lines.append(line)
        contents.save()
        _write_manifest(manifest, lines)
        _sweep(folder, lines)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise RequestError(
                f"The disk of {folder} is full. The {len(lines)} finished shards are kept: free "
                "some space and run the same command again to go on."
            ) from error
        raise
    faults = {name: reason for line in lines for name, reason in line.faults.items()}
    embedded = _gather(folder, lines, encoder, faults)
    return JobReport(embedded, faults, encoded, len(items) - encoded)


def _shards(items: Items, size: int) -> Iterator[Items]:
    for start in range(0, len(items), size):
        stop = start + size
        yield Items(items.modality, items.ids[start:stop], items.payload[start:stop])


def _mark(encoder: Encoder, shard: Items, contents: ContentIndex, options: JobOptions) -> str:
    names = list(zip(shard.ids, contents.hashes(shard.payload), strict=True))
    batch = at_once(encoder, options.batch_size)
    return fingerprint(encoder.space.id, encoder.modality, __version__, batch, names)


def _commit(folder: Path, number: int, mark: str, modality: str, fragment: Fragment) -> Line:
    file = f"fragments/{modality}-{number:06d}-{mark}.safetensors"
    ids = json.dumps(list(fragment.ids))
    write_tensors(folder / file, {"vectors": fragment.vectors}, {"ids": ids})
    vectors, faults = len(fragment.ids), fragment.faults
    line = Line(number, mark, file, vectors + len(faults), vectors, faults)
    with (folder / "manifest.jsonl").open("a", encoding="utf-8") as manifest:
        manifest.write(json.dumps(asdict(line), sort_keys=True) + "\n")
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


def _read_manifest(path: Path) -> list[Line]:
    """The whole lines of a manifest; a line cut by a kill is dropped."""
    lines: list[Line] = []
    content = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for text in content.splitlines():
        try:
            lines.append(Line(**json.loads(text)))
        except (ValueError, TypeError):
            continue
    return lines


def _write_manifest(path: Path, lines: Any) -> None:
    ordered = sorted(lines, key=lambda line: line.shard)
    with atomic(path) as part:
        text = "".join(json.dumps(asdict(line), sort_keys=True) + "\n" for line in ordered)
        part.write_text(text, encoding="utf-8")


def _sweep(folder: Path, lines: Sequence[Line]) -> None:
    """Remove fragments that no line names any more, and parts that a kill left behind."""
    wanted = {folder / line.file for line in lines}
    for path in (folder / "fragments").glob("*"):
        if path not in wanted:
            path.unlink()
    for part in folder.glob(".*.part"):
        part.unlink(missing_ok=True)
