"""Jobs that survive anything: items cut into shards, each committed, resumed from the manifest.

A job folder holds ``manifest.jsonl`` (one line a shard: counts, faults by name, fingerprint),
``contents.json`` (content hashes of files) and the fragments, one a shard, in ``fragments/`` or
where the task puts them. What is made of a shard, and how it is kept, is the task's affair.
"""

import logging
import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic

from isthmus.engine.content_index import ContentIndex
from isthmus.engine.engines import Share, open_engine
from isthmus.engine.manifest import Line, append_line, digest, read_manifest, write_manifest
from isthmus.engine.tasks import Fragment, T, Task
from isthmus.records import dataclass
from isthmus.store import MARKER, mark, sweep
from isthmus.types import Items, RequestError
from isthmus.types.errors import DISK_FULL

SHARD = 512
"""Items a shard: what is computed again at most after a kill."""

_FRAGMENT = re.compile(r".+-[0-9]{6,}-[0-9a-f]+\.safetensors")
LONG = 60.0
"""Seconds of work from which on they are spoken of."""
KEPT = (
    " What is done is kept: stop at any time, and go on with the same command. Quicker: fewer "
    "items (a smaller folder or split; of meshes --limit 10)."
)
_log = logging.getLogger("isthmus")


@dataclass(frozen=True)
class JobOptions:
    """How a job runs; only ``shard_size`` and ``batch_size`` may change its bytes."""

    batch_size: int = 0
    """Items encoded at once; 0 leaves it to the encoder."""
    shard_size: int = SHARD
    rehash: bool = False
    """Read every file again, whatever size and modification time say."""
    progress: bool = False
    replace: bool = False
    """Replace results of another space or of other items, instead of refusing."""
    wait: bool = False
    """Wait for another job that is writing to the folder, instead of refusing."""
    engine: str = "local"
    """Where shards are worked on: ``local``, or ``ray[:HOST:PORT]``, a Ray cluster."""
    share: Share = Share()
    """What a shard takes of a machine of a cluster."""

    def __post_init__(self) -> None:
        if self.batch_size < 0 or self.shard_size < 1:
            raise RequestError(
                f"A job takes a batch size of 1 or more (0 leaves it to the encoder) and a shard "
                f"size of 1 or more, not {self.batch_size} and {self.shard_size}."
            )


@dataclass(frozen=True, eq=False)
class Job(Generic[T]):
    """What a job has done: the fragments of all its shards."""

    fragments: tuple[Fragment[T], ...]
    lines: tuple[Line, ...]
    """Of the manifest, one a fragment."""
    new: tuple[str, ...]
    """Items worked on in this run; the others were there already."""

    @property
    def faults(self) -> dict[str, str]:
        """Reason by id of each item that was skipped."""
        return {name: why for one in self.fragments for name, why in one.faults.items()}


def run_job(folder: Path, task: Task[T], items: Items, options: JobOptions) -> Job[T]:
    """Do a task's work on items in a folder, skipping every shard that is there already.

    The folder ends byte-equal whether or not the job was interrupted, and in whatever order an
    engine finishes its shards: a fragment depends on its own items only, and the manifest is sorted
    at the end. This process alone writes to the folder. Shards of earlier runs that are none of
    this one stay, for fewer items now may be all of them again next time.

    Raises:
        RequestError: another job is writing to the folder, the task refuses it, or the disk is
            full (what is done stays done).
    """
    with _disk_space(folder), alone(folder, "job", options.wait):
        mark(folder)
        manifest, contents = folder / "manifest.jsonl", folder / "contents.json"
        done = {line.key: line for line in read_manifest(manifest)}
        if not options.replace:
            task.accept(folder, list(done.values()), items)
        run = open_engine(options.engine, options.share)
        index, new = ContentIndex(contents, options.rehash), list[str]()
        lines, begun = dict[int, Line](), dict[int, Line]()
        write_manifest(manifest, done.values())
        with bar(len(items), task.what, options.progress, KEPT) as tick:

            def due() -> Iterator[tuple[int, Items]]:
                for number, shard in enumerate(_shards(items, options.shard_size)):
                    name, wanted = task.name(shard), task.fingerprint(shard, index)
                    line = done.pop(name or str(number), None)
                    if line is None or line.fingerprint != wanted or not line.whole(folder):
                        begun[number] = Line(number, wanted, "", len(shard), 0, name=name)
                        new.extend(shard.ids)
                        yield number, shard
                    else:
                        lines[number] = replace(line, shard=number)
                        tick(len(shard))

            with closing(run(task, due(), tick)) as finished:
                for number, fragment in finished:
                    lines[number] = _commit(folder, task, fragment, begun.pop(number))
        assert not begun, f"the engine {options.engine} left shards undone: {sorted(begun)}"
        index.save()
        made = [lines[number] for number in sorted(lines)]
        kept = [*made, *(() if options.replace else done.values())]
        write_manifest(manifest, kept)
        _sweep(folder, kept)
        return Job(tuple(task.read(folder, line) for line in made), tuple(made), tuple(new))


def job_files(folder: Path) -> list[Path]:
    """What a job keeps in its folder, by its name; whatever else is there is not the job's."""
    fragments = folder / "fragments"
    kept = [] if fragments.is_symlink() else sorted(fragments.glob("*"))
    own = [folder / name for name in ("manifest.jsonl", "contents.json", MARKER)]
    return [*(path for path in kept if _FRAGMENT.fullmatch(path.name)), *own]


def remove_job(folder: Path) -> None:
    """Remove what a job keeps, and the folder if nothing else is in it.

    Raises:
        RequestError: the job is running.
    """
    with alone(folder, "job"):
        for path in (*job_files(folder), folder / ".lock"):
            path.unlink(missing_ok=True)
        for place in (folder / "fragments", folder):
            sweep(place)
            with suppress(OSError):  # it does not exist, is a link, or holds something else
                place.rmdir()


@contextmanager
def bar(
    total: int, what: str, show: bool, quick: str = "", after: float = 1.0
) -> Generator[Callable[[int], Any]]:
    """A progress bar on a terminal, as a context that gives the function to tick it with.

    As soon as it can be told that the work takes more than a minute, that is said, once; as a
    warning, which Python shows in scripts and notebooks that set up no logging.

    Args:
        total: items to be done.
        what: what the items are called, in the plural.
        show: whether there is a bar, and a word about the time.
        quick: how it may be had sooner.
        after: seconds from which on it can be told.
    """
    from tqdm import tqdm

    start, said = time.monotonic(), not show
    hidden = None if show else True  # None: tqdm looks whether there is a terminal
    with tqdm(total=total, desc=what, unit="item", disable=hidden, leave=False) as line:
        done = 0

        def tick(count: int) -> None:
            nonlocal done, said
            done += count
            line.update(count)
            spent = time.monotonic() - start
            if (
                not said
                and spent > after
                and (left := spent / max(done, 1) * (total - done)) > LONG
            ):
                said = True
                _log.warning(long_words(total, what, left) + quick)

        yield tick


def long_words(total: int, what: str, seconds: float) -> str:
    """What is said of work that takes more than ``LONG`` seconds."""
    minutes = round(seconds / 60)
    about = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"{total:,} {what} take about {about}."


@contextmanager
def alone(folder: Path, what: str, wait: bool = False) -> Generator[None]:
    """No other process writes to the folder meanwhile; the system lets go of a killed one's lock.

    Raises:
        RequestError: another one does, and is not waited for.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        if not wait:
            raise RequestError(
                f"Another {what} is writing to {folder}: wait until it is done, or choose another "
                "folder."
            ) from None
        _log.info("Another %s is writing to %s; waiting for it.", what, folder)
        lock.acquire(timeout=-1)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _disk_space(folder: Path) -> Generator[None]:
    """A full disk in one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        kept = len(read_manifest(folder / "manifest.jsonl"))
        raise RequestError(
            f"The disk of {folder} is full. Finished shards are kept ({kept:,}): free some space "
            "and run the same command again to go on."
        ) from error


def _shards(items: Items, size: int) -> Iterator[Items]:
    for start in range(0, len(items), size):
        stop = start + size
        yield Items(items.modality, items.ids[start:stop], items.payload[start:stop])


def _commit(folder: Path, task: Task[T], fragment: Fragment[T], line: Line) -> Line:
    line = replace(line, vectors=len(fragment.ids), faults=fragment.faults)
    line = task.write(folder, fragment, line)
    if line.file:
        line = replace(line, content=digest(folder / line.file))
    append_line(folder / "manifest.jsonl", line)
    return line


def _sweep(folder: Path, lines: Sequence[Line]) -> None:
    """Remove fragments that no line names any more, and parts that a kill left behind.

    Only files that are called like fragments are looked at, and nothing behind a symbolic link.
    """
    for place in (folder, folder / "fragments"):
        sweep(place)
    wanted = {folder / line.file for line in lines}
    for path in job_files(folder):
        if path.parent != folder and path not in wanted:
            path.unlink()
