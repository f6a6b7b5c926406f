"""Nodes of Ray on this machine, for benchmarks and tests: started, watched, and killed by id.

Each is started in a session of its own, which holds all processes that come of it, and listens
behind a token that is made up for the cluster.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

STORE = 150_000_000
"""Bytes of a node's object store."""


class Cluster:
    """Nodes of Ray on this machine, each a session of processes that is killed by their ids."""

    def __init__(self) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))  # sockets want a short path
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        usage = {"RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}
        self.environment = {**os.environ, **token, **usage}
        self.sessions: list[int] = []

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        for number in range(len(self.sessions)):
            self.kill(number)
        shutil.rmtree(self.room, ignore_errors=True)

    @property
    def engine(self) -> str:
        """What ``--engine`` takes."""
        return f"ray:127.0.0.1:{self.port}"

    def add(self, cores: int = 1) -> None:
        """Start a node: the head, or one more."""
        head = ("--head", f"--port={self.port}", "--include-dashboard=false")
        place = f"--node-ip-address=127.0.0.{len(self.sessions) + 1}"
        how = (*head, f"--temp-dir={self.room}") if not self.sessions else (
            f"--address=127.0.0.1:{self.port}",)  # fmt: skip
        size = (f"--num-cpus={cores}", f"--object-store-memory={STORE}", "--disable-usage-stats")
        program = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "start"]
        with (self.room / "start.log").open("a") as log:
            started = subprocess.Popen(
                [*program, *how, place, *size],
                env=self.environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )
        self.sessions.append(started.pid)
        if started.wait(120):
            raise RuntimeError((self.room / "start.log").read_text())

    def busy(self, number: int) -> bool:
        """Whether a process of a node works on a shard."""
        for pid in _session(self.sessions[number]):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::_work"):
                    return True
        return False

    def kill(self, number: int) -> None:
        """Kill every process of a node, as a machine ends that loses its power."""
        for _ in range(3):
            for pid in _session(self.sessions[number]):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)


def _stat(pid: int) -> list[str]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _session(number: int) -> list[int]:
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if (_stat(pid) or ["", "", "", ""])[3] == str(number)]


def _cpu(pid: int) -> float:
    ticks = sum(map(int, _stat(pid)[11:15]))  # with those of children that have ended
    return ticks / os.sysconf("SC_CLK_TCK")


class CpuSeconds:
    """Processor seconds of a cluster's processes inside a ``with`` block, ended ones included."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._stop = cluster, threading.Event()
        self._first, self._last = dict[int, float](), dict[int, float]()

    def __enter__(self) -> "CpuSeconds":
        self._look(self._first)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def seconds(self) -> float:
        """Up to the last look, of which there are four a second."""
        return sum(self._last.values()) - sum(self._first.get(pid, 0) for pid in self._last)

    def _watch(self) -> None:
        while not self._stop.wait(0.25):
            self._look(self._last)

    def _look(self, into: dict[int, float]) -> None:
        for session in self._cluster.sessions:
            into |= {pid: _cpu(pid) for pid in _session(session)}
