"""The list of breaks, tried: ``python -m benchmarks.mutants.run [--only NAME ...] [--eight N]``."""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from benchmarks.mutants.breaks import BREAKS, SURVIVES
from benchmarks.mutants.outcomes import Outcome, Settings, run_all, share
from benchmarks.mutants.scratch import ROOT
from benchmarks.mutants.trials import Break


def eight(breaks: Sequence[Break], number: int) -> list[Break]:
    """The ``number``-th eight of the list, which starts over at its end."""
    return [breaks[(8 * number + at) % len(breaks)] for at in range(min(8, len(breaks)))]


def table(outcomes: dict[str, Outcome]) -> str:
    """Survivors with their patches, and the share that was caught."""
    lines = []
    for name, outcome in outcomes.items():
        if not outcome.caught:
            lines += [f"\n{name}: {outcome.outcome}. {SURVIVES.get(name, '')}", outcome.diff]
    return "\n".join([*lines, "", share(list(outcomes.values()))])


def main() -> int:
    """Run, print survivors, and return 1 if one of them is not known to survive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these breaks, even if recorded")
    parser.add_argument("--eight", type=int, metavar="N", help="the N-th eight, not recorded")
    parser.add_argument("--map", action="store_true", help="only tests that run the changed lines")
    parser.add_argument("--slow", action="store_true", help="tests marked slow too")
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    told = parser.parse_args()
    chosen = [one for one in BREAKS if told.only is None or one.name in told.only]
    if told.only and len(chosen) < len(set(told.only)):
        parser.error(f"There are: {', '.join(one.name for one in BREAKS)}.")
    if told.eight is not None:
        chosen = eight(chosen, told.eight)
    without = [one for one in chosen if one.needs and find_spec(one.needs) is None]
    for one in without:
        print(f"left out  {one.name}: {one.needs} is not installed")
    chosen = [one for one in chosen if one not in without]
    some, every = told.only is not None or told.eight is not None, told.eight is None
    settings = Settings("mutants", told.map, told.slow, told.jobs, again=some, keep=every)
    known = [one.name for one in BREAKS]
    outcomes = run_all([one.trial(ROOT) for one in chosen], settings, known)
    print(table(outcomes))
    return int(any(not one.caught and name not in SURVIVES for name, one in outcomes.items()))


if __name__ == "__main__":
    sys.exit(main())
