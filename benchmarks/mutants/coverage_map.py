"""Which tests of an area run which lines, and how long they take, from one run under coverage."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutants.scratch import ROOT, Scratch

KEPT = ROOT / ".build" / "mutants"
SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """Tests for a change in their order, and how many more there are that time does not allow."""

    tests: tuple[str, ...]
    left: int
    seconds: float


@dataclass(frozen=True)
class CoverageMap:
    """Seconds of each test; for each file of ``src`` and line, the tests that run it."""

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]

    def plan(self, file: str, lines: set[int], budget: float = SECONDS) -> Plan:
        """Tests that run one of the lines, the fastest first, then others that run the file.

        The others are there since what is cached or made on import runs in one test only, and is
        seen by others. A line that nothing runs, not even an import, has no tests.
        """
        of_file = self.lines.get(file, {})
        if not any(line in of_file for line in lines):
            return Plan((), 0, 0.0)
        first = {test for line in lines for test in of_file.get(line, [])}
        more = {test for some in of_file.values() for test in some} - first
        everything = set(self.seconds) - first - more if not first and not more else set()
        ordered = [
            test
            for group in (first, more, everything)
            for test in sorted(group & self.seconds.keys(), key=lambda test: self.seconds[test])
        ]
        chosen: list[str] = []
        total = 0.0
        for test in ordered:
            if chosen and total + self.seconds[test] > budget:
                break
            chosen.append(test)
            total += self.seconds[test]
        return Plan(tuple(chosen), len(ordered) - len(chosen), total)


def digest(area: str, root: Path = ROOT) -> str:
    """The same while neither the source nor the tests of an area change."""
    found = hashlib.sha256(area.encode())
    paths = [root / "src", root / "tests" / "conftest.py", *(root / part for part in area.split())]
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            found.update(str(file.relative_to(root)).encode() + file.read_bytes())
    return found.hexdigest()[:16]


def mapped(area: str, scratch: Scratch, *, slow: bool = False) -> CoverageMap:
    """The map of an area, made once for a state of source and tests.

    Raises:
        RuntimeError: the tests do not pass on the unchanged tree.
    """
    path = KEPT / f"{digest(area, scratch.folder / 'tree')}{'-slow' if slow else ''}.json"
    if not path.exists():
        print(f"One run of {area} under coverage", flush=True)
        found = _recorded(area, scratch, slow)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found), encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    lines = {
        file: {int(line): [kept["tests"][test] for test in some] for line, some in found.items()}
        for file, found in kept["lines"].items()
    }
    return CoverageMap(kept["seconds"], lines)


def _recorded(area: str, scratch: Scratch, slow: bool) -> dict[str, object]:
    from coverage import CoverageData

    tree, data, record = (
        scratch.folder / "tree",
        scratch.folder / "lines",
        scratch.folder / "seconds",
    )
    ran = scratch.pytest(
        [*area.split(), *([] if slow else ["-m", "not slow"])],
        settings={"MUTANTS_RECORD": str(record)},
        under=["coverage", "run", f"--data-file={data}", f"--source={tree / 'src'}"],
    )
    if not ran.passed:
        raise RuntimeError(f"The tests of {area} fail on the unchanged tree:\n{ran.output[-3000:]}")
    kept = json.loads(record.read_text(encoding="utf-8"))
    users: dict[str, set[str]] = defaultdict(set)
    for test, fixtures in kept["fixtures"].items():
        users[test].add(test)
        for fixture in fixtures:
            users[fixture].add(test)
    tests = sorted(kept["seconds"])
    number = {test: at for at, test in enumerate(tests)}
    found = CoverageData(str(data))
    found.read()
    lines = {
        str(Path(file).relative_to(tree)): {
            line: sorted({number[test] for context in contexts for test in users[context]})
            for line, contexts in found.contexts_by_lineno(file).items()
        }
        for file in sorted(found.measured_files())
    }
    return {"seconds": kept["seconds"], "tests": tests, "lines": lines}
