"""Random mutants, tried: ``python -m benchmarks.mutants.random --seed 0 --count 200``.

They are made by mutmut's operators over the folders of ``AREAS``, drawn by a seed in proportion to
the places where an operator can act, and run against the tests of the same area that run the line
(the fastest first, a minute a mutant). Needs ``pip install -e ".[dev,mutants]"``.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping

from benchmarks.mutants.equivalent import EQUIVALENT
from benchmarks.mutants.operators import draw
from benchmarks.mutants.outcomes import Outcome, Settings, run_all, share
from benchmarks.mutants.scratch import ROOT

AREAS = {
    "src/isthmus/measure": "tests/measure tests/test_parts.py",
    "src/isthmus/scores": "tests/scores",
    "src/isthmus/similarity": "tests/similarity tests/test_parts.py",
    "src/isthmus/train/losses": "tests/train",
    "src/isthmus/studies": "tests/studies",
}
"""Folders to the tests of the same area."""


def report(outcomes: Mapping[str, Outcome], operators: Mapping[str, str]) -> str:
    """Survivors with their patches, shares by area and operator, and the share of all."""
    counted = {name: one for name, one in outcomes.items() if name not in EQUIVALENT}
    lines = []
    for name, outcome in counted.items():
        if not outcome.caught:
            left = f", {outcome.left} tests had no time" if outcome.left else ""
            lines += [f"\n{name} ({operators[name]}): {outcome.outcome}{left}", outcome.diff]
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for name, outcome in counted.items():
        area = next(area for area in AREAS if outcome.file.startswith(f"{area}/"))
        groups[area].append(outcome)
        groups[operators[name]].append(outcome)
    lines += ["", *(f"{group}: {share(some)}" for group, some in sorted(groups.items()))]
    equal = len(outcomes) - len(counted)
    return "\n".join([*lines, f"All but {equal} equivalent ones: {share([*counted.values()])}"])


def main() -> int:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these mutants, even if recorded")
    parser.add_argument("--slow", action="store_true", help="tests marked slow too")
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    told = parser.parse_args()
    drawn = draw(ROOT, AREAS, told.count, told.seed)
    operators = {trial.name: operator for trial, operator in drawn.items()}
    chosen = [trial for trial in drawn if told.only is None or trial.name in told.only]
    settings = Settings("mutants_random", True, told.slow, told.jobs, again=told.only is not None)
    print(report(run_all(chosen, settings, operators), operators))
    return 0


if __name__ == "__main__":
    sys.exit(main())
