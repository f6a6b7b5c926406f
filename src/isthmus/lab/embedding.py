"""Items become sets of vectors: in memory, or kept in a folder and resumed."""

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from isthmus.arrays import Vectors, fingerprint
from isthmus.engine.content_index import ContentIndex
from isthmus.engine.jobs import JobOptions, bar, run_job
from isthmus.engine.manifest import Line
from isthmus.engine.shards import at_once, embed_shard
from isthmus.engine.tasks import Fragment
from isthmus.lab.loading import load
from isthmus.read import spoken
from isthmus.read.recognise import is_file, is_file_name, modality_of
from isthmus.records import amount, dataclass, short
from isthmus.store import parse_json, read_tensors, readable, write_tensors
from isthmus.types import (
    EmbeddingSet,
    Encoder,
    Items,
    Named,
    NothingLeftError,
    RequestError,
    Step,
    World,
    conform,
)
from isthmus.version import __version__

Space: TypeAlias = str | Mapping[str, Encoder] | Encoder
"""A space by its name, what ``load`` gave, or one encoder of it."""


@dataclass(frozen=True)
class JobReport:
    """What a job did: the set, and how much of it was computed now."""

    embedded: EmbeddingSet
    faults: dict[str, str]
    encoded: int
    """Items encoded in this run; those that failed are none."""
    reused: int
    """Items whose fragment was there already."""


def embed_into(
    folder: Path, encoder: Encoder, items: Items, options: JobOptions | None = None
) -> JobReport:
    """Embed items into a folder, skipping every shard that is there already.

    The result is byte-equal whether or not the job was interrupted.

    Raises:
        RequestError: another job is writing to the folder, it holds vectors of another space or of
            none of these items, or the disk is full (what is done stays done).
        NothingLeftError: not one item could be encoded.
    """
    options = options or JobOptions()
    job = run_job(folder, EmbedTask(encoder, options.batch_size), items, options)
    new, kept = len(set(job.new) - set(job.faults)), len(items) - len(job.new)
    return JobReport(_as_set(encoder, job.fragments), job.faults, new, kept)


@dataclass(frozen=True, eq=False)
class EmbedTask:
    """Shards of items as safetensors files of their vectors."""

    encoder: Encoder
    batch_size: int = 0

    @property
    def what(self) -> str:
        """What the items are called on the progress bar."""
        return f"{self.encoder.modality} items"

    def accept(self, folder: Path, done: Sequence[Line], items: Items) -> None:
        """Refuse to replace the vectors of another space, or of other items."""
        space = self.encoder.space
        spaces = {line.space for line in done} - {"", space.name}
        weights = {line.about.get("space", space.id) for line in done if line.space}
        if spaces:
            held = f"vectors of the space {min(spaces)}, not of {space.name}"
        elif weights - {space.id}:
            held = f"vectors of other weights or preprocessing of the space {space.name}"
        else:
            wanted, there = set(items.ids), set[str]()
            for line in done:
                ids = self.read(folder, line).ids if line.whole(folder) else ()
                there |= {*ids, *line.faults}
                if not wanted.isdisjoint(there):
                    return
            if not there:  # what was done is lost: nothing is replaced
                return
            held = f"vectors of other {items.modality} items, such as {min(there)!r}"
        raise RequestError(
            f"{folder} holds {held}: choose another folder, or delete this one first."
        )

    def name(self, _shard: Items) -> str:
        """A shard is known by its number."""
        return ""

    def fingerprint(self, shard: Items, contents: ContentIndex) -> str:
        """Of model, weights, preprocessing, version, batch size, ids and contents."""
        names = list(zip(shard.ids, contents.hashes(shard.payload), strict=True))
        batch = at_once(self.encoder, self.batch_size)
        encoder = self.encoder
        # the weights of a road, such as a head that reads renders, are no part of the space
        way = [getattr(encoder, name, "") for name in ("modality", "road", "preprocessing")]
        return fingerprint(encoder.space.id, *way, __version__, batch, names)

    def run(self, shard: Items, tick: Callable[[int], Any]) -> Fragment[Vectors]:
        """Encode the shard."""
        return embed_shard(self.encoder, shard, self.batch_size, tick)

    def write(self, folder: Path, fragment: Fragment[Vectors], line: Line) -> Line:
        """Keep the vectors with their ids."""
        stem = f"{self.encoder.modality}-{line.shard:06d}-{line.fingerprint}"
        file, ids = f"fragments/{stem}.safetensors", json.dumps(list(fragment.ids))
        write_tensors(folder / file, {"vectors": fragment.made}, {"ids": ids})
        space = self.encoder.space
        return replace(line, file=file, space=space.name, about={"space": space.id})

    def read(self, folder: Path, line: Line) -> Fragment[Vectors]:
        """The vectors, mapped."""
        arrays, meta = read_tensors(folder / line.file)
        ids = conform(tuple[str, ...], parse_json(meta["ids"], "ids"))
        return Fragment(arrays["vectors"], ids, line.faults)


def embed(
    space: Space,
    items: Any,
    *,
    modality: str = "",
    batch_size: int = 0,
    progress: bool = False,
) -> EmbeddingSet:
    """Embed items in memory: batching, progress, ids and history are done here, once.

    ``embed("mini", ["cat.jpg", "dog.jpg"])``, ``embed("mini", ["a cat", "a dog"])``.

    Args:
        space: a name as ``isthmus.load`` takes it, what it gave, or one encoder of it.
        items: a list, a mapping from ids to items, or ``Items``. A string is the path of a file if
            that is there or if it ends as such files do (it must be there then), else a text.
            Files are named by their paths as given, other items by the running number.
        modality: what the items are, instead of what they look like.
        batch_size: items encoded at once; 0 leaves it to the encoder.
        progress: show a bar on the terminal.

    Items that fail are skipped and named in the last step of the set's history, and logged.

    Raises:
        RequestError: items of several modalities (``embed_all`` takes these), of one that the space
            does not encode, a file that is not there, or one item instead of a list.
        NothingLeftError: not one of them could be encoded.
    """
    encoders = encoders_of(space)
    wanted = modality or (next(iter(encoders)) if len(encoders) == 1 else "")
    found = [items] if isinstance(items, Items) else _sorted_out(items, wanted)
    if len(found) > 1:
        counts = " and ".join(f"{len(some)} {some.modality}" for some in found)
        raise RequestError(
            f"One call embeds one modality, but these are {counts} items: isthmus.embed_all(space, "
            f"items) gives a set of each; modality={spoken()!r} takes every string as a text."
        )
    if modality and found[0].modality != modality:
        raise RequestError(f"These are {found[0].modality} items, not {modality} items.")
    return _embedded(encoders, found[0], batch_size, progress)


def embed_all(
    space: Space, items: Any, *, batch_size: int = 0, progress: bool = False
) -> dict[str, EmbeddingSet]:
    """Embed items of any modalities, or a world: always a mapping from modality to set.

    Args:
        space: as for ``embed``.
        items: a list or mapping, of which each item is recognised by itself as in ``embed``, or a
            world, of which everything is embedded that the space encodes.
        batch_size: items encoded at once; 0 leaves it to the encoder.
        progress: show a bar on the terminal.

    Raises:
        RequestError: nothing that the space encodes, or a file that is not there.
        NothingLeftError: of one modality not one item could be encoded.
    """
    encoders = encoders_of(space)
    if isinstance(items, World):
        found = [some for kind, some in items.items.items() if kind in encoders]
        found = found or [*items.items.values()][:1]  # which is refused by name
    else:
        found = [items] if isinstance(items, Items) else _sorted_out(items, "")
    return Named((some.modality, _embedded(encoders, some, batch_size, progress)) for some in found)


def encoders_of(space: Any) -> Mapping[str, Encoder]:
    """The encoders of a space by modality, however it is named."""
    if isinstance(space, str):
        return load(space)
    encoders = space if isinstance(space, Mapping) else {getattr(space, "modality", ""): space}
    if not encoders or not all(isinstance(one, Encoder) for one in encoders.values()):
        raise RequestError(
            f"A space is its name, what isthmus.load gave, or an encoder, not {short(space)}."
        )
    return encoders


def _sorted_out(items: Any, modality: str) -> list[Items]:
    """Items by modality, each with its id; of one given modality, or as they look."""
    given: Any = items  # no item of a list, or of no order, or a table by its columns
    one = isinstance(given, (str, bytes, os.PathLike, World, Set, EmbeddingSet))
    picture = isinstance(given, np.ndarray) and given.ndim == 3 and given.shape[2] in (3, 4)
    if one or picture or hasattr(given, "columns") or not isinstance(given, Iterable):
        raise RequestError(
            f"Items are a list, or a mapping from ids to items, not one {type(items).__name__}: of "
            f"one item write [{short(items)}], of a table its column; for a folder, "
            "isthmus.worlds.open_world(images=...); for a world, isthmus.embed_all."
        )
    named = isinstance(items, Mapping)
    pairs = items.items() if isinstance(items, Mapping) else enumerate(items)
    found: dict[str, tuple[list[str], list[Any]]] = {}
    for key, item in pairs:
        try:
            kind = modality or modality_of(item)
        except RequestError as error:
            raise RequestError(f"Item {short(key)}: {error}") from error
        if not modality and is_file(item):
            item = Path(item)  # a file of text is read, its name is not the text
        ids, payload = found.setdefault(kind, ([], []))
        name = os.fspath(item) if not named and is_file_name(item, kind) else str(key)
        ids.append(readable(name))
        payload.append(item)
    if not found:
        if not modality:
            raise NothingLeftError("There were no items to embed.")
        found[modality] = [], []
    return [Items(kind, tuple(ids), payload) for kind, (ids, payload) in found.items()]


def _embedded(
    encoders: Mapping[str, Encoder], items: Items, batch_size: int, progress: bool
) -> EmbeddingSet:
    encoder = encoders.get(items.modality)
    if encoder is None:
        takes = " and ".join(encoders)
        raise RequestError(
            f"This {'encoder' if len(encoders) == 1 else 'space'} takes {takes} items, but these "
            f"are {items.modality} items."
        )
    with bar(len(items), f"{encoder.modality} items", progress) as tick:
        return _as_set(encoder, [embed_shard(encoder, items, batch_size, tick)])


def _as_set(encoder: Encoder, fragments: Sequence[Fragment[Vectors]]) -> EmbeddingSet:
    """The set of what was encoded, with its history; refuses a job of which nothing is left."""
    ids = tuple(name for one in fragments for name in one.ids)
    faults = {name: why for one in fragments for name, why in one.faults.items()}
    if not ids:
        reason = next(iter(faults.values()), "there were no items")
        raise NothingLeftError(
            f"Not one {encoder.modality} item of {len(faults):,} was encoded: {reason}"
        )
    if faults:
        first, reason = next(iter(faults.items()))
        logging.getLogger("isthmus").warning(
            "Skipped %d of %s; the first is %r: %s",
            len(faults),
            amount(len(faults) + len(ids), f"{encoder.modality} item"),
            first,
            reason,
        )
    vectors = np.concatenate([np.asarray(one.made) for one in fragments])
    step = Step("encode", {"space": encoder.space.name, "faults": dict(faults)}, __version__)
    chosen = tuple(getattr(encoder, "selections", ()))
    return EmbeddingSet(vectors, ids, encoder.modality, encoder.space, (step,), chosen)
