"""webdataset: tar files in which the members of one name are one sample, read without unpacking."""

import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from isthmus.read.image import SUFFIXES, Picture
from isthmus.records import dataclass
from isthmus.types import RequestError, World
from isthmus.worlds.drafts import LABEL_COLUMNS, TEXT_COLUMNS, Draft, readable

MAX_TEXT = 1_000_000
"""Bytes of the largest caption or JSON member that is read."""

MAX_SHARDS = 100_000
"""Most files that a brace pattern may stand for."""


@dataclass(frozen=True)
class Member:
    """A file inside a tar, read when it is called; never written to the disk."""

    tar: Path
    name: str
    offset: int
    size: int

    def __str__(self) -> str:
        return f"{self.tar.name}/{self.name}"

    def __call__(self) -> bytes:
        """Its bytes."""
        with self.tar.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


def webdataset(shards: Sequence[str | Path]) -> World:
    """The samples of tar files: pictures with captions (``.txt``), labels (``.cls``) or notes.

    A picture's id is ``SHARD.tar/NAME``. Where there is no ``.txt`` or ``.cls``, caption and label
    are taken from ``.json``. Only plain files inside the tar are used: links, devices and names
    that climb out (``..``, ``/``) are faults, and so is a second member of one name. Nothing is
    extracted.

    Args:
        shards: paths, in which ``{000..012}`` and ``{a,b}`` stand for several.

    Raises:
        RequestError: a shard is missing or compressed, or no picture is in any.
    """
    paths = [Path(name) for pattern in shards for name in expand(str(pattern))]
    name, count = Counter(path.name for path in paths).most_common(1)[0]
    if count > 1:
        raise RequestError(f"Shards need different names, but {count} are called {name}.")
    draft = Draft(
        paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more"
    )
    for path in paths:
        samples: dict[str, dict[str, Member]] = {}
        for member in _members(path, draft):
            place = PurePosixPath(member.name)
            stem, _, suffix = place.name.partition(".")
            samples.setdefault(str(place.with_name(stem)), {})[f".{suffix.lower()}"] = member
        for key, parts in samples.items():
            _add(draft, f"{path.name}/{key}", parts)
    return draft.world()


def expand(pattern: str) -> list[str]:
    """The names that a pattern with ``{000..012}`` or ``{a,b}`` stands for, in order.

    Raises:
        RequestError: the braces stand for too many.
    """
    match = re.search(r"\{(\d+)\.\.(\d+)\}|\{([^{}]*,[^{}]*)\}", pattern)
    if match is None:
        return [pattern]
    if match[3] is None:
        low, high, width = int(match[1]), int(match[2]), len(match[1])
        if not 0 <= high - low < MAX_SHARDS:
            raise RequestError(f"{match[0]} does not count up to at most {MAX_SHARDS} shards.")
        middles = [f"{number:0{width}d}" for number in range(low, high + 1)]
    else:
        middles = match[3].split(",")
    head, tail = pattern[: match.start()], pattern[match.end() :]
    rests = expand(tail)
    if len(middles) * len(rests) > MAX_SHARDS:
        raise RequestError(f"{pattern} stands for more than {MAX_SHARDS} shards.")
    return [head + middle + rest for middle in middles for rest in rests]


def _members(path: Path, draft: Draft) -> Iterator[Member]:
    """The plain files of a tar; everything else becomes a fault."""
    seen: set[str] = set()
    try:
        size = path.stat().st_size
        with tarfile.open(path, "r:") as tar:
            for info in tar:
                name = readable(info.name)
                fault = _fault(info, name, seen, size)
                seen.add(name)
                if fault is None:
                    yield Member(path, name, info.offset_data, info.size)
                elif not info.isdir():
                    draft.faults[f"{path.name}/{name}"] = fault
            end = Member(path, "", tar.offset, tarfile.BLOCKSIZE)()
            if end != bytes(tarfile.BLOCKSIZE):
                raise tarfile.ReadError("no end mark where the last member ends")
    except FileNotFoundError as error:
        raise RequestError(f"There is no shard {path}.") from error
    except (tarfile.TarError, OSError, ValueError) as error:
        if not seen:
            raise RequestError(
                f"{path} is not a plain tar file ({error}); unpack .gz first."
            ) from error
        draft.faults[path.name] = f"is damaged after {len(seen)} members: {error}"


def _fault(info: tarfile.TarInfo, name: str, seen: set[str], size: int) -> str | None:
    """The first thing wrong with a member."""
    place = PurePosixPath(name)
    special = not info.isreg() or info.issparse()
    climbs = place.is_absolute() or ".." in place.parts or "\\" in name
    faults = {
        "is a folder": info.isdir(),
        "is a link, a device or another special member, which is never followed": special,
        "has a path that leaves the archive": climbs,
        "appears twice in its shard; the first is used": name in seen,
        "is cut short: the shard ends before it does": info.offset_data + info.size > size,
    }
    return next((fault for fault, there in faults.items() if there), None)


def _add(draft: Draft, key: str, parts: dict[str, Member]) -> None:
    images = [suffix for suffix in parts if suffix in SUFFIXES]
    if not images:
        draft.faults[key] = f"has no picture, only {', '.join(parts)}"
        return
    name = key + images[0]
    draft.pictures[name] = Picture(parts[images[0]])
    if len(images) > 1:
        draft.faults[name] = f"has {len(images)} pictures; {images[0]} is used"
    try:
        notes = _json(parts.get(".json"))
        text = _text(parts.get(".txt")) or _first(notes, TEXT_COLUMNS)
        label = _text(parts.get(".cls")) or _first(notes, LABEL_COLUMNS)
    except (ValueError, RecursionError) as error:
        draft.faults[name] = f"its notes cannot be read: {error}"
        return
    draft.say(name, text, name)
    if label is not None:
        draft.labels[name] = str(label).strip()


def _text(member: Member | None) -> str | None:
    if member is None:
        return None
    if member.size > MAX_TEXT:
        raise ValueError(f"{member.name} has {member.size:,} bytes, at most {MAX_TEXT:,} are read")
    return member().decode("utf-8-sig").strip()


def _json(member: Member | None) -> dict[str, Any]:
    text = _text(member)
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _first(notes: dict[str, Any], keys: Sequence[str]) -> Any:
    return next((notes[key] for key in keys if notes.get(key) is not None), None)
