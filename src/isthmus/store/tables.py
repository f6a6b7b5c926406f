"""Tables in Parquet files, as plain dicts of columns."""

import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from arro3.core import (
    Array,
    DataType,
    Table,
    fixed_size_list_array,
    list_array,
    list_flatten,
    list_offsets,
)
from arro3.io import read_parquet, write_parquet

from isthmus.store.files import atomic

Column = Sequence[Any] | np.ndarray
"""Values of one column; None where one is missing."""


class Columns(dict[str, Any]):
    """A table: columns by name, all of one length.

    ``pandas.DataFrame(columns)``, ``polars.DataFrame(columns)``, ``pyarrow.table(columns)`` and
    whatever else takes a dict of columns or an Arrow stream.
    """

    def __repr__(self) -> str:
        rows = len(next(iter(self.values()), ()))
        return f"Columns({rows} rows of {', '.join([*self][:8])}{', ...' if len(self) > 8 else ''})"

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Arrow's stream of this table; vectors become lists of one fixed size."""
        return _arrow(self).__arrow_c_stream__(requested_schema)


def _arrow(columns: Mapping[str, Column]) -> Table:
    return Table({name: _column(column) for name, column in columns.items()})


def write_table(path: Path, columns: Mapping[str, Column]) -> None:
    """Write columns of equal length (text, bytes, numbers, or lists of text), atomically.

    Raises:
        ValueError: columns differ in length.
    """
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"The columns of a table need one length, but these have {lengths}.")
    table = _arrow(columns)
    with atomic(path) as part:
        write_parquet(table, part, compression="zstd(3)")


def _column(values: Column) -> Any:
    if isinstance(values, np.ndarray):
        return Array(np.ascontiguousarray(values))
    first = next((value for value in values if value is not None), "")
    if isinstance(first, np.ndarray):
        flat = np.stack([*values]).ravel()
        return fixed_size_list_array(Array(flat), len(first))
    if isinstance(first, (list, tuple)):
        lists = [list(value or ()) for value in values]
        ends = np.cumsum([0, *map(len, lists)]).astype(np.int32)
        flat = Array([item for value in lists for item in value], DataType.string())
        return list_array(Array(ends), flat)
    kinds = {str: DataType.string, bytes: DataType.binary, bool: DataType.bool, int: DataType.int64}
    of_kind = (make for kind, make in kinds.items() if isinstance(first, kind))
    return Array(list(values), next(of_kind, DataType.float64)())


def read_table(path: Path, columns: Sequence[str] | None = None) -> dict[str, list[Any]]:
    """Columns of a Parquet file as lists, all of them or the named ones.

    Raises:
        ValueError: the file is not whole Parquet, or lacks a named column.
    """
    table = _open(path)
    if columns is not None and (
        missing := [name for name in columns if name not in table.column_names]
    ):
        raise ValueError(f"{path} has no column {missing[0]!r}; it has {table.column_names}.")
    return {name: table[name].to_pylist() for name in columns or table.column_names}


def read_vectors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, list[Any]]]:
    """Columns of number lists as (n, d) arrays, and every other column as a list.

    Columns x0, x1, ... of one number each are the coordinates of an array called "".

    Raises:
        ValueError: the file is not whole Parquet, or the lists of a column differ in length or
            are missing.
    """
    table = _open(path)
    coordinates = _coordinates(table)
    arrays: dict[str, np.ndarray] = {}
    if coordinates:
        arrays[""] = np.column_stack([table[name].to_numpy() for name in coordinates])
    others = {name: table[name] for name in table.column_names if name not in coordinates}
    lists = [name for name, column in others.items() if _holds_vectors(column.type)]
    arrays |= {name: _vectors(f"{path}: column {name!r}", others.pop(name)) for name in lists}
    return arrays, {name: column.to_pylist() for name, column in others.items()}


def _holds_vectors(kind: Any) -> bool:
    lists = (DataType.is_list, DataType.is_large_list, DataType.is_fixed_size_list)
    return any(is_kind(kind) for is_kind in lists) and DataType.is_floating(kind.value_type)


def _coordinates(table: Any) -> list[str]:
    names: list[str] = []
    while (name := f"x{len(names)}") in table.column_names:
        if not DataType.is_floating(table[name].type):
            return []
        names.append(name)
    return names


def _vectors(name: str, column: Any) -> np.ndarray:
    parts: list[np.ndarray] = []
    for chunk in column.chunks:
        if chunk.null_count:
            raise ValueError(f"{name} has {chunk.null_count} rows without a vector; drop them.")
        flat = list_flatten(chunk).to_numpy()
        if DataType.is_fixed_size_list(chunk.type):
            dims = np.array([chunk.type.list_size])
        else:
            dims = np.unique(np.diff(list_offsets(chunk).to_numpy()))
        if len(dims) > 1 or len(flat) != len(chunk) * dims.sum():
            raise ValueError(f"{name} holds vectors of different lengths: {dims.tolist()}.")
        parts.append(flat.reshape(len(chunk), -1))
    if len({part.shape[1] for part in parts}) != 1:
        raise ValueError(f"{name} holds no vectors, or vectors of different lengths.")
    return np.concatenate(parts)


@contextmanager
def _hushed() -> Generator[None]:
    """Nothing on standard error meanwhile: of damaged files the reader tells its own panic."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _open(path: Path) -> Any:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(max(0, size - 8))
        tail = file.read(8)
    footer = int.from_bytes(tail[:4], "little")
    # the reader aborts loudly on a broken footer, so look at it first
    if size < 12 or head != b"PAR1" or tail[4:] != b"PAR1" or footer > size - 12:
        raise ValueError(
            f"{path} is not a whole Parquet file; it may be cut short or another format."
        )
    try:
        with _hushed():
            return read_parquet(path).read_all()
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise ValueError(f"{path} is a damaged Parquet file: {error}") from None
