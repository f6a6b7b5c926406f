"""Where the vectors of an index stand, with file and content hash of each: plain files, or Lance.

Plain files are one array that is mapped and one table; Lance is one data set that other tools read,
too, and that reads any rows of a file larger than memory. Both give the same numbers.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.indexes.exact import Rows
from isthmus.indexes.layout import Stores
from isthmus.records import dataclass
from isthmus.store import atomic, read_table, write_table
from isthmus.types import ExtraMissingError


@dataclass(frozen=True, eq=False)
class Stream:
    """Items that are written, a block at a time."""

    rows: Sequence[tuple[str, str]]
    """File and content hash of each."""
    blocks: Iterable[np.ndarray]
    """Their unit vectors, in the same order."""
    dim: int


@dataclass(frozen=True, eq=False)
class Held:
    """Items that stand in a store."""

    vectors: Rows
    """(n, d) unit vectors, read when they are asked for."""
    files: Sequence[str]
    hashes: Sequence[str]


@dataclass(frozen=True)
class Store:
    """One way to keep items."""

    write: Callable[[Path, str, Stream], tuple[str, str]]
    """Into a folder, by a stem; the names of what holds the vectors, and the files and hashes."""
    read: Callable[[Path, Path], Held]
    """Of both paths; raises ValueError or OSError where they are damaged."""


def _write_files(folder: Path, stem: str, items: Stream) -> tuple[str, str]:
    names = f"{stem}.npy", f"{stem}.parquet"
    with atomic(folder / names[0]) as path, path.open("wb") as file:
        shape = {"descr": "<f4", "fortran_order": False, "shape": (len(items.rows), items.dim)}
        np.lib.format.write_array_header_1_0(file, shape)
        for block in items.blocks:
            file.write(np.ascontiguousarray(block, "<f4").tobytes())
    files, hashes = ([row[k] for row in items.rows] for k in (0, 1))
    write_table(folder / names[1], {"file": files, "hash": hashes})
    return names


def _read_files(vectors: Path, table: Path) -> Held:
    found = read_table(table, ["file", "hash"])
    return Held(np.load(vectors, mmap_mode="r", allow_pickle=False), found["file"], found["hash"])


def _lance() -> Any:
    try:
        import lance
    except ImportError as error:
        raise ExtraMissingError("lance", "lance") from error
    return lance


def _write_lance(folder: Path, stem: str, items: Stream) -> tuple[str, str]:
    lance = _lance()
    import pyarrow as pa

    name = f"{stem}.lance"
    kind = pa.list_(pa.float32(), items.dim)
    schema = pa.schema([("file", pa.string()), ("hash", pa.string()), ("vector", kind)])

    def batches() -> Iterable[Any]:
        start = 0
        for block in items.blocks:
            files, hashes = zip(*items.rows[start : start + len(block)], strict=True)
            flat = pa.array(np.ascontiguousarray(block, np.float32).ravel())
            vectors = pa.FixedSizeListArray.from_arrays(flat, items.dim)
            columns = [pa.array(files), pa.array(hashes), vectors]
            yield pa.record_batch(columns, schema=schema)
            start += len(block)

    prefix = f".{name}.isthmus-{os.getpid()}-"
    with tempfile.TemporaryDirectory(dir=folder, prefix=prefix) as parent:
        part = Path(parent) / "new"
        lance.write_dataset(pa.RecordBatchReader.from_batches(schema, batches()), str(part))
        if (folder / name).exists():
            (folder / name).rename(Path(parent) / "old")
        part.rename(folder / name)
    return name, name


def _read_lance(vectors: Path, _: Path) -> Held:
    if not vectors.is_dir():
        raise ValueError(f"{vectors.name} is missing")
    found = _lance().dataset(str(vectors))
    size = found.schema.field("vector").type.list_size
    table = found.to_table(columns=["file", "hash"])
    held = LanceRows(found, (found.count_rows(), size))
    held[-1:]  # a data set names its files, and reads them when they are asked for
    return Held(held, table["file"].to_pylist(), table["hash"].to_pylist())


@dataclass(frozen=True, eq=False)
class LanceRows:
    """The vectors of a Lance data set, as an array that is read by parts."""

    dataset: Any
    shape: tuple[int, ...]
    ndim = 2

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any, /) -> np.ndarray:
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return self._array(self.dataset.to_table(
                    columns=["vector"], offset=start, limit=max(stop - start, 0)))  # fmt: skip
            key = np.arange(start, stop, step)
        rows = np.asarray(key)
        if rows.ndim == 0:
            return self[rows[None]][0]
        different, places = np.unique(rows, return_inverse=True)
        return self._array(self.dataset.take(different.tolist(), columns=["vector"]))[places]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or np.float32, copy=False)

    def _array(self, table: Any) -> np.ndarray:
        flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return flat.reshape(-1, self.shape[1])


STORES: dict[str, Store] = {
    "files": Store(_write_files, _read_files),
    "lance": Store(_write_lance, _read_lance),
}


def check_store(store: Stores) -> None:
    """Refuse at once what cannot be done at the end.

    Raises:
        ExtraMissingError: Lance is wanted, and is not installed.
    """
    if store == "lance":
        _lance()
