"""What the rows are: ids, captions and pictures from a table beside the vectors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from isthmus.read.tables import ID_COLUMNS, IMAGE_COLUMNS, TEXT_COLUMNS, open_table
from isthmus.read.tables import SUFFIXES as TABLES
from isthmus.read.text import read_lines, texts_of, words
from isthmus.store import is_file, is_folder, parse_json, read_json, readable
from isthmus.types import RequestError, amount

Columns = Mapping[str, Sequence[Any]]
"""A table: columns of equal length by name."""
Faults = Mapping[str, str]
"""What is not used, with the reason, by name."""

_SUFFIXES = (".json", ".csv", ".parquet", ".txt", ".tsv", ".pq", ".jsonl")

_CAPTIONS = (*TEXT_COLUMNS, "name", "label")
_PICTURES = ("jpeg", *IMAGE_COLUMNS)
_CAPTIONS_EACH = 100
"""Rows that may share a name and still be captions of one picture."""
_PLACES = ("", "images")
"""Folders, seen from the vectors, that relative picture paths are tried against."""


def side_table(path: Path, rows: Iterable[int], max_bytes: int = 0) -> tuple[Columns, Faults]:
    """The first table beside a file of vectors that has as many rows as one of its arrays.

    Tried in this order: the same stem, the stem with ``_names`` or ``_items``, and ``items``;
    each with one of ``_SUFFIXES``, in any case. Empty if there is none.

    Args:
        path: of the vectors.
        rows: how many vectors there are, by array.
        max_bytes: that a Parquet file may unfold to; 0 for the usual limit.

    Returns:
        Its columns, by name in small letters, and what of such tables is not used, by name.
    """
    wanted, faults = sorted(set(rows)), dict[str, str]()
    there = {file.name.lower(): file for file in sorted(path.parent.iterdir(), reverse=True)}
    for stem in (path.stem, f"{path.stem}_names", f"{path.stem}_items", "items"):
        for suffix in _SUFFIXES:
            side = there.get(f"{stem}{suffix}".lower())
            if side is None or side == path or not is_file(side):
                continue
            columns, uneven = _read_side(side, max_bytes)
            if length(columns) in wanted:
                return lowered(columns), {**faults, **uneven}
            faults[side.name] = (
                f"is not used: it has {amount(length(columns), 'row')}, and there are "
                f"{' and '.join(map(str, wanted))} vectors"
            )
    return {}, faults


def lowered(columns: Columns) -> Columns:
    """A table with its names in small letters; of two that are then one the first counts."""
    return {name.strip().lower(): columns[name] for name in reversed(list(columns))}


def length(columns: Columns) -> int:
    """Number of rows of a table."""
    return len(next(iter(columns.values()), ()))


def row_ids(columns: Columns) -> tuple[str, ...]:
    """Names of the rows: a column of ids, else of file names, if its values are distinct."""
    distinct = (values for values in _names(columns) if len(values) == len(set(values)))
    return tuple(next(distinct, ()))


def row_links(columns: Columns) -> list[tuple[int, int]]:
    """Rows of the same picture, each with each, where a table lists pictures more than once.

    A picture with five captions has five rows; all five captions belong to all five.
    """
    for values in _names(columns):
        rows: dict[str, list[int]] = {}
        for row, name in enumerate(values):
            rows.setdefault(name, []).append(row)
        if max(map(len, rows.values())) <= _CAPTIONS_EACH:
            return [(a, b) for same in rows.values() for a in same for b in same]
    return []


def _names(columns: Columns) -> Iterator[list[str]]:
    """Columns of ids or file names that have a value in every row."""
    for name in (*ID_COLUMNS, "file", "file_name", "filename", "image_path", "filepath", "path"):
        values = [
            readable(words(value))
            for value in columns.get(name, ())
            if value not in (None, "") and not isinstance(value, (dict, list))
        ]
        if values and len(values) == length(columns):
            yield values


def row_captions(columns: Columns) -> tuple[list[str], Faults]:
    """The caption of every row, or nothing; of several, all. And columns of captions without any.

    Raises:
        RequestError: captions are records, and it is not clear which field is meant.
    """
    faults = dict[str, str]()
    for name in _CAPTIONS:
        if name in columns:
            texts = texts_of(columns[name], f"The column {name!r}")
            if any(map(any, texts)):
                return list(map("; ".join, texts)), faults
            faults[f"column {name!r}"] = "has no text in any row"
    return [], faults


def row_pictures(columns: Columns, folder: Path) -> dict[int, Path]:
    """Row number → picture file, for those that are there."""
    listings: dict[Path, set[str]] = {}

    def there(file: Path) -> bool:
        # one listing of a folder is cheaper than asking for each of a million files
        if file.parent not in listings:
            inside = file.parent.iterdir() if is_folder(file.parent) else ()
            listings[file.parent] = {entry.name for entry in inside}
        return file.name in listings[file.parent]

    found: dict[int, Path] = {}
    for name in _PICTURES:
        for row, value in enumerate(columns.get(name, ())):
            if row not in found and isinstance(value, str) and value:
                places = (folder / place / value for place in _PLACES)
                if picture := next((file for file in places if there(file)), None):
                    found[row] = picture
    return found


def _read_side(path: Path, max_bytes: int) -> tuple[Columns, Faults]:
    suffix = path.suffix.lower()
    try:
        if suffix in TABLES:
            table = open_table(path, max_bytes)
            places = {f"{path.name}:{place}": why for place, why in table.faults.items()}
            return table.columns, places
        if suffix == ".txt":
            return {"caption": read_lines(path)}, {}
        if suffix == ".jsonl":
            lines = [line for line in read_lines(path) if line.strip()]
            return _from_json([parse_json(line, "a line of it") for line in lines]), {}
        return _from_json(read_json(path)), {}
    except (ValueError, OSError) as error:
        raise RequestError(f"The side file {path} cannot be read: {error}") from error


def _from_json(values: Any) -> Columns:
    if isinstance(values, dict):
        columns = {name: value for name, value in values.items() if isinstance(value, list)}
        if len({len(column) for column in columns.values()}) > 1:
            raise ValueError("its lists differ in length.")
        if columns:
            return columns
        return {"id": list(values), "caption": list(values.values())}
    if isinstance(values, list) and values and all(isinstance(row, dict) for row in values):
        names = dict.fromkeys(name for row in values for name in row)
        return {name: [row.get(name) for row in values] for name in names}
    return {"caption": values if isinstance(values, list) else []}
