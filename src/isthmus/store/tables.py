"""Tables in Parquet files, as plain dicts of columns."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

import arro3.core
import numpy as np
from arro3.core import (
    Array,
    DataType,
    Table,
    dictionary_dictionary,
    dictionary_indices,
    fixed_size_list_array,
    list_array,
    list_flatten,
    list_offsets,
    struct_field,
)
from arro3.io import read_parquet, write_parquet

from isthmus.records import amount, dataclass
from isthmus.store.files import atomic, readable, text_lines

MAX_BYTES = 2 << 30
"""That a table or the compressed arrays of a file may unfold to, if the user allows no more."""

Column = Sequence[Any] | np.ndarray
"""Values of one column; None where one is missing."""


class Columns(dict[str, Any]):
    """A table: columns by name, all of one length.

    ``pandas.DataFrame(columns)``, ``polars.DataFrame(columns)``, ``pyarrow.table(columns)`` and
    whatever else takes a dict of columns or an Arrow stream.
    """

    def __repr__(self) -> str:
        rows = len(next(iter(self.values()), ()))
        names = ", ".join([*self][:8]) + (", ..." if len(self) > 8 else "")
        return f"Columns({amount(rows, 'row')} of {names})"

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Arrow's stream of this table; vectors become lists of one fixed size."""
        return _arrow(self).__arrow_c_stream__(requested_schema)


def _arrow(columns: Mapping[str, Column]) -> Table:
    return Table({name: _column(column) for name, column in columns.items()})


def write_table(path: Path, columns: Mapping[str, Column]) -> None:
    """Write columns of equal length (text, bytes, numbers, or lists of text), atomically.

    Texts that cannot be written, with half of a surrogate pair in them, are shown as ``readable``.

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
        flat = _written([item for value in lists for item in value], DataType.string())
        return list_array(Array(ends), flat)
    kinds = {str: DataType.string, bytes: DataType.binary, bool: DataType.bool, int: DataType.int64}
    of_kind = (make for kind, make in kinds.items() if isinstance(first, kind))
    return _written(list(values), next(of_kind, DataType.float64)())


def _written(values: list[Any], kind: Any) -> Any:
    try:
        return Array(values, kind)
    except UnicodeEncodeError:
        return Array([None if value is None else readable(value) for value in values], kind)


def read_table(
    path: Path, columns: Sequence[str] | None = None, max_bytes: int = MAX_BYTES
) -> dict[str, list[Any]]:
    """Columns of a Parquet file as lists, all of them or the named ones.

    Raises:
        ValueError: the file is not whole Parquet, unfolds to more than ``max_bytes``, or lacks a
            named column.
    """
    table = _open(path, max_bytes)
    if columns is not None and (
        missing := [name for name in columns if name not in table.column_names]
    ):
        raise ValueError(f"{path} has no column {missing[0]!r}; it has {table.column_names}.")
    return {name: _values(path, name, table[name].chunks) for name in columns or table.column_names}


@dataclass(frozen=True, eq=False)
class NamedArrays:
    """What one file or folder holds: arrays by key, plain columns by name, text metadata."""

    arrays: Mapping[str, np.ndarray]
    """Of a table (n, d) of number lists; (n, k, d) of lists of k such lists where k is not 1."""
    columns: Mapping[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    """Of one value a row."""
    meta: Mapping[str, str] = field(default_factory=dict[str, str])
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is there beside, or holds more than a value a row, and why it is not read, by name."""


def read_vectors(path: Path, max_bytes: int = MAX_BYTES) -> NamedArrays:
    """Columns of floating-point lists as arrays, and every other column as a list.

    Columns x0, x1, ... of one number each are the coordinates of an array called "". A list in a
    field of a struct is called ``struct.field``.

    Raises:
        ValueError: the file is not whole Parquet, unfolds to more than ``max_bytes``, or the lists
            of a column differ in length or are missing.
    """
    table = _open(path, max_bytes)
    coordinates = _coordinates(table)
    arrays, columns = dict[str, np.ndarray](), dict[str, list[Any]]()
    left_out = dict[str, str]()
    if coordinates:
        arrays[""] = np.column_stack([table[key].to_numpy() for key in coordinates])
    others = [(key, table[key]) for key in table.column_names if key not in coordinates]
    parts = (part for key, column in others for part in _parts(key, column.chunks, column.type))
    for name, chunks, kind in parts:
        try:
            array = _array(chunks, kind)
        except ValueError as error:
            raise ValueError(f"{path}: column {name!r} {error}") from None
        if array is not None:
            arrays[name] = array
            continue
        try:
            columns[name] = _values(path, name, chunks)
        except ValueError as error:
            left_out[name] = str(error)
        if DataType.is_nested(kind) and not _of_text(kind):
            kept = re.sub(r"arro3\.core\.DataType<(.*)>", r"\1", str(kind).strip(), flags=re.DOTALL)
            left_out[name] = f"a column of the type {kept}, not of floating-point lists"
    return NamedArrays(arrays, columns, left_out=left_out)


_VIEWS = (DataType.is_list_view, DataType.is_large_list_view)
_LISTS = (DataType.is_list, DataType.is_large_list, DataType.is_fixed_size_list, *_VIEWS)


def _is_list(kind: Any) -> bool:
    return any(is_kind(kind) for is_kind in _LISTS)


def _of_text(kind: Any) -> bool:
    """Whether a column holds texts or bytes, one or several a row, or records of them."""
    if DataType.is_struct(kind):
        return all(_of_text(part.type) for part in kind.fields)
    if _is_list(kind):
        return _of_text(kind.value_type)
    return DataType.is_dictionary(kind) or not (DataType.is_numeric(kind) or DataType.is_map(kind))


def _values(path: Path, name: str, chunks: Sequence[Any]) -> list[Any]:
    """A column as a list.

    Raises:
        ValueError: its type is one that the reader has no values for.
    """
    try:
        return [value for chunk in chunks for value in _listed(chunk)]
    except Exception as error:
        raise ValueError(f"{path}: column {name!r} cannot be read: {error}.") from None


def _listed(chunk: Any) -> list[Any]:
    if not DataType.is_dictionary(chunk.type):
        return _plain(chunk).to_pylist()
    words = [*dictionary_dictionary(chunk).to_pylist(), None]  # rows share them: no copies
    return [words[-1 if at is None else at] for at in dictionary_indices(chunk).to_pylist()]


def _plain(column: Any) -> Any:
    """The column with list views as lists, which alone become values and arrays."""
    return column.cast(_plain_type(column.type)) if "ListView" in str(column.type) else column


def _plain_type(kind: Any) -> Any:
    if DataType.is_struct(kind):
        return DataType.struct([part.with_type(_plain_type(part.type)) for part in kind.fields])
    if not _is_list(kind):
        return kind
    inside = kind.value_field.with_type(_plain_type(kind.value_type))
    size = kind.list_size if DataType.is_fixed_size_list(kind) else None
    return DataType.list(inside, size) if size else DataType.large_list(inside)


def _holds_vectors(kind: Any) -> bool:
    if DataType.is_struct(kind):
        return any(_holds_vectors(part.type) for part in kind.fields)
    inside = kind.value_type if _is_list(kind) else None
    return inside is not None and (DataType.is_floating(inside) or _holds_vectors(inside))


def _parts(name: str, chunks: Sequence[Any], kind: Any) -> Iterator[tuple[str, list[Any], Any]]:
    """A column with its parts and type; of a struct with vectors in it, each field as a column."""
    if DataType.is_struct(kind) and _holds_vectors(kind):
        for place, part in enumerate(kind.fields):
            inside = [struct_field(chunk, place) for chunk in chunks]
            yield from _parts(f"{name}.{part.name}", inside, part.type)
    else:
        yield name, list(chunks), kind


def _array(chunks: Sequence[Any], kind: Any) -> np.ndarray | None:
    """The array of a column of floating-point lists, or of lists of lists that are of one length.

    None if it is of another type.
    """
    if not _is_list(kind) or not _holds_vectors(kind):
        return None
    chunks, kind = [_plain(chunk) for chunk in chunks], _plain_type(kind)
    if DataType.is_floating(kind.value_type):
        return _vectors(chunks)
    each = {length for chunk in chunks for length in _lengths(chunk)}
    if len(each) != 1 or any(chunk.null_count for chunk in chunks):
        return None
    flat = _array([list_flatten(chunk) for chunk in chunks], kind.value_type)
    many = each.pop()
    return flat if flat is None or many == 1 else flat.reshape(-1, many, *flat.shape[1:])


def _coordinates(table: Any) -> list[str]:
    names: list[str] = []
    while (name := f"x{len(names)}") in table.column_names:
        if not DataType.is_floating(table[name].type):
            return []
        names.append(name)
    return names


def _lengths(chunk: Any) -> list[int]:
    """The different lengths of the lists in a part of a column."""
    if DataType.is_fixed_size_list(chunk.type):
        return [chunk.type.list_size]
    return np.unique(np.diff(list_offsets(chunk).to_numpy())).tolist()


def _vectors(chunks: Sequence[Any]) -> np.ndarray:
    parts: list[np.ndarray] = []
    for chunk in chunks:
        if chunk.null_count:
            raise ValueError(f"has {amount(chunk.null_count, 'row')} without a vector; drop them.")
        inside, dims = list_flatten(chunk), _lengths(chunk)
        if inside.null_count:
            raise ValueError(f"has vectors that lack {amount(inside.null_count, 'number')}.")
        if len(dims) > 1 or len(inside) != len(chunk) * sum(dims):
            raise ValueError(f"holds vectors of different lengths: {dims}.")
        parts.append(inside.to_numpy().reshape(len(chunk), -1))
    if len({part.shape[1] for part in parts}) != 1:
        raise ValueError("holds no vectors, or vectors of different lengths.")
    return np.concatenate(parts)


def _open(path: Path, max_bytes: int) -> Any:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(max(0, size - 8))
        tail = file.read(8)
    if size < 12 or head != b"PAR1" or tail[4:] != b"PAR1":
        raise ValueError(
            f"{path} is not a whole Parquet file; it may be cut short or another format."
        )
    stat = path.stat()
    _check(str(path.resolve()), max_bytes, stat.st_size, stat.st_mtime_ns)
    try:
        return read_parquet(path).read_all()
    except Exception as error:
        raise ValueError(f"{path} is a damaged Parquet file: {error}") from None


_CELL = 64
"""Bytes that a value takes in a list of Python at least."""

_PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
limit, total = int(sys.argv[3]), 0
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limit + (2 << 30),) * 2)
except (ImportError, ValueError, OSError):
    pass
from arro3.core import DataType
from arro3.io import read_parquet
reader = read_parquet(sys.argv[2])
cells = sum(not DataType.is_floating(field.type) for field in reader.schema)
for batch in reader:
    total += batch.nbytes + int(sys.argv[4]) * cells * batch.num_rows
    if total > limit:
        print("large")
        sys.exit()
print("whole")
"""


@cache
def _check(path: str, max_bytes: int, *_stamp: int) -> None:
    """Read a Parquet file through, batch by batch, in a process of its own, and count its bytes.

    The format declares no size that can be trusted: dictionaries and runs unfold to any. And on a
    damaged page the reader panics, which ends the process it runs in, and says so on its standard
    error.

    Raises:
        ValueError: it cannot be read, or unfolds to more than ``max_bytes``.
    """
    packages = str(Path(arro3.core.__file__).parents[2])
    words = [sys.executable, "-I", "-S", "-c", _PROBE, packages, path, str(max_bytes), str(_CELL)]
    run = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if run.stdout == "large\n" or "memory allocation" in run.stderr:
        raise ValueError(
            f"{path} unfolds to more than {max_bytes:,} bytes in memory. If you trust it, allow "
            "more with --max-bytes (max_bytes= in Python)."
        )
    if run.stdout != "whole\n":
        said = [line for line in text_lines(run.stderr) if line.strip()]
        why = said[-1].strip() if run.returncode == 1 and said else "its pages cannot be decoded"
        raise ValueError(f"{path} is a damaged Parquet file: {why}.")
