"""webdataset: tar files in which the members of one name are one sample, read without unpacking."""

import os
import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from isthmus.read.image import SUFFIXES, Picture, is_picture
from isthmus.read.text import unicode
from isthmus.records import amount, dataclass
from isthmus.store import is_file, readable
from isthmus.types import RequestError, World
from isthmus.worlds.drafts import Draft, hidden, read_notes

MAX_TEXT = 1_000_000
"""Bytes of the largest caption or JSON member that is read."""

_NOTES = (".txt", ".cls", ".json")
_TWICE = "appears twice in its shard; the first is used"

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

    def start(self) -> bytes:
        """Its first bytes, by which a picture is known."""
        return Member(self.tar, self.name, self.offset, min(self.size, 32))()


def webdataset(shards: Sequence[str | Path]) -> World:
    """The samples of tar files: pictures with captions (``.txt``), labels (``.cls``) or notes.

    A picture's id is ``SHARD.tar/NAME``. Where there is no ``.txt`` or ``.cls``, caption and label
    are taken from ``.json``. Only plain files inside the tar are used: links, devices and names
    that climb out (``..``, ``/``) are faults, and so are a second member of one name and what is of
    no type that is read; hidden files are passed over, as in folders. Nothing is extracted.

    Args:
        shards: paths, in which ``{000..012}`` and ``{a,b}`` stand for several.

    Raises:
        RequestError: a shard is missing, the only one is no plain tar, or no picture is in any.
    """
    paths = [Path(name) for pattern in shards for name in expand(str(pattern))]
    name, count = Counter(path.name for path in paths).most_common(1)[0]
    if count > 1:
        raise RequestError(f"Shards need different names, but {count} are called {name}.")
    draft = Draft(
        paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more"
    )
    for path in paths:
        try:
            samples = _samples(path, draft)
        except RequestError as error:
            if len(paths) == 1 or not is_file(path):
                raise
            draft.faults[path.name] = str(error)
            continue
        for key, parts in samples.items():
            _add(draft, f"{path.name}/{key}", parts)
    return draft.world()


def _samples(path: Path, draft: Draft) -> dict[str, dict[str, Member]]:
    """The members of a shard by sample and suffix."""
    samples: dict[str, dict[str, Member]] = {}
    for member in members(path, draft.faults):
        place = PurePosixPath(member.name)
        stem, _, suffix = place.name.partition(".")
        parts = samples.setdefault(str(place.with_name(stem)), {})
        ending = f".{suffix.lower()}" if suffix else ""
        if parts.setdefault(ending, member) is not member:
            draft.faults[str(member)] = _TWICE
    return samples


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


def members(path: Path, faults: dict[str, str]) -> Iterator[Member]:
    """The plain files of a tar; everything else but hidden files is added to the faults.

    Raises:
        RequestError: no such file, or not one member of it can be read.
    """
    seen: set[str] = set()
    try:
        size = path.stat().st_size
        for tar in _archives(path):
            for info in tar:
                name, place = readable(info.name), PurePosixPath(readable(info.name))
                fault = _fault(info, place, str(place) in seen, size)
                seen.add(str(place))
                if fault is None and not hidden(place):
                    yield Member(path, str(place), info.offset_data, info.size)
                elif fault is not None and not info.isdir():
                    faults[f"{path.name}/{name}"] = fault
                if info.size < 0 or tar.offset <= info.offset:  # it would be read for ever
                    raise tarfile.ReadError(f"the size of {name} is below zero")
    except FileNotFoundError as error:
        raise RequestError(f"There is no shard {path}.") from error
    except Exception as error:  # damaged headers fail in many ways
        if not seen:
            raise RequestError(
                f"{path} is not a plain tar file ({error}); unpack .gz first."
            ) from error
        faults[path.name] = f"is damaged after {amount(len(seen), 'member')}: {error}"


def _archives(path: Path) -> Iterator[tarfile.TarFile]:
    """The archives of a file: several if it was made by ``cat a.tar b.tar``, as readers have it."""
    with path.open("rb") as file:
        more = b"some"
        while more:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                yield tar
            file.seek(tar.offset)
            if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                raise tarfile.ReadError("no end mark where the last member ends")
            blocks = iter(lambda: file.read(tarfile.BLOCKSIZE), b"")
            more = next((block for block in blocks if block.strip(b"\0")), b"")
            file.seek(-len(more), os.SEEK_CUR)


def _fault(info: tarfile.TarInfo, place: PurePosixPath, seen: bool, size: int) -> str | None:
    """The first thing wrong with a member."""
    special = not info.isreg() or info.issparse()
    climbs = place.is_absolute() or ".." in place.parts or "\\" in info.name
    faults = {
        "is a folder": info.isdir(),
        "has no name": not place.name,
        "is a link, a device or another special member, which is never followed": special,
        "has a path that leaves the archive": climbs,
        _TWICE: seen and not hidden(place),
        "is cut short: the shard ends before it does": info.offset_data + info.size > size,
        "has a size below zero": info.size < 0,
    }
    return next((fault for fault, there in faults.items() if there), None)


def _add(draft: Draft, key: str, parts: dict[str, Member]) -> None:
    images = (
        [suffix for suffix in parts if suffix in SUFFIXES]
        or [suffix for suffix in parts if suffix.endswith(SUFFIXES)]
        or [s for s, part in parts.items() if s not in _NOTES and is_picture(part.start())]
    )
    if not images:
        draft.faults[key] = f"has no picture, only {', '.join(parts)}"
        return
    name = key + images[0]
    draft.pictures[name] = Picture(parts[images[0]])
    for suffix in parts.keys() - {*_NOTES, images[0]}:
        if suffix in images:
            draft.faults[name] = f"has {len(images)} pictures; {images[0]} is used"
        elif not suffix.endswith(_NOTES):
            draft.faults[key + suffix] = "is of a type that is not read"
    try:
        notes = read_notes(_content(parts.get(".json")), f"{key}.json")
        texts = [_text(parts.get(suffix)) for suffix in (".txt", ".cls")]
    except ValueError as error:
        draft.faults[name] = f"its notes cannot be read: {error}"
        return
    draft.say(name, texts[0] or notes.text, name)
    draft.call(name, texts[1] or notes.label)


def _content(member: Member | None) -> bytes:
    if member is None:
        return b""
    if member.size > MAX_TEXT:
        raise ValueError(f"{member.name} has {member.size:,} bytes, at most {MAX_TEXT:,} are read")
    return member()


def _text(member: Member | None) -> str:
    return unicode(_content(member)).strip()
