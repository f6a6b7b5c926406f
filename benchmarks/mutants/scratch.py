"""A copy of the tree in which tests run while one file is changed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "tools", "benchmarks", "docs", ".ci")
IGNORED = shutil.ignore_patterns("__pycache__", ".*cache", "*.egg-info", ".build")


@dataclass(frozen=True)
class Ran:
    """How a run of pytest ended: its exit code (None: killed), its first failure, its output."""

    code: int | None
    seconds: float
    failed: str
    output: str

    @property
    def passed(self) -> bool:
        """All tests passed, or none was left to run."""
        return self.code in (0, 5)


@dataclass
class Scratch:
    """A copy of the tree in a folder of its own; ``sound`` are tests that pass in it unchanged."""

    folder: Path
    sound: set[str] = field(default_factory=set)
    changes: int = 0

    @classmethod
    def of(cls, folder: Path, root: Path = ROOT) -> "Scratch":
        """Copy what tests need: folders with code and documents, and the files beside them."""
        for name in COPIED:
            if (root / name).is_dir():
                shutil.copytree(root / name, folder / "tree" / name, ignore=IGNORED)
        for path in root.iterdir():
            if path.is_file():
                shutil.copy2(path, folder / "tree" / path.name)
        return cls(folder)

    @contextmanager
    def changed(self, file: str, text: str) -> Iterator[None]:
        """One file is another inside the block.

        Each change has a time of its own, and the old time comes back with the old text, so that
        compiled files are neither taken for another's nor made again.
        """
        path = self.folder / "tree" / file
        before, modified = path.read_bytes(), int(path.stat().st_mtime)
        self.changes += 1
        path.write_text(text, encoding="utf-8")
        os.utime(path, (modified, modified + self.changes))
        try:
            yield
        finally:
            path.write_bytes(before)
            os.utime(path, (modified, modified))

    def pytest(
        self,
        words: Sequence[str],
        tests: Sequence[str] = (),
        timeout: float | None = None,
        settings: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
    ) -> Ran:
        """Run pytest on one thread, without parallel workers and without caches that last.

        Args:
            words: pytest's own arguments.
            tests: run only these of the collected tests, in this order; empty: all.
            timeout: seconds after which the whole group of processes is killed.
            settings: further environment variables.
            under: a module that runs pytest and its arguments, such as ``coverage run``.
        """
        scratch = self.folder / "run"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        environment = {**_environment(self.folder, scratch), **(settings or {})}
        if tests:
            (scratch / "tests").write_text("\n".join(tests), encoding="utf-8")
            environment["MUTANTS_TESTS"] = str(scratch / "tests")
        module = [*under, "-m", "pytest"] if under else ["pytest"]
        options = ["-q", "-p", "no:cacheprovider", "-p", "benchmarks.mutants.plugin", "-n", "0"]
        options += ["--basetemp", str(scratch / "temporary"), *words]
        start = time.perf_counter()
        with (scratch / "output").open("w+", encoding="utf-8") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *module, *options],
                cwd=self.folder / "tree",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            code = _ended(process, timeout)
            output.seek(0)
            text = output.read()
        failed = scratch / "failed"
        name = failed.read_text(encoding="utf-8") if failed.exists() else ""
        return Ran(code, time.perf_counter() - start, name, text)


def _environment(folder: Path, scratch: Path) -> dict[str, str]:
    shared = os.environ.get("ISTHMUS_SHARED", str(ROOT.parent / "shared"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    kept.pop("CI", None)  # skipped tests are no fault here
    return {
        **kept,
        "PYTHONPATH": str(folder / "tree" / "src"),
        "ISTHMUS_CACHE": str(scratch / "cache"),
        "ISTHMUS_SHARED": shared,
        "MUTANTS_FAILED": str(scratch / "failed"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _ended(process: subprocess.Popen[bytes], timeout: float | None) -> int | None:
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
