"""Run folders: one a run, known as isthmus' own from the first moment, written to by one process.

``.isthmus`` says what was asked for, so that the same request goes on where it was stopped, and
another one gets a folder of its own. ``config.json``, written last, is the sign of a finished run.
"""

import logging
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from itertools import count
from pathlib import Path
from typing import Any

from isthmus.arrays import fingerprint
from isthmus.engine.content_index import file_digest
from isthmus.engine.jobs import alone
from isthmus.store import MARKER, mark, marked, read_json, slug, sweep, write_json
from isthmus.types import RequestError, request_to_dict
from isthmus.version import __version__

CONFIG = "config.json"
SMALL = 64 << 20
"""Bytes up to which a file is known by its content, above by size and time."""
SILENT = ("device", "workers", "engine", "json", "quiet", "strict", "rehash", "debug", "verbose")
"""Options of every command that change nothing that is found."""
UNASKED = ("out", "open", *SILENT)
"""Options that say where a run goes and what is printed of it, not what is asked."""
UNMARKED = (
    "jobs/**/manifest.jsonl",
    "embeddings/*/vectors.safetensors",
    "report.json",
    "variants/*/checkpoint.safetensors",
    "targets.safetensors",
)
"""One of these is in every folder that isthmus wrote before there was a marker."""
LOCK = ".lock"
DEFAULT_WORLD = "glyphs"
"""Where a request names neither a world nor files of one's own; an atlas draws meshes."""
DEFAULT_ATLAS = "furniture"


@contextmanager
def run_folder(request: Any, study: str, *names: str, first: bool = True) -> Generator[Path]:
    """The folder of a run as a context; at its end the request is kept in it as ``config.json``.

    It is the one that was asked for (``request.out``), or ``runs/STUDY-NAMES``: the one of the same
    request on the same data, else a new one. A folder in which nothing was made is removed again.

    Args:
        request: what is asked for, as ``--config`` takes it.
        study: the question.
        *names: what the folder is named after.
        first: False in all but the first of several processes: these only look for the folder.

    Raises:
        RequestError: it holds files that are somebody else's, or a finished run of another study
            or on other data; or another run is writing to it.
    """
    asked, earlier = _described(request, study), None
    stem = slug("-".join(filter(None, (study, *names))))
    for folder in [request.out] if request.out else _numbered(Path("runs") / stem):
        if request.out is None and not _free(folder, asked):
            earlier = folder if _marker(folder).get("request") == asked["request"] else earlier
            continue
        _refuse_foreign(folder, asked)
        if not first:
            yield folder
            return
        made = [one for one in (folder, *folder.parents) if not one.exists()]
        with alone(folder, "run"):
            if request.out is None and not _free(folder, asked):
                continue  # another process was faster
            new = not marked(folder)
            mark(folder, asked)
            if new and earlier:
                _take_over(earlier, folder)
            sweep(folder.resolve(), deep=True)
            try:
                yield folder
                write_json(folder / CONFIG, request_to_dict(request))
            finally:
                _remove_empty(folder, made)
        return


def _numbered(folder: Path) -> Iterator[Path]:
    yield folder
    yield from (folder.with_name(f"{folder.name}-{number}") for number in count(2))


def _described(request: Any, study: str) -> dict[str, str]:
    """What a marker says: hashes of the request, and of the data that it names."""
    values = request_to_dict(request)
    for part, names in ((values, ("out", "open")), (values["common"], SILENT)):
        for name in names:
            part.pop(name, None)
    paths = sorted({path for path in _paths(request) if path != request.out})
    parts = (values, values.get("source", {}))
    unnamed = {"world": DEFAULT_ATLAS if study == "atlas" else DEFAULT_WORLD, "split": "test"}
    worlds = [
        part.get(name) or unnamed.get(name)
        for part in parts
        for name in ("world", "split", "inside")
        if name in part
    ]
    places = [os.fsencode(path.resolve()).hex() for path in paths]
    return {
        "study": study,
        "request": fingerprint(study, __version__, values, places),
        "data": fingerprint([_stamp(path) for path in paths], worlds),
    }


def _paths(part: Any, name: str = "") -> Iterator[Path]:
    """Every path that a request reads from, in the names of spaces too."""
    if isinstance(part, Path) and name not in ("out", "export"):
        yield part
    elif isinstance(part, str) and name in ("space", "spaces", "first", "second", "inside"):
        for text in (part, part.partition(":")[2].partition("?")[0]):
            with suppress(OSError, ValueError):
                if text and Path(text).exists():
                    yield Path(text)
    elif isinstance(part, tuple):
        for one in part:
            yield from _paths(one, name)
    elif is_dataclass(part):
        for one in fields(part):
            yield from _paths(getattr(part, one.name), one.name)


def _stamp(path: Path) -> Any:
    """What changes with a file, or with the files in a folder that are not isthmus' own."""
    if path.is_file():
        stat = path.stat()
        small = stat.st_size <= SMALL
        return file_digest(path) if small else [stat.st_size, stat.st_mtime_ns]
    found: list[Any] = []
    for place, folders, files in os.walk(path):
        inner = [name for name in folders if not name.startswith(".")]
        folders[:] = sorted(name for name in inner if not marked(Path(place, name)))
        for name in sorted(files):
            with suppress(OSError):
                stat = Path(place, name).stat()
                found.append([os.fsencode(name).hex(), stat.st_size, stat.st_mtime_ns])
    return found


def _marker(folder: Path) -> dict[str, Any]:
    """What the marker of a folder says; nothing where there is none, or a damaged one."""
    with suppress(OSError, ValueError):
        found = read_json(folder / MARKER)
        return found if isinstance(found, dict) else {}
    return {}


def _entries(folder: Path) -> set[str]:
    """What is in a folder, but for the lock and what a kill left of the first moment."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set[str]()
    return {name for name in names if name != LOCK and not name.startswith(f".{MARKER}.")}


def _free(folder: Path, asked: dict[str, str]) -> bool:
    """Whether a default folder is for this run: empty, or of the same request on the same data.

    A run that was stopped goes on whatever has become of the data meanwhile.
    """
    if not folder.exists() and not folder.is_symlink():
        return True
    if not folder.is_dir() or not marked(folder):
        return folder.is_dir() and not _entries(folder)
    known = _marker(folder)
    same = known.get("data") == asked["data"] or not (folder / CONFIG).exists()
    return known.get("request") == asked["request"] and same


def _refuse_foreign(folder: Path, asked: dict[str, str]) -> None:
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"Results are written to a folder, but {folder} is a file.")
    there = _entries(folder)
    known = (folder / MARKER).is_file() or any(next(folder.glob(x), None) for x in UNMARKED)
    if there and not known:
        raise RequestError(
            f"{folder} holds files that isthmus did not write, such as {min(there)}: choose a new "
            "or an empty folder."
        )
    held = _marker(folder)
    other = "study" in held and any(held.get(x) != asked[x] for x in ("study", "data"))
    if other and held.get("request") != asked["request"] and (folder / CONFIG).exists():
        raise RequestError(
            f"{folder} holds a finished run of {held['study']}, which is another question, or on "
            "other data than these: choose another folder, or delete that one first."
        )


def _take_over(earlier: Path, folder: Path) -> None:
    """What an earlier run of the request embedded and rendered, so that it is not done again."""
    logging.getLogger("isthmus").info(
        "%s is a run on other data; this one is written to %s.", earlier, folder
    )

    def linked(source: str, target: str) -> None:
        if source.endswith((".json", ".jsonl", MARKER, LOCK)):  # written to, and not replaced
            shutil.copy2(source, target)
        else:
            os.link(source, target)

    for name in ("jobs", "renders", "styles"):
        if (earlier / name).is_dir():
            with suppress(OSError):  # what cannot be linked is made again
                shutil.copytree(earlier / name, folder / name, True, copy_function=linked)


def _remove_empty(folder: Path, made: list[Path]) -> None:
    """Remove the traces of a run of which nothing came, such as that of a refused request.

    Args:
        folder: of the run.
        made: folders that the run made, the innermost first.
    """
    if not _entries(folder) - {MARKER}:
        with suppress(OSError):
            for name in (MARKER, LOCK):
                (folder / name).unlink(missing_ok=True)
            for one in made:
                one.rmdir()
