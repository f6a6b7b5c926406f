"""An index on the disk: vectors and a table of each modality, named by ``index.json``.

A new generation is written beside the old one and named at the end, in one step: a reader sees
the one or the other, and a kill leaves the old one whole.
"""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, field, replace
from pathlib import Path
from typing import Any

from isthmus.arrays import fingerprint
from isthmus.indexes.backgrounds import Background, background
from isthmus.indexes.exact import Rows, Search, nearest
from isthmus.indexes.layout import Stores
from isthmus.indexes.lists.approximate import Prepared
from isthmus.indexes.searches import search_of
from isthmus.indexes.stores import STORES, Stream
from isthmus.records import dataclass
from isthmus.store import MARKER, read_json, read_tensors, sweep, write_json, write_tensors
from isthmus.types import Count, Inside, RequestError, Space, conform

INDEX = "index.json"
FORMAT = 1
WORK = "work"
"""Folder of what is being encoded."""
OWN = (INDEX, "contents.json", ".lock", MARKER, WORK)
"""What else an index keeps in its folder."""
SUFFIXES = (".npy", ".parquet", ".safetensors", ".lance", ".ivf")
"""Of what a generation is made of."""


@dataclass(frozen=True)
class PartRecord:
    """What ``index.json`` says of one modality."""

    encoder: str
    """Hash of all that decides a vector but the item: weights, road, preprocessing."""
    about: str
    """The road and what it does, for people."""
    vectors: Inside
    table: Inside
    background: Inside
    count: Count
    store: Stores = "files"
    lists: Prepared | None = None
    """Inverted lists, where the modality is searched by them."""


@dataclass(frozen=True)
class IndexRecord:
    """What ``index.json`` holds."""

    format: Count
    name: str
    """The space, as ``isthmus.load`` takes it."""
    folder: str
    """That was indexed."""
    space: dict[str, Any]
    parts: dict[str, PartRecord]
    """By modality."""
    skipped: dict[str, str]
    """What is no item, with its reason."""
    unread: dict[str, str]
    """Content hashes of the files among these that no encoder could read."""
    odds: Inside = ""
    """File of the odds of a match; empty without."""
    fair: dict[str, float] = field(default_factory=dict[str, float])
    """Added to the odds of each modality in a list of several."""


@dataclass(frozen=True, eq=False)
class IndexPart:
    """The items of one modality."""

    modality: str
    encoder: str
    vectors: Rows
    """(n, d) unit vectors, mapped or read by parts."""
    files: Sequence[str]
    hashes: Sequence[str]
    background: Background
    search: Search = nearest
    """How they are searched."""


def read_record(folder: Path) -> IndexRecord | None:
    """What the index of a folder is made of; None if there is none.

    Raises:
        RequestError: the file is damaged, or of a later isthmus.
    """
    path = folder / INDEX
    if not path.is_file():
        return None
    try:
        values = read_json(path)
        if isinstance(values, dict) and values.get("format", 0) > FORMAT:
            raise RequestError(f"{path} was written by a later isthmus: update isthmus to read it.")
        return conform(IndexRecord, values)
    except ValueError as error:
        raise RequestError(
            f"{path} is no index: {error}. Delete the folder, and index its files again."
        ) from None


def read_part(folder: Path, modality: str, record: PartRecord) -> IndexPart:
    """The items of one modality, their vectors mapped, to be searched exactly.

    Raises:
        RequestError: a file is missing, cut short, or of another index.
        ExtraMissingError: the package of their store is not installed.
    """
    try:
        items = STORES[record.store].read(folder / record.vectors, folder / record.table)
        arrays, _ = read_tensors(folder / record.background)
        held = Background(arrays["mean"], arrays["covariance"])
        shape, files = items.vectors.shape, items.files
        sizes = {record.count, shape[0], len(files)}
        if len(sizes) > 1 or len(shape) != 2 or held.covariance.shape != 2 * shape[1:]:
            raise ValueError(f"{shape[0]:,} vectors and {len(files):,} files")
    except (OSError, ValueError, KeyError, RequestError) as error:
        raise _damaged(folder, modality, error) from error
    return IndexPart(modality, record.encoder, items.vectors, files, items.hashes, held)


def open_part(folder: Path, modality: str, record: PartRecord) -> IndexPart:
    """The same, to be searched as the index says.

    Raises:
        RequestError: a file is missing, cut short, or of another index.
        ExtraMissingError: the package of their store is not installed.
    """
    part = read_part(folder, modality, record)
    try:
        return replace(part, search=search_of(folder, record.lists, part.vectors))
    except ValueError as error:
        raise _damaged(folder, modality, error) from error


def _damaged(folder: Path, modality: str, error: Exception) -> RequestError:
    return RequestError(
        f"The index {folder} is damaged where its {modality} items are ({error}): run isthmus "
        "index again, which makes again what is missing."
    )


def write_part(
    folder: Path, modality: str, encoder: tuple[str, str], items: Stream, store: Stores = "files"
) -> PartRecord:
    """Write the vectors and the table of one modality.

    Args:
        folder: of the index.
        modality: of the items.
        encoder: its hash, and what it does.
        items: in the order in which they are written.
        store: where they are kept.

    Raises:
        ExtraMissingError: the package of the store is not installed.
    """
    rows = list(items.rows)
    stem = f"{modality}-{fingerprint(encoder[0], rows)[:16]}"
    vectors, table = STORES[store].write(folder, stem, items)
    held = STORES[store].read(folder / vectors, folder / table)
    record = PartRecord(*encoder, vectors, table, f"{stem}.safetensors", len(rows), store)
    found = background(held.vectors)
    arrays = {"mean": found.mean, "covariance": found.covariance}
    write_tensors(folder / record.background, arrays, {"items": str(len(rows))})
    return record


def write_record(folder: Path, record: IndexRecord) -> None:
    """Name a new generation, and remove what is of none."""
    write_json(folder / INDEX, asdict(record))
    named = {record.odds, *(name for one in record.parts.values() for name in _files(one))}
    sweep(folder)
    for path in folder.iterdir():
        if path.name in OWN or path.name in named or path.suffix not in SUFFIXES:
            continue
        if path.is_file():
            path.unlink()
        elif path.suffix == ".lance" and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)


def _files(record: PartRecord) -> tuple[str, ...]:
    lists = record.lists.file if record.lists else ""
    return record.vectors, record.table, record.background, lists


def space_of(record: IndexRecord) -> Space:
    """The space that the vectors are of."""
    return conform(Space, record.space)


def space_values(space: Space) -> dict[str, Any]:
    """A space as plain JSON values."""
    return {
        "name": space.name,
        "id": space.id,
        "dim": space.dim,
        "scale": space.scale,
        "bias": space.bias,
    }
