"""The manifest of a job: one line a shard, appended as shards are finished, sorted at the end."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from isthmus.engine.content_index import file_digest
from isthmus.store import atomic, read_tensors


@dataclass(frozen=True)
class Line:
    """What became of one shard."""

    shard: int
    fingerprint: str
    """Of model, weights, preprocessing, version, ids and contents."""
    file: str
    """Fragment, relative to the job's folder."""
    items: int
    vectors: int
    faults: dict[str, str] = field(default_factory=dict[str, str])
    space: str = ""
    """What the space is called."""
    content: str = ""
    """Hash of the fragment."""

    def whole(self, folder: Path) -> bool:
        """Whether the fragment is there as it was written, to the bit."""
        path = folder / self.file
        return path.is_file() and file_digest(path) == self.content

    def ids(self, folder: Path) -> set[str]:
        """The shard's items: those with a vector and those with a fault."""
        meta = read_tensors(folder / self.file)[1] if self.whole(folder) else {}
        return {*json.loads(meta.get("ids", "[]")), *self.faults}


def read_manifest(path: Path) -> list[Line]:
    """The whole lines of a manifest; a line cut by a kill is dropped."""
    lines: list[Line] = []
    content = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for text in content.splitlines():
        try:
            line = Line(**json.loads(text))
        except (ValueError, TypeError):
            continue
        if all(type(getattr(line, key)) is kind for key, kind in _TYPES.items()):
            lines.append(line)
    return lines


_TYPES = {
    "shard": int,
    "fingerprint": str,
    "file": str,
    "items": int,
    "vectors": int,
    "faults": dict,
    "space": str,
    "content": str,
}


def write_manifest(path: Path, lines: Iterable[Line]) -> None:
    """Write the lines in the order of the shards, atomically."""
    text = "".join(_text(line) for line in sorted(lines, key=lambda line: line.shard))
    with atomic(path) as part:
        part.write_text(text, encoding="utf-8")


def append_line(path: Path, line: Line) -> None:
    """Add the line of a shard that has just been finished."""
    with path.open("a", encoding="utf-8") as manifest:
        manifest.write(_text(line))


def _text(line: Line) -> str:
    return json.dumps(asdict(line), sort_keys=True) + "\n"
