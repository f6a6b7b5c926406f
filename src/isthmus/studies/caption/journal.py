"""Captions in a CSV file: each is on disk as soon as it is made, and found there again."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from isthmus.records import dataclass
from isthmus.store import sweep, write_text
from isthmus.types import RequestError
from isthmus.types.decoded import Decoded, Evidence
from isthmus.types.schemas import conform

COLUMNS = ("file", "modality", "caption", "score", "evidence", "made")
"""``evidence`` is JSON; ``made`` is a hash of the file's content, the space and the decoder."""


@dataclass(frozen=True)
class Caption:
    """What was read out of one file."""

    file: str
    modality: str
    decoded: Decoded
    made: str
    """Hash of the file's content, the space and the decoder."""

    def row(self) -> list[str]:
        """Its cells."""
        one = self.decoded.to_dict()
        evidence = json.dumps(one["evidence"], ensure_ascii=False)
        return [self.file, self.modality, one["caption"], repr(one["score"]), evidence, self.made]


def read_captions(path: Path) -> dict[str, Caption]:
    """The captions of a file by the names of their files; a line that a kill cut short is left out.

    Raises:
        RequestError: the file is there, and holds something else.
    """
    if not path.exists():
        return {}
    rows = csv.reader(io.StringIO(path.read_text("utf-8", "replace")))
    if (first := next(rows, None)) is not None and tuple(first) != COLUMNS:
        raise RequestError(f"{path} is there and holds no captions: choose another name for --out.")
    found = (_caption(row) for row in rows)
    return {one.file: one for one in found if one is not None}


def _caption(row: list[str]) -> Caption | None:
    try:
        file, modality, text, score, evidence, made = row
        told = tuple(conform(Evidence, one) for one in json.loads(evidence))
        return Caption(file, modality, Decoded(text, float(score), told), made)
    except (ValueError, KeyError, TypeError):
        return None


def write_captions(path: Path, captions: Mapping[str, Caption]) -> None:
    """All of them, whole or not at all."""
    sweep(path.parent, of=path.name)
    write_text(path, _lines([COLUMNS, *(one.row() for one in captions.values())]))


def add_captions(path: Path, captions: Iterable[Caption]) -> None:
    """Append finished captions to a file that ``write_captions`` began."""
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(_lines(one.row() for one in captions))


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
