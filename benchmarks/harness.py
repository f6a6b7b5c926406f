"""What every benchmark needs: alternating runs, peak memory, and a JSON file of what was found."""

import json
import platform
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("isthmus", "numpy", "scipy", "onnxruntime", "pillow", "torch", "open_clip_torch")


@dataclass(frozen=True)
class Comparison:
    """Seconds of two ways to do one thing, measured in turn so that both see the same machine."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times faster ours is: median of theirs over median of ours."""
        return statistics.median(self.theirs) / statistics.median(self.ours)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"ours": self.ours, "theirs": self.theirs, "ratio": round(self.ratio, 3)}


def alternate(ours: Callable[[], Any], theirs: Callable[[], Any], runs: int = 7) -> Comparison:
    """Time both, once each to warm up and then ``runs`` times in turn."""
    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    first, second = zip(*pairs, strict=True)
    return Comparison(first, second)


def seconds(action: Callable[[], Any]) -> float:
    """Wall seconds of one run."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


class PeakMemory:
    """Peak resident and anonymous memory of a process inside a ``with`` block, in MB (Linux).

    Pages of memory-mapped files count as resident but not as anonymous: the system can drop them.
    """

    def __init__(self, process: int | str = "self") -> None:
        self._status = Path(f"/proc/{process}/status")

    def __enter__(self) -> "PeakMemory":
        self.resident = self.anonymous = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self._look()
        self._look()

    def _look(self) -> None:
        try:
            lines = self._status.read_text(encoding="ascii").splitlines()
        except (FileNotFoundError, ProcessLookupError):  # it has ended
            return
        found = dict(line.split(":", 1) for line in lines)
        if "RssAnon" not in found:  # it is ending
            return
        self.resident = max(self.resident, int(found["VmRSS"].split()[0]) / 1024)
        self.anonymous = max(self.anonymous, int(found["RssAnon"].split()[0]) / 1024)


def write_results(name: str, values: Mapping[str, Any]) -> Path:
    """Write ``results/NAME.json`` with the machine and the versions beside the values."""
    versions: dict[str, str] = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    machine = {"processor": _processor(), "cores": _cores(), "system": platform.system()}
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    record = {"machine": machine, "python": platform.python_version(), "versions": versions}
    path.write_text(json.dumps({**record, **values}, indent=1) + "\n", encoding="utf-8")
    return path


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0))
