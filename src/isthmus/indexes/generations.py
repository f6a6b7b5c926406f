"""An index on the disk: one file of vectors and one table a modality, named by ``index.json``.

A new generation is written beside the old one and named at the end, in one step: a reader sees
the one or the other, and a kill leaves the old one whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import Vectors, fingerprint
from isthmus.indexes.backgrounds import Background, background
from isthmus.records import dataclass
from isthmus.store import (
    MARKER,
    atomic,
    read_json,
    read_table,
    read_tensors,
    sweep,
    write_json,
    write_table,
    write_tensors,
)
from isthmus.types import Count, Inside, RequestError, Space, conform

INDEX = "index.json"
FORMAT = 1
WORK = "work"
"""Folder of what is being encoded."""
OWN = (INDEX, "contents.json", ".lock", MARKER, WORK)
"""What else an index keeps in its folder."""


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


@dataclass(frozen=True, eq=False)
class IndexPart:
    """The items of one modality."""

    modality: str
    encoder: str
    vectors: Vectors
    """(n, d) unit vectors, mapped."""
    files: Sequence[str]
    hashes: Sequence[str]
    background: Background


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
    """The items of one modality, their vectors mapped.

    Raises:
        RequestError: a file is missing, cut short, or of another index.
    """
    try:
        vectors = np.load(folder / record.vectors, mmap_mode="r", allow_pickle=False)
        table = read_table(folder / record.table, ["file", "hash"])
        arrays, _ = read_tensors(folder / record.background)
        held = Background(arrays["mean"], arrays["covariance"])
        sizes = {record.count, len(vectors), len(table["file"])}
        if len(sizes) > 1 or vectors.ndim != 2 or held.covariance.shape != 2 * vectors.shape[1:]:
            raise ValueError(f"{len(vectors):,} vectors and {len(table['file']):,} files")
    except (OSError, ValueError, KeyError, RequestError) as error:
        raise RequestError(
            f"The index {folder} is damaged where its {modality} items are ({error}): run isthmus "
            "index again, which makes again what is missing."
        ) from error
    return IndexPart(modality, record.encoder, vectors, table["file"], table["hash"], held)


def write_part(
    folder: Path, modality: str, encoder: tuple[str, str], rows: Sequence[tuple[str, str]],
    vectors: Iterable[np.ndarray], dim: int,
) -> PartRecord:  # fmt: skip
    """Write the vectors and the table of one modality; what is there already stays.

    Args:
        folder: of the index.
        modality: of the items.
        encoder: its hash, and what it does.
        rows: file and content hash of each item.
        vectors: blocks of unit vectors, in the order of the rows.
        dim: coordinates.
    """
    stem = f"{modality}-{fingerprint(encoder[0], list(rows))[:16]}"
    names = (f"{stem}.npy", f"{stem}.parquet", f"{stem}.safetensors")
    record = PartRecord(*encoder, *names, len(rows))
    with atomic(folder / record.vectors) as path, path.open("wb") as file:
        shape = {"descr": "<f4", "fortran_order": False, "shape": (len(rows), dim)}
        np.lib.format.write_array_header_1_0(file, shape)
        for block in vectors:
            file.write(np.ascontiguousarray(block, "<f4").tobytes())
    files, hashes = ([row[k] for row in rows] for k in (0, 1))
    write_table(folder / record.table, {"file": files, "hash": hashes})
    found = background(np.load(folder / record.vectors, mmap_mode="r"))
    arrays = {"mean": found.mean, "covariance": found.covariance}
    write_tensors(folder / record.background, arrays, {"items": str(len(rows))})
    return record


def write_record(folder: Path, record: IndexRecord) -> None:
    """Name a new generation, and remove what is of none."""
    write_json(folder / INDEX, asdict(record))
    named = {record.odds, *(name for one in record.parts.values() for name in _files(one))}
    sweep(folder)
    for path in folder.iterdir():
        own = path.name in OWN or path.name in named
        if not own and path.is_file() and path.suffix in (".npy", ".parquet", ".safetensors"):
            path.unlink()


def _files(record: PartRecord) -> tuple[str, ...]:
    return record.vectors, record.table, record.background


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
