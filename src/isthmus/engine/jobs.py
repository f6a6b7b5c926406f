"""Jobs that survive anything: items cut into shards, each committed, resumed from the manifest.

A job folder holds ``manifest.jsonl`` (one line a shard: counts, faults by name, fingerprint),
``contents.json`` (content hashes of files) and the fragments, one a shard, in ``fragments/`` or
where the task puts them. What is made of a shard, and how it is kept, is the task's affair.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from isthmus.engine.content_index import ContentIndex
from isthmus.engine.manifest import Line, append_line, digest, read_manifest, write_manifest
from isthmus.records import dataclass
from isthmus.types import Items, RequestError
from isthmus.types.errors import DISK_FULL

T = TypeVar("T")
"""What is made of a shard: vectors, pictures, ..."""

SHARD = 512
"""Items a shard: what is computed again at most after a kill."""


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

    def __post_init__(self) -> None:
        if self.batch_size < 0 or self.shard_size < 1:
            raise RequestError(
                f"A job takes a batch size of 1 or more (0 leaves it to the encoder) and a shard "
                f"size of 1 or more, not {self.batch_size} and {self.shard_size}."
            )


@dataclass(frozen=True, eq=False)
class Fragment(Generic[T]):
    """What was made of the items of a shard, and the faults of those of which nothing could be."""

    made: T
    ids: tuple[str, ...]
    """Of the items of which there is a result."""
    faults: dict[str, str]
    """Reason by id of each item that was skipped."""


@runtime_checkable
class Task(Protocol[T]):
    """What a job does with its items: the same bytes of a shard, whatever ran before it."""

    @property
    def what(self) -> str:
        """What the items are called on the progress bar."""
        ...

    def accept(self, folder: Path, done: Sequence[Line], items: Items, /) -> None:
        """Refuse a folder that holds something else: raises RequestError."""
        ...

    def name(self, shard: Items, /) -> str:
        """What the shard is known by, wherever it stands; empty for its number."""
        ...

    def fingerprint(self, shard: Items, contents: ContentIndex) -> str:
        """Of everything that decides the fragment's bytes."""
        ...

    def run(self, shard: Items, tick: Callable[[int], Any]) -> Fragment[T]:
        """The work itself; ``tick`` is told how many items are done."""
        ...

    def write(self, folder: Path, fragment: Fragment[T], line: Line) -> Line:
        """Keep a fragment; the line with ``file``, and whatever else is to be known of it."""
        ...

    def read(self, folder: Path, line: Line) -> Fragment[T]:
        """The fragment that was kept."""
        ...


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

    The folder ends byte-equal whether or not the job was interrupted: a fragment depends on its
    own items only, and the manifest is sorted at the end. Shards of earlier runs that are none of
    this one stay, for fewer items now may be all of them again next time.

    Raises:
        RequestError: another job is writing to the folder, the task refuses it, or the disk is
            full (what is done stays done).
    """
    with _disk_space(folder), _alone(folder):
        manifest, contents = folder / "manifest.jsonl", folder / "contents.json"
        done = {line.key: line for line in read_manifest(manifest)}
        if not options.replace:
            task.accept(folder, list(done.values()), items)
        index, lines, new = ContentIndex(contents, options.rehash), list[Line](), list[str]()
        write_manifest(manifest, done.values())
        with bar(len(items), task.what, options.progress) as tick:
            for number, shard in enumerate(_shards(items, options.shard_size)):
                name, mark = task.name(shard), task.fingerprint(shard, index)
                line = done.pop(name or str(number), None)
                if line is None or line.fingerprint != mark or not line.whole(folder):
                    fragment = task.run(shard, tick)
                    line = Line(number, mark, "", len(shard), len(fragment.ids), fragment.faults)
                    line = _commit(folder, task, fragment, replace(line, name=name))
                    new += shard.ids
                else:
                    tick(len(shard))
                lines.append(replace(line, shard=number))
        index.save()
        kept = [*lines, *(() if options.replace else done.values())]
        write_manifest(manifest, kept)
        _sweep(folder, kept)
        return Job(tuple(task.read(folder, line) for line in lines), tuple(lines), tuple(new))


@contextmanager
def bar(total: int, what: str, show: bool) -> Generator[Callable[[int], Any]]:
    """A progress bar as a context that gives the function to tick it with."""
    from tqdm import tqdm

    with tqdm(total=total, desc=what, unit="item", disable=not show, leave=False) as line:
        yield line.update


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """No other job writes to the folder meanwhile; the system lets go of a killed job's lock."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise RequestError(
            f"Another job is writing to {folder}: wait until it is done, or choose another folder."
        ) from None


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
            f"The disk of {folder} is full. The {kept} finished shards are kept: free some space "
            "and run the same command again to go on."
        ) from error


def _shards(items: Items, size: int) -> Iterator[Items]:
    for start in range(0, len(items), size):
        stop = start + size
        yield Items(items.modality, items.ids[start:stop], items.payload[start:stop])


def _commit(folder: Path, task: Task[T], fragment: Fragment[T], line: Line) -> Line:
    line = task.write(folder, fragment, line)
    if line.file:
        line = replace(line, content=digest(folder / line.file))
    append_line(folder / "manifest.jsonl", line)
    return line


def _sweep(folder: Path, lines: Sequence[Line]) -> None:
    """Remove fragments that no line names any more, and parts that a kill left behind."""
    wanted = {folder / line.file for line in lines}
    for path in (folder / "fragments").glob("*"):
        if path not in wanted and path.parent not in wanted:
            path.unlink()
    for part in folder.glob(".*.part"):
        part.unlink(missing_ok=True)
