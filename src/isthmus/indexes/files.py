"""What is in a folder: every file with its modality, archives by their members.

Nothing is unpacked: members of tar and zip files are read where they stand.
"""

import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from isthmus.read import modalities
from isthmus.read.recognise import modality_of
from isthmus.records import dataclass
from isthmus.store import readable
from isthmus.types import ItemError, RequestError
from isthmus.worlds.drafts import hidden
from isthmus.worlds.folders import files_below
from isthmus.worlds.shards import Member, members

BESIDE = (".mtl", ".bin")
"""Files that meshes mention, which are read with them."""
MAX_MEMBER = 1 << 30
"""Bytes of the largest member of a zip file that is unpacked in memory."""


@dataclass(frozen=True)
class ZipMember:
    """A file inside a zip, unpacked in memory when it is called."""

    archive: Path
    name: str

    def __str__(self) -> str:
        return f"{self.archive.name}/{self.name}"

    def __call__(self) -> bytes:
        """Its bytes."""
        with zipfile.ZipFile(self.archive) as opened:
            return opened.read(self.name)


@dataclass(frozen=True)
class Entry:
    """A file of a folder, or a member of an archive in it."""

    file: str
    """Path in the folder with ``/`` between its parts; of a member ``ARCHIVE/PATH``."""
    modality: str
    source: Path | Member | ZipMember

    @property
    def item(self) -> Any:
        """What readers take: a path, or the bytes of a member."""
        return self.source if isinstance(self.source, Path) else self.source()


def entries(folder: Path, but: Path) -> tuple[list[Entry], dict[str, str]]:
    """The files below a folder, by their paths, and what is no item with its reason.

    Args:
        folder: links to folders in it are followed, each folder once; hidden files are passed over.
        but: a folder that is left out: that of the index.

    Raises:
        RequestError: no such folder, or it cannot be read.
    """
    found, faults, but = list[Entry](), dict[str, str](), but.resolve()
    for path in files_below(folder, "files", faults):
        if path.suffix.lower() in BESIDE or path.resolve().is_relative_to(but):
            continue
        name = readable(path.relative_to(folder).as_posix())
        try:
            found += _entries(path, name, faults)
        except RequestError as error:
            faults[name] = str(error)
    return sorted(found, key=lambda entry: entry.file), dict(sorted(faults.items()))


def wayless(found: Sequence[Entry], encoders: Collection[str], name: str) -> dict[str, str]:
    """Files of modalities that the space does not encode."""
    return {
        entry.file: f"the space {name} has no way for {entry.modality} items"
        for entry in found
        if entry.modality not in encoders
    }


def entry_of(root: Path, file: str, modality: str) -> Entry:
    """The item of an index by its file, which may be a member of an archive.

    Raises:
        ItemError: the file is gone.
    """
    path = root / file
    if path.is_file():
        return Entry(file, modality, path)
    for archive in path.parents:
        if archive.is_file():
            name = path.relative_to(archive).as_posix()
            faults: dict[str, str] = {}
            some = members if archive.suffix.lower() == ".tar" else _zipped
            found = next((one for one in some(archive, faults) if one.name == name), None)
            if found is not None:
                return Entry(file, modality, found)
            break
    raise ItemError(f"{file} is no longer there.")


def _entries(path: Path, name: str, faults: dict[str, str]) -> Iterator[Entry]:
    suffix = path.suffix.lower()
    if suffix not in (".tar", ".zip"):
        try:
            yield Entry(name, modality_of(path), path)
        except RequestError:
            faults[name] = f"is of a type that is not read ({suffix or 'no suffix'})"
        return
    inside: dict[str, str] = {}
    some = members(path, inside) if suffix == ".tar" else _zipped(path, inside)
    before = name.removesuffix(path.name)  # faults are known by the name of their archive
    for one in some:
        kind = _named(one.name)
        if kind:
            yield Entry(f"{before}{one}", kind, one)
        elif PurePosixPath(one.name).suffix.lower() not in BESIDE:
            inside[str(one)] = "has a name that does not tell what it holds"
    faults.update({before + member: why for member, why in inside.items()})


def _zipped(path: Path, faults: dict[str, str]) -> Iterator[ZipMember]:
    """The plain files of a zip; everything else but hidden files is added to the faults."""
    try:
        with zipfile.ZipFile(path) as opened:
            infos = opened.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RequestError(f"is no zip file that can be read: {error}") from error
    seen = set[str]()
    for info in infos:
        place = PurePosixPath(info.filename)
        member = ZipMember(path, info.filename)
        why = _fault(info, place)
        if info.is_dir() or (hidden(place) and not why):
            continue
        if why or info.filename in seen:
            faults[readable(str(member))] = why or "appears twice in its archive"
        else:
            seen.add(info.filename)
            yield member


def _fault(info: zipfile.ZipInfo, place: PurePosixPath) -> str:
    if place.is_absolute() or ".." in place.parts or "\\" in info.filename:
        return "has a path that leaves the archive"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.file_size > MAX_MEMBER:
        return f"unpacks to {info.file_size:,} bytes, at most {MAX_MEMBER:,} are read"
    return ""


def _named(name: str) -> str:
    """The modality that a member's name tells; empty if it tells none."""
    ends = ((one.name, one.suffixes) for one in modalities().values() if one.suffixes)
    return next((kind for kind, suffixes in ends if name.lower().endswith(suffixes)), "")


def by_modality(found: Iterable[Entry], known: Mapping[str, Any]) -> dict[str, list[Entry]]:
    """The entries of each modality that is known, in the order of these."""
    sorted_out: dict[str, list[Entry]] = {name: [] for name in known}
    for entry in found:
        if entry.modality in sorted_out:
            sorted_out[entry.modality].append(entry)
    return {name: some for name, some in sorted_out.items() if some}
