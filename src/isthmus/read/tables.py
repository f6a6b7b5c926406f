"""Tables as people have them, CSV in any of its usual forms and Parquet: one reader for all."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from isthmus.read.text import decoded
from isthmus.records import amount, dataclass
from isthmus.store import MAX_BYTES, read_table, text_lines
from isthmus.types import RequestError

PARQUET = (".parquet", ".pq")
SUFFIXES = (".csv", ".tsv", *PARQUET)

ID_COLUMNS = ("id", "ids", "key", "item_id")
IMAGE_COLUMNS = (
    "image",
    "path",
    "image_path",
    "img",
    "filepath",
    "file_path",
    "file_name",
    "filename",
    "file",
    "url",
)
TEXT_COLUMNS = ("caption", "captions", "text", "title", "description", "sentence")
LABEL_COLUMNS = ("label", "class", "class_name", "category")
SPLIT_COLUMNS = ("split", "subset", "partition", "fold")
"""Names, in any case, by which a column or a key is recognised; the first that is there counts."""
KNOWN = {*ID_COLUMNS, *IMAGE_COLUMNS, *TEXT_COLUMNS, *LABEL_COLUMNS, *SPLIT_COLUMNS}

_MARKS = ",;\t|"
"""What may stand between two fields."""

_LONGEST = 1 << 27
"""Characters of one field."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length, by name; of two columns of one name the first counts."""

    columns: Mapping[str, list[Any]]
    places: Sequence[Any]
    """The number of each row, or of its line where the file has lines."""
    faults: Mapping[Any, str] = field(default_factory=dict[Any, str])
    """What is wrong with rows of too few or too many fields, by their places; fields that lack are
    empty."""


def open_table(file: Path, max_bytes: int = 0) -> Table:
    """A whole table in memory.

    Fields of CSV stand between commas, semicolons, tabs or bars, quoted or not; the text is UTF-8,
    or UTF-16. Excel's first line ``sep=;`` is understood, empty lines are passed over.

    Args:
        file: of one of ``SUFFIXES``, in any case.
        max_bytes: that a Parquet file may unfold to; 0 for the usual limit.

    Raises:
        RequestError: it cannot be read: it is damaged, no text, empty, or has an open quote.
    """
    if file.suffix.lower() in PARQUET:
        try:
            found = read_table(file, max_bytes=max_bytes or MAX_BYTES)
        except (ValueError, OSError) as error:
            raise RequestError(str(error)) from error
        return Table(found, range(1, 1 + len(next(iter(found.values()), ()))))
    text, mark = _marked(decoded(file).lstrip("\r\n"), file.suffix.lower() == ".tsv")
    lines = _lines(file, csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    _, header = next(lines, ("", []))
    if not any(name.strip() for name in header):
        raise RequestError(f"{file} is empty; wanted a line of column names and rows below it.")
    rows, faults = dict[str, list[str]](), dict[str, str]()
    for place, fields in lines:
        if len(fields) != len(header):
            faults[place] = _uneven(fields, header)
        rows[place] = (fields + [""] * len(header))[: len(header)]
    columns = [list(column) for column in zip(*rows.values(), strict=True)] or [[] for _ in header]
    return Table({name: columns[header.index(name)] for name in header}, [*rows], faults)


def _marked(text: str, tabs: bool) -> tuple[str, str]:
    """A table, and what stands between its fields, if not what the file's name or first line says.

    It is that by which most names are known, then by which most rows have as many fields as names.
    """
    csv.field_size_limit(_LONGEST)
    if found := re.match(rf"sep=([{_MARKS}])\r?\n", text):
        return text[found.end() :], found[1]
    sample = text_lines(text[:65_536])

    def fitting(mark: str) -> tuple[int, bool, int, int]:
        names, *rows = csv.reader(sample, delimiter=mark) if sample else [[]]
        known = sum(name.strip().lower() in KNOWN for name in names)
        even = sum(len(row) == len(names) for row in rows)
        return known, len(names) > 1, even, len(names)

    return text, "\t" if tabs else max(_MARKS, key=fitting)


def _lines(file: Path, reader: Any) -> Iterator[tuple[str, list[str]]]:
    while True:
        begin = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            where = f"line {reader.line_num}, {error}"
            if "end of data" in where:  # all rows below an open quote would be lost
                raise RequestError(f"{file} is not a readable table: {where}.") from error
            yield f"{begin} to {reader.line_num}" if reader.line_num > begin else str(begin), []
            continue
        if fields:
            yield str(reader.line_num), fields


def _uneven(fields: list[str], header: list[str]) -> str:
    """The fault of a row that has not as many fields as the table has names."""
    if not fields:
        return "cannot be read: a quote in it is neither doubled nor at the end of a field"
    return f"has {amount(len(fields), 'field')}, the header {len(header)}"
