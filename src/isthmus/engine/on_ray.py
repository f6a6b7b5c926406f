"""Shards as tasks of Ray Core: the same function on many machines, fragments kept by this process.

A task's copy, with its encoder, goes to each process once; shards follow, their files by path, so
that the machines share the folder of the items under one path. Vectors come back, and this process
alone writes: the folder of the job need not be shared, and a machine that was given up cannot write
into it late. Ray's own retries and checkpoints are off (``retries.py`` says what is done instead).
"""

import os
import socket
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from isthmus.engine.engines import Engine, Share
from isthmus.engine.retries import Lost, survived
from isthmus.engine.tasks import Fragment, T, Task
from isthmus.records import dataclass
from isthmus.types import ExtraMissingError, IsthmusError, Items, RequestError
from isthmus.version import __version__

PORT = 6379
"""Where the head of a Ray cluster answers unless it was told otherwise."""
ANSWER, PATIENCE = 5.0, 10.0
"""Seconds until an address must answer, and after which it is asked whether machines are left."""
AHEAD = 2
"""Shards under way for each place, so that none waits for this process."""
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""What a client of gRPC says first; the head of a cluster answers with a frame of the same kind, 4,
while Ray itself waits for minutes for what never answers (RFC 9113, sections 3.4 and 6.5)."""
TOKEN = "export RAY_AUTH_MODE=token and, on every machine, the same RAY_AUTH_TOKEN"


def on_ray(address: str, share: Share) -> Engine:
    """Shards on the Ray cluster at an address, or on one of this machine alone without any.

    Args:
        address: ``HOST`` or ``HOST:PORT`` of its head; this machine must be one of the cluster's.
        share: what a shard takes of a machine.

    Raises:
        RequestError: an address of another form.
        ExtraMissingError: Ray is not installed.
    """
    host, _, port = address.partition(":")
    if address and not (host and (port or "0").isdecimal() and int(port or 0) < 1 << 16):
        raise RequestError(f"--engine ray:HOST:PORT is the head of a cluster, not {address!r}.")
    for name, value in (("RAY_AUTH_MODE", "token"), ("RAY_IGNORE_UNHANDLED_ERRORS", "1")):
        os.environ.setdefault(name, value)  # before Ray is loaded, which reads them then
    _ray()
    place = (host, int(port or PORT)) if address else None

    def run(
        task: Task[T], shards: Iterable[tuple[int, Items]], tick: Callable[[int], Any]
    ) -> Generator[tuple[int, Fragment[T]]]:
        due = iter(shards)
        first = next(due, None)
        if first is None:  # nothing to do: nobody need answer
            return
        connect(place)
        yield from survived(_Cluster(task, share), chain([first], due), tick)

    return run


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise ExtraMissingError("ray", "ray") from None
    return ray


def connect(place: tuple[str, int] | None) -> None:
    """Join the cluster at an address, or the one of this machine, which is started if need be.

    It stays joined until this process ends, whatever address is named next.

    Raises:
        RequestError: nobody answers there, no cluster does, or it wants another token.
    """
    ray = _ray()
    if ray.is_initialized():
        return
    called = f"ray:{place[0]}:{place[1]}" if place else "ray"
    if place:
        try:
            with socket.create_connection(place, ANSWER) as line:
                line.sendall(HELLO)
                said = line.recv(9)
            fault = "" if said[3:4] == HELLO[-6:-5] else "it is no cluster of Ray"
        except OSError as error:
            fault = str(error)
        if fault:
            raise RequestError(
                f"--engine {called} does not answer ({fault}): start a cluster with  ray start "
                f"--head --port {place[1]}  on {place[0]}, or name the address of one."
            )
    # there is no other switch for notices of lost processes, which go to standard output
    ray._private.worker._worker_logs_enabled = False
    address = f"{place[0]}:{place[1]}" if place else None
    try:
        with _silent():
            ray.init(address, log_to_driver=False, logging_level="ERROR")
    except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
        said = str(error).strip().split("\n", maxsplit=1)[0]
        raise RequestError(
            f"--engine {called} cannot be joined ({said}): this machine must be one of the "
            f"cluster's  (ray start --address HOST:PORT), with the same Ray; {TOKEN}."
        ) from None


@contextmanager
def _silent() -> Generator[None]:
    """Nothing is printed meanwhile: Ray's core writes to the terminal what its error says, too."""
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@dataclass(frozen=True)
class _Here:
    """What a machine must have in common with this one."""

    version: str
    folder: str
    """The working directory."""
    file: str
    """A file of the items, if they are files."""


def _here(shard: Items) -> _Here:
    file = ""
    with suppress(Exception):  # a fault of the item is met where it is worked on
        item = shard.payload[0]
        path = getattr(item, "source", item)
        file = str(path) if isinstance(path, Path) and path.exists() else ""
    return _Here(__version__, str(Path.cwd()), file)


class _Cluster:
    """A pool of the cluster's processes.

    Raises:
        RequestError: the task cannot be sent, or no machine has room for a shard.
    """

    def __init__(self, task: Task[Any], share: Share) -> None:
        self.ray, self.share = _ray(), share
        try:
            self.task = self.ray.put(task)
        except Exception as error:
            raise RequestError(
                f"This encoder cannot be sent to other processes ({error}): use --engine local."
            ) from None
        gpus = {"num_gpus": share.gpus} if share.gpus else {}
        self.work = self.ray.remote(num_cpus=share.cores, max_retries=0, **gpus)(_work)
        self.refs: list[Any] = []
        self.places = self._places()

    def room(self) -> int:
        """Shards that can be under way at once."""
        return AHEAD * self.places

    def start(self, shard: Items) -> Any:
        """Begin with a shard."""
        self.refs.append(self.work.remote([self.task], shard, _here(shard)))
        return self.refs[-1]

    def finished(self) -> Sequence[tuple[Any, Fragment[Any] | Lost]]:
        """Wait for a shard, and what came of it."""
        while True:
            done, self.refs = self.ray.wait(self.refs, timeout=PATIENCE)
            if done:
                return [(one, self._outcome(one)) for one in done]
            self.places = self._places()

    def _places(self) -> int:
        """Shards that the machines have room for."""
        alive = [one["Resources"] for one in self.ray.nodes() if one["Alive"]]
        counts = [int(one.get("CPU", 0) // self.share.cores) for one in alive]
        if self.share.gpus:
            gpus = (int(one.get("GPU", 0) // self.share.gpus) for one in alive)
            counts = [min(pair) for pair in zip(counts, gpus, strict=True)]
        if not sum(counts):
            wanted = f"{self.share.cores} processors" + " and a GPU" * bool(self.share.gpus)
            raise RequestError(
                f"No machine of the cluster has {wanted} for a shard: there are {len(alive)} "
                "machines. What is done is kept; add a machine, or ask for less with --workers."
            )
        return sum(counts)

    def _outcome(self, ref: Any) -> Fragment[Any] | Lost:
        errors = self.ray.exceptions
        try:
            return self.ray.get(ref)
        except errors.RayTaskError as error:
            cause: Any = error.cause
            if isinstance(cause, ImportError) and not isinstance(cause, IsthmusError):
                raise RequestError(
                    f"A machine of the cluster cannot load what this one does ({cause}): install "
                    "the same isthmus with the same extras on each."
                ) from None
            raise cause from None
        except (errors.WorkerCrashedError, errors.OutOfMemoryError) as error:
            return Lost(type(error).__name__)
        except errors.RayError as error:
            self.places = self._places()
            return Lost(type(error).__name__, machine=True)


@lru_cache(maxsize=2)
def _opened(ref: Any) -> Task[Any]:
    """A process's own copy of the task, unpickled once."""
    return _ray().get(ref)


def _work(sent: Sequence[Any], shard: Items, here: _Here) -> Fragment[Any]:
    """What a machine of the cluster does with a shard.

    Args:
        sent: where the task is, in a list, so that Ray does not unpickle it for every shard.
        shard: its items.
        here: what the machine must have in common with the one that asks.
    """
    machine = socket.gethostname()
    if here.version != __version__:
        raise RequestError(
            f"{machine} has isthmus {__version__}, but {here.version} asks it: install the same."
        )
    for path in filter(None, (here.folder, here.file)):
        if not Path(path).exists():
            raise RequestError(
                f"{machine} does not see {path}: share its folder with every machine of the "
                "cluster, under the same path."
            )
        if path == here.folder:
            os.chdir(path)  # where the names of files begin
    try:
        return _opened(sent[0]).run(shard, int)
    except (IsthmusError, OSError) as error:
        raise RequestError(f"On {machine}: {error}") from None
