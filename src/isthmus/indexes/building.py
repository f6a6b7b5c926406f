"""Build an index of a folder: only what is new is encoded, and a killed run goes on.

A file is known by its content. What the index holds already is not read again; what is new is cut
into shards, each committed as it is done, and at the end everything is written as one generation in
the order of the files' names, so that the bytes do not depend on what was killed or known.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, overload

import numpy as np

from isthmus.arrays import Vectors, evenly_spaced, fingerprint, unit
from isthmus.engine.content_index import ContentIndex
from isthmus.engine.jobs import JobOptions, alone, run_job
from isthmus.engine.retries import Without
from isthmus.engine.shards import at_once
from isthmus.engine.tasks import Fragment
from isthmus.indexes.fairness import balanced
from isthmus.indexes.files import Entry, by_modality, entries, wayless
from isthmus.indexes.generations import (
    FORMAT,
    WORK,
    IndexPart,
    IndexRecord,
    PartRecord,
    read_part,
    read_record,
    space_values,
    write_part,
    write_record,
)
from isthmus.indexes.index import Index, open_index, opened
from isthmus.indexes.layout import Layout
from isthmus.indexes.lists.trials import HELD_OUT
from isthmus.indexes.odds import odds_of, write_odds
from isthmus.indexes.rules import sentences_of, words_of
from isthmus.indexes.searches import SEARCHES, check_search, chosen
from isthmus.indexes.stores import Stream, check_store
from isthmus.lab.embedding import EmbedTask, encoders_of
from isthmus.lab.loading import lasting
from isthmus.read import spoken
from isthmus.records import dataclass
from isthmus.store import mark
from isthmus.types import (
    Encoder,
    ExtraMissingError,
    Items,
    NothingLeftError,
    RequestError,
    Space,
    World,
)
from isthmus.version import __version__

SHARD = 128
"""Files a shard: what is encoded again at most after a kill."""
CHANGED = "changed while it was read; index it again"


@dataclass(frozen=True, eq=False)
class BuildReport:
    """What was done."""

    index: Index
    encoded: Mapping[str, int]
    """Files encoded now, by modality."""
    kept: Mapping[str, int]
    """Files whose content was known."""

    @property
    def skipped(self) -> Mapping[str, str]:
        """What is no item, with its reason."""
        return self.index.skipped


def build(
    folder: str | Path,
    space: Any,
    out: str | Path,
    options: JobOptions | None = None,
    name: str = "",
    layout: Layout | None = None,
) -> BuildReport:
    """Index every file of a folder that the space has a way for.

    Args:
        folder: with files of any modality, and archives of such (.tar, .zip).
        space: a name as ``isthmus.load`` takes it, or what it gave.
        out: the index's own folder; one that is there is brought up to date.
        options: of the jobs; ``replace`` makes anew what is an index of another space.
        name: of the space, where that is what ``load`` gave.
        layout: how the index is kept, searched and ranked.

    Raises:
        RequestError: no such folder, nothing in it that can be indexed, an index of another space,
            another process that writes to it, or a full disk.
        NothingLeftError: not one file could be encoded.
        ExtraMissingError: Faiss or Lance is asked for, and is not installed.
    """
    folder, out = Path(folder), Path(out)
    options, layout = options or JobOptions(shard_size=SHARD), layout or Layout()
    _check(layout)
    encoders, (found, faults) = encoders_of(space), entries(folder, out)
    of_all = next(iter(encoders.values())).space
    name = lasting(name or (space if isinstance(space, str) else of_all.name))
    faults |= wayless(found, encoders, name)
    if not by_modality(found, encoders):
        raise RequestError(f"{folder} holds nothing to index: {_why(faults)}.")
    with alone(out, "index", options.wait):
        before = _before(out, encoders, options)
        mark(out, {"index": name})
        contents = ContentIndex(out / "contents.json", options.rehash)
        work = _Work(out, contents, options, before, layout)
        for modality, some in by_modality(found, encoders).items():
            faults |= work.tried(encoders[modality], some)
        contents.save()
        work.prepare(encoders)
        record = work.record(name, folder, of_all, faults)
        record = replace(record, odds=_odds(out, encoders, layout.odds, before, options))
        write_record(out, replace(record, fair=balanced(opened(out, record))))
        shutil.rmtree(out / WORK, ignore_errors=True)
    if not work.parts:
        why = _why({**faults, **work.faults})
        raise NothingLeftError(f"Nothing of {folder} could be encoded: {why}.")
    return BuildReport(open_index(out), work.encoded, work.kept)


def _check(layout: Layout) -> None:
    check_search(layout.search)
    check_store(layout.store)


def _odds(
    out: Path,
    encoders: Mapping[str, Encoder],
    world: World | None,
    before: IndexRecord | None,
    options: JobOptions,
) -> str:
    """The file of the odds: those of before, or of a world."""
    if world is None:
        return before.odds if before else ""
    return write_odds(out, odds_of(encoders, world, progress=options.progress))


def _why(faults: Mapping[str, str]) -> str:
    if not faults:
        return "it is empty"
    first = next(iter(faults))
    return f"all of {len(faults):,} files were left out; the first, {first}: {faults[first]}"


def _before(out: Path, encoders: Mapping[str, Encoder], options: JobOptions) -> IndexRecord | None:
    """The index that is there, if it is of this space."""
    if options.replace:
        return None
    record = read_record(out)
    space = next(iter(encoders.values())).space
    if record and record.space.get("id") != space.id:
        raise RequestError(
            f"{out} is an index of the space {record.name}, not of {space.name} with these "
            "weights: choose another folder, or delete this one first."
        )
    return record


@dataclass(frozen=True, eq=False)
class _Work:
    """One run over all modalities, and what it found."""

    out: Path
    contents: ContentIndex
    options: JobOptions
    before: IndexRecord | None
    layout: Layout
    parts: dict[str, PartRecord] = field(default_factory=dict[str, PartRecord])
    faults: dict[str, str] = field(default_factory=dict[str, str])
    unread: dict[str, str] = field(default_factory=dict[str, str])
    encoded: dict[str, int] = field(default_factory=dict[str, int])
    kept: dict[str, int] = field(default_factory=dict[str, int])

    def record(
        self, name: str, folder: Path, space: Space, faults: Mapping[str, str]
    ) -> IndexRecord:
        """What the index is made of now.

        Args:
            name: of the space, as it is loaded.
            folder: that was indexed.
            space: of all vectors.
            faults: of files that were never looked into.
        """
        return IndexRecord(
            format=FORMAT,
            name=name,
            folder=str(folder.resolve()),
            space=space_values(space),
            parts=self.parts,
            skipped=dict(sorted({**faults, **self.faults}.items())),
            unread=dict(sorted(self.unread.items())),
        )

    def tried(self, encoder: Encoder, some: Sequence[Entry]) -> dict[str, str]:
        """Add the files of one modality; the reason by file where its reader is not installed."""
        try:
            self.add(encoder, some)
        except ExtraMissingError as error:
            if self.before and encoder.modality in self.before.parts:
                raise  # nothing that the index holds is lost for that
            return {entry.file: str(error) for entry in some}
        return {}

    def add(self, encoder: Encoder, some: Sequence[Entry]) -> None:
        """The files of one modality."""
        modality, key = encoder.modality, _identity(encoder, self.options.batch_size)
        hashes = self.contents.hashes([entry.source for entry in some])
        held = self._held(modality, key)
        known = {name: row for row, name in enumerate(held.hashes)} if held else {}
        broken = self._broken(known)
        fresh: dict[str, Entry] = {}
        for name, entry in zip(hashes, some, strict=True):
            if name in broken:
                self.faults[entry.file], self.unread[entry.file] = broken[name], name
            elif name not in known:
                fresh.setdefault(name, entry)
        made = self._encoded(encoder, key, fresh)
        rows = list[tuple[str, str]]()
        for name, entry in zip(hashes, some, strict=True):
            if name in known or name in made.rows:
                rows.append((entry.file, name))
            elif name not in broken:
                self.faults[entry.file] = why = made.faults[fresh[name].file]
                if why != CHANGED:
                    self.unread[entry.file] = name
        self.encoded[modality] = len(made.rows)
        self.kept[modality] = len(rows) - len(made.rows)
        if rows:
            about = "; ".join(
                filter(None, (getattr(encoder, "road", ""), getattr(encoder, "preprocessing", "")))
            )
            blocks = _blocks([name for _, name in rows], known, held, made)
            items = Stream(rows, blocks, encoder.space.dim)
            store = self.layout.store
            self.parts[modality] = write_part(self.out, modality, (key, about), items, store)

    def prepare(self, encoders: Mapping[str, Encoder]) -> None:
        """Write what a modality is searched by, tried on rows of all modalities and on words."""
        counts = {name: part.count for name, part in self.parts.items()}
        ways = chosen(self.layout.search, counts)
        if set(ways.values()) <= {"exact"}:
            return
        rows = {name: read_part(self.out, name, one).vectors for name, one in self.parts.items()}
        queries = dict[str, Vectors]()
        if spoken(encoders) in encoders:
            queries["words"] = evenly_spaced(words_of(encoders, []), HELD_OUT)
            queries["sentences"] = evenly_spaced(sentences_of(encoders), HELD_OUT)
        for name, some in rows.items():
            queries[name] = np.asarray(some[evenly_spaced(np.arange(len(some)), HELD_OUT)])
        for name, way in ways.items():
            others = {kind: some for kind, some in queries.items() if kind != name}
            stem = self.out / Path(self.parts[name].vectors).stem
            last = self.before.parts.get(name) if self.before else None
            lists = SEARCHES[way].prepare(stem, rows[name], others, last and last.lists)
            self.parts[name] = replace(self.parts[name], lists=lists)

    def _held(self, modality: str, key: str) -> IndexPart | None:
        """What the index has of this modality by the same encoder; None if it is damaged."""
        record = self.before.parts.get(modality) if self.before else None
        if record is None or record.encoder != key:
            return None
        try:
            return read_part(self.out, modality, record)
        except RequestError:
            return None

    def _broken(self, known: Mapping[str, int]) -> dict[str, str]:
        """Reasons by content hash of what could not be read before, and need not be tried again."""
        if self.before is None or not known:
            return {}
        pairs = self.before.unread.items()
        return {name: self.before.skipped.get(file, "") for file, name in pairs}

    def _encoded(self, encoder: Encoder, key: str, fresh: Mapping[str, Entry]) -> "_Made":
        files = [entry.file for entry in fresh.values()]
        if not files:
            return _Made({}, [], {})
        items = Items(encoder.modality, tuple(files), _Payload(list(fresh.values())))
        hashes = dict(zip(files, fresh, strict=True))
        task = IndexTask(encoder, self.options.batch_size, key, hashes)
        job = run_job(self.out / WORK / encoder.modality, task, items,
                      replace(self.options, replace=True))  # fmt: skip
        vectors = [fragment.made for fragment in job.fragments]
        places = ((hashes[file], (number, row)) for number, one in enumerate(job.fragments)
                  for row, file in enumerate(one.ids))  # fmt: skip
        return _Made(dict(places), vectors, job.faults)


@dataclass(frozen=True, eq=False)
class _Made:
    """What a job made: where the vector of each content is, and what could not be encoded."""

    rows: Mapping[str, tuple[int, int]]
    vectors: Sequence[np.ndarray]
    faults: Mapping[str, str]


def _identity(encoder: Encoder, batch_size: int) -> str:
    """Hash of all that decides a vector but the item."""
    way = [getattr(encoder, name, "") for name in ("modality", "road", "preprocessing")]
    return fingerprint(encoder.space.id, *way, __version__, at_once(encoder, batch_size))


def _blocks(
    names: Sequence[str], known: Mapping[str, int], held: IndexPart | None, made: _Made
) -> Iterator[np.ndarray]:
    """The vectors of contents, in order: those of the last generation and those made now."""
    for start in range(0, len(names), 1024):
        some = names[start : start + 1024]
        old = [row for row, name in enumerate(some) if name not in made.rows]
        found = dict[int, np.ndarray]()
        if old:
            assert held is not None
            there = np.asarray(held.vectors[np.array([known[some[row]] for row in old])])
            found = dict(zip(old, there, strict=True))
        for row, name in enumerate(some):
            if row not in found:
                number, place = made.rows[name]
                found[row] = unit(np.asarray(made.vectors[number][place : place + 1]))[0]
        yield np.stack([found[row] for row in range(len(some))])


class _Payload(Sequence[Any]):
    """Items of entries, made when they are asked for."""

    def __init__(self, some: Sequence[Entry]) -> None:
        self.some = some

    def __len__(self) -> int:
        return len(self.some)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> "_Payload": ...
    def __getitem__(self, index: int | slice) -> Any:
        return _Payload(self.some[index]) if isinstance(index, slice) else self.some[index].item


@dataclass(frozen=True, eq=False)
class IndexTask(EmbedTask):
    """Shards of files that are known by their contents already."""

    key: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Content hash by file."""

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "hashes": {}}  # of a million files, and ``run`` asks for none

    def fingerprint(self, shard: Items, contents: ContentIndex) -> str:
        """Of the encoder, the files and their contents."""
        return fingerprint(self.key, [(name, self.hashes[name]) for name in shard.ids])

    def run(self, shard: Items, tick: Callable[[int], Any]) -> Fragment[Vectors]:
        """Encode the shard; files that changed meanwhile are no items."""
        stamps = _stamps(shard)
        made = super().run(shard, tick)
        after = _stamps(shard)
        moved = {name for name in made.ids if stamps[name] != after[name]}
        if not moved:
            return made
        keep = [row for row, name in enumerate(made.ids) if name not in moved]
        ids = tuple(made.ids[row] for row in keep)
        return Fragment(made.made[keep], ids, made.faults | dict.fromkeys(sorted(moved), CHANGED))


def _stamps(shard: Items) -> dict[str, tuple[int, int]]:
    """Size and modification time of each file; of members those of their archive."""
    payload = shard.payload.payload if isinstance(shard.payload, Without) else shard.payload
    assert isinstance(payload, _Payload)
    found = dict[str, tuple[int, int]]()
    for name, entry in zip(shard.ids, payload.some, strict=True):
        source = entry.source
        path = source if isinstance(source, Path) else getattr(source, "tar", None)
        path = path or getattr(source, "archive", None)
        try:
            stat = Path(path).stat() if path else None
        except OSError:
            stat = None
        found[name] = (stat.st_size, stat.st_mtime_ns) if stat else (-1, -1)
    return found
