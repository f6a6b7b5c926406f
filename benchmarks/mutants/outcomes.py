"""Trials are run in turn or in parallel, and what became of them is kept in a JSON file."""

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue

from benchmarks.harness import RESULTS, write_results
from benchmarks.mutants.coverage_map import CoverageMap, Plan, digest, mapped
from benchmarks.mutants.scratch import Ran, Scratch
from benchmarks.mutants.trials import Trial

CAUGHT = ("failed", "timeout")
"""Outcomes that count as caught; the others are ``survived``, ``not run`` (no test runs the line)
and ``unsound`` (the test that failed does so without the change)."""


@dataclass(frozen=True)
class Outcome:
    """What became of one change.

    ``by`` is the test that failed, ``tests`` how many were chosen, ``left`` how many more run the
    same file and had no time. ``change`` and ``state`` tell whether it must run again.
    """

    outcome: str
    by: str
    seconds: float
    tests: int
    left: int
    change: str
    state: str
    file: str
    diff: str

    @property
    def caught(self) -> bool:
        """Whether a test noticed."""
        return self.outcome in CAUGHT


def attempt(
    trial: Trial,
    scratch: Scratch,
    found: CoverageMap | None = None,
    *,
    slow: bool = False,
    first: str = "",
) -> Outcome:
    """Make the change, run the tests, and see whether one that passes without it fails.

    ``first`` is a test to try before the others, such as the one that noticed an earlier time.
    """
    state = digest(trial.area, scratch.folder / "tree")
    about = {"change": trial.fingerprint, "state": state, "file": trial.file, "diff": trial.diff}
    words, timeout = [*trial.area.split(), *([] if slow else ["-m", "not slow"])], 900.0
    plan = Plan((), 0, 0.0)
    if found is not None:
        plan = found.plan(trial.file, trial.lines)
        if not plan.tests:
            return Outcome("not run", "", 0.0, 0, 0, **about)
        words = sorted({test.split("::")[0] for test in plan.tests})
        timeout = 60 + 5 * plan.seconds
    with scratch.changed(trial.file, trial.after):
        ran = _ran_first(first, scratch)
        if ran is None or ran.passed:
            ran = scratch.pytest(["-x", *words], plan.tests, timeout)
    outcome = "timeout" if ran.code is None else "survived" if ran.passed else "failed"
    if outcome == "failed" and not _sound(ran.failed, words, scratch):
        outcome = "unsound"
    seconds = round(ran.seconds, 1)
    return Outcome(outcome, ran.failed, seconds, len(plan.tests), plan.left, **about)


def _ran_first(test: str, scratch: Scratch) -> Ran | None:
    """How one test ended; None if there is no such file."""
    file = test.split("::")[0]
    there = test and (scratch.folder / "tree" / file).is_file()
    return scratch.pytest(["-x", file], [test]) if there else None


def _sound(failed: str, words: Sequence[str], scratch: Scratch) -> bool:
    """Whether the failed test, or the collection that failed, passes on the unchanged tree."""
    if failed not in scratch.sound:
        one = "::" in failed
        again = scratch.pytest(
            [failed.split("[")[0]] if one else [*words, "--collect-only"], [failed] if one else ()
        )
        if again.code != 0:
            return False
        scratch.sound.add(failed)
    return True


@dataclass(frozen=True)
class Settings:
    """How trials are run.

    ``results`` is the file in ``benchmarks/results`` without its suffix: the test that noticed a
    change goes first. ``use_map`` runs only tests that run the changed lines, after a run of each
    area. ``slow`` runs tests marked slow too, ``jobs`` that many trials at once, ``again`` also
    what is recorded; ``keep`` records.
    """

    results: str
    use_map: bool = True
    slow: bool = False
    jobs: int = 1
    again: bool = False
    keep: bool = True


def run_all(trials: Sequence[Trial], told: Settings, known: Collection[str]) -> dict[str, Outcome]:
    """Run what is not recorded yet, record each outcome at once, and return those of all trials.

    ``known`` are the names that stay in the record; others are from an older list.
    """
    kept = {name: found for name, found in recorded(told.results).items() if name in known}
    holds = {} if told.again else kept
    results = {trial.name: holds[trial.name] for trial in trials if _holds(trial, holds)}
    waiting = [trial for trial in trials if trial.name not in results]
    with tempfile.TemporaryDirectory() as folder:
        free: SimpleQueue[Scratch] = SimpleQueue()
        copies = [Scratch.of(Path(folder, str(job))) for job in range(told.jobs) if waiting]
        for copy in copies:
            free.put(copy)
        areas = sorted({trial.area for trial in waiting}) if told.use_map else []
        maps = {area: mapped(area, copies[0], slow=told.slow) for area in areas}

        def run(trial: Trial) -> Outcome:
            scratch = free.get()
            try:
                first = kept[trial.name].by if trial.name in kept else ""
                return attempt(trial, scratch, maps.get(trial.area), slow=told.slow, first=first)
            finally:
                free.put(scratch)

        with ThreadPoolExecutor(told.jobs) as pool:
            for trial, outcome in zip(waiting, pool.map(run, waiting), strict=True):
                results[trial.name] = outcome
                _say(trial.name, outcome)
                if told.keep:
                    _record(told.results, {**kept, **results})
    return results


def _record(name: str, outcomes: Mapping[str, Outcome]) -> None:
    caught = sum(outcome.caught for outcome in outcomes.values())
    trials = {key: asdict(outcomes[key]) for key in sorted(outcomes)}
    write_results(name, {"caught": caught, "of": len(outcomes), "trials": trials})


def recorded(name: str) -> dict[str, Outcome]:
    """What an earlier run found."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return {}
    trials = json.loads(path.read_text(encoding="utf-8"))["trials"]
    return {key: Outcome(**value) for key, value in trials.items()}


def _holds(trial: Trial, kept: dict[str, Outcome]) -> bool:
    """Whether a record is of this change; one that survived counts for these tests only."""
    found = kept.get(trial.name)
    if found is None or found.change != trial.fingerprint:
        return False
    return found.caught or found.state == digest(trial.area)


def _say(name: str, outcome: Outcome) -> None:
    more = f", {outcome.left} tests had no time" if outcome.left and not outcome.caught else ""
    by = f" by {outcome.by}" if outcome.by else ""
    print(f"{outcome.outcome:>8}  {name}{by} ({outcome.seconds:.0f} s{more})", flush=True)


def share(outcomes: Sequence[Outcome]) -> str:
    """How many were caught, as a sentence for people."""
    caught = sum(outcome.caught for outcome in outcomes)
    return f"{caught} of {len(outcomes)} caught ({caught / max(len(outcomes), 1):.0%})"
