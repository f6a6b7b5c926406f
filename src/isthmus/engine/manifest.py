"""The manifest of a job: one line a shard, appended as shards are finished, sorted at the end."""

import json
from collections.abc import Iterable
from dataclasses import asdict, field, fields
from pathlib import Path
from typing import Any, get_origin

from isthmus.arrays import fingerprint
from isthmus.engine.content_index import file_digest
from isthmus.records import dataclass
from isthmus.store import text_lines, write_text


@dataclass(frozen=True)
class Line:
    """What became of one shard."""

    shard: int
    fingerprint: str
    """Of everything that decides the fragment's bytes: task, version, ids and contents."""
    file: str
    """The fragment, a file or a folder of files in the job's folder; empty if there is none."""
    items: int
    vectors: int
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


_TYPES = {part.name: get_origin(part.type) or part.type for part in fields(Line)}


def read_manifest(path: Path) -> list[Line]:
    """The whole lines of a manifest; a line cut by a kill is dropped."""
    lines: list[Line] = []
    content = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for text in text_lines(content):
        try:
            line = Line(**json.loads(text))
        except (ValueError, TypeError):
            continue
        if all(type(getattr(line, key)) is kind for key, kind in _TYPES.items()):
            lines.append(line)
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
