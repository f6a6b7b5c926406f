"""Tables as people have them, CSV in any of its usual forms and Parquet: one reader for all."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from isthmus.read.text import decoded
from isthmus.records import dataclass
from isthmus.store import MAX_BYTES, read_table
from isthmus.types import RequestError

PARQUET = (".parquet", ".pq")
SUFFIXES = (".csv", ".tsv", *PARQUET)

_MARKS = ",;\t|"
"""What may stand between two fields: the one that the line of names has most of."""

_LONGEST = 1 << 27
"""Characters of one field."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length, by name; of two columns of one name the first counts."""

    columns: Mapping[str, list[Any]]
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Rows that have too few or too many fields, by ``FILE:LINE``; fields that lack are empty."""


def open_table(file: Path, max_bytes: int = 0) -> Table:
    """A whole table in memory.

    Args:
        file: of one of ``SUFFIXES``, in any case.
        max_bytes: that a Parquet file may unfold to; 0 for the usual limit.

    Raises:
        RequestError: it cannot be read.
    """
    if file.suffix.lower() in PARQUET:
        try:
            return Table(read_table(file, max_bytes=max_bytes or MAX_BYTES))
        except (ValueError, OSError) as error:
            raise RequestError(str(error)) from error
    header, lines = csv_rows(file)
    rows, faults = list[list[str]](), dict[str, str]()
    for place, fields in lines:
        if len(fields) != len(header):
            faults[place] = uneven(fields, header)
        rows.append((fields + [""] * len(header))[: len(header)])
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in header]
    return Table(dict(zip(reversed(header), reversed(columns), strict=True)), faults)


def csv_rows(file: Path) -> tuple[list[str], Iterator[tuple[str, list[str]]]]:
    """The names in the first line of a CSV file, and the rows below with their places.

    Fields stand between commas, semicolons, tabs or bars, quoted or not; the text is UTF-8, or
    UTF-16 with its mark. Excel's first line ``sep=;`` is understood, empty lines are passed over. A
    row that cannot be read has no fields.

    Raises:
        RequestError: it is no text, is empty, or (while rows are taken) has an open quote.
    """
    text = decoded(file).lstrip("\r\n")
    first, _, below = text.partition("\n")
    mark = max(_MARKS, key=first.count)
    if found := re.fullmatch(rf"sep=([{_MARKS}])\r?", first):
        mark, text = found[1], below
    elif file.suffix.lower() == ".tsv":
        mark = "\t"
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    lines = _lines(file, reader)
    _, header = next(lines, ("", []))
    if not any(name.strip() for name in header):
        raise RequestError(f"{file} is empty; wanted a line of column names and rows below it.")
    return header, lines


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
            more = f" to {reader.line_num}" if reader.line_num > begin else ""
            yield f"{file.name}:{begin}{more}", []
            continue
        if fields:
            yield f"{file.name}:{reader.line_num}", fields


def uneven(fields: list[str], header: list[str]) -> str:
    """The fault of a row that has not as many fields as the table has names."""
    if not fields:
        return "cannot be read: a quote in it is neither doubled nor at the end of a field"
    return f"has {len(fields)} fields, the header {len(header)}"
