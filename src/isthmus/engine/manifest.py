"""The manifest of a job: one line a shard, appended as shards are finished, sorted at the end."""

import json
from collections.abc import Iterable
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

from isthmus.arrays import fingerprint
from isthmus.engine.content_index import file_digest
from isthmus.records import dataclass
from isthmus.store import parse_json, text_lines, write_text
from isthmus.types import Count, Inside, RequestError, conform


@dataclass(frozen=True)
class Line:
    """What became of one shard."""

    shard: Count
    fingerprint: str
    """Of everything that decides the fragment's bytes: task, version, ids and contents."""
    file: Inside
    """The fragment, a file or a folder of files in the job's folder; empty if there is none."""
    items: Count
    vectors: Count
    """Items of which there is a result."""
    faults: dict[str, str] = field(default_factory=dict[str, str])
    space: str = ""
    """What the space of the results is called, if they have one."""
    content: str = ""
    """Hash of the fragment."""
    name: str = ""
    """What the shard is called, where its number is not what it is known by."""
    about: dict[str, Any] = field(default_factory=dict[str, Any])
    """What else is known of the shard, as plain JSON values."""

    @property
    def key(self) -> str:
        """What the shard is known by in its job."""
        return self.name or str(self.shard)

    def whole(self, folder: Path) -> bool:
        """Whether the fragment is there as it was written, to the bit."""
        path = folder / self.file
        return not self.file or (path.exists() and digest(path) == self.content)


def read_manifest(path: Path) -> list[Line]:
    """The whole lines of a manifest; a line cut by a kill is dropped.

    Raises:
        RequestError: a line is whole and says what no job writes.
    """
    lines: list[Line] = []
    content = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for number, text in enumerate(text_lines(content), 1):
        try:
            values = parse_json(text, "a line")
        except ValueError:  # cut short
            continue
        try:
            lines.append(conform(Line, values))
        except ValueError as error:
            raise RequestError(
                f"{path}, line {number}, is of no job: {error}. Delete the line, and its shard is "
                "made again."
            ) from None
    return lines


def write_manifest(path: Path, lines: Iterable[Line]) -> None:
    """Write the lines in the order of the shards, atomically."""
    text = "".join(_text(line) for line in sorted(lines, key=lambda line: (line.shard, line.name)))
    write_text(path, text)


def append_line(path: Path, line: Line) -> None:
    """Add the line of a shard that has just been finished."""
    with path.open("a", encoding="utf-8") as manifest:
        manifest.write(_text(line))


def _text(line: Line) -> str:
    return json.dumps(asdict(line), sort_keys=True) + "\n"


def digest(path: Path) -> str:
    """Hash of a fragment: a file, or a folder of files."""
    if not path.is_dir():
        return file_digest(path)
    files = sorted(file for file in path.iterdir() if file.is_file())
    return fingerprint([(file.name, file_digest(file)) for file in files])
