"""Write ``docs/planted_faults.md`` from the records: ``python -m benchmarks.mutants.page``."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from benchmarks.mutants.breaks import BREAKS, SURVIVES
from benchmarks.mutants.equivalent import EQUIVALENT
from benchmarks.mutants.outcomes import Outcome, recorded, share
from benchmarks.mutants.scratch import ROOT

PAGE = ROOT / "docs" / "planted_faults.md"
HEAD = """# Which faults the tests notice

Written by `python -m benchmarks.mutants.page` from
[`mutants.json`](../benchmarks/results/mutants.json) and
[`mutants_random.json`](../benchmarks/results/mutants_random.json). A fault is caught when a test of
the same area, not marked slow, fails with it and passes without it.
"""
LIST = """
## A list written from the source alone

`python -m benchmarks.mutants.run --map`; `.ci/run` plants eight of them in turn. {share}.

| fault | where | noticed by |
|---|---|---|
{rows}
"""
RANDOM = """
## Random mutants

`python -m benchmarks.mutants.random --seed 0 --count 200`: mutmut's operators over five folders,
in proportion to the places where an operator can act, each against the tests that run its line.
{share}.

| folder | caught |
|---|---|
{rows}
"""


def survivors(outcomes: Mapping[str, Outcome], reasons: Mapping[str, str]) -> Iterator[str]:
    """What was not caught, each with its patch and, where there is one, a reason."""
    for name, found in outcomes.items():
        if not found.caught:
            reason = f": {reasons[name]}" if name in reasons else ""
            yield f"\n{name}, {found.outcome}{reason}\n\n```diff\n{found.diff}\n```\n"


def by_folder(outcomes: Mapping[str, Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes by the folder in ``src/isthmus`` of their file."""
    groups = defaultdict[str, list[Outcome]](list)
    for found in outcomes.values():
        groups[found.file.split("/")[2]].append(found)
    return dict(sorted(groups.items()))


def page(listed: Mapping[str, Outcome], drawn: Mapping[str, Outcome]) -> str:
    """The document."""
    rows = [
        f"| {name} | `{found.file.removeprefix('src/isthmus/')}` | "
        f"{f'`{found.by}`' if found.caught else '**nothing**'} |"
        for name, found in listed.items()
    ]
    counted = {name: found for name, found in drawn.items() if name not in EQUIVALENT}
    folders = [f"| `{name}` | {share(some)} |" for name, some in by_folder(counted).items()]
    equal = f"{share([*counted.values()])}, {len(drawn) - len(counted)} left out as equivalent"
    return "".join(
        [
            HEAD,
            LIST.format(share=share([*listed.values()]), rows="\n".join(rows)),
            *survivors(listed, SURVIVES),
            RANDOM.format(share=equal, rows="\n".join(folders)),
            *survivors(counted, {}),
        ]
    )


def records() -> tuple[dict[str, Outcome], dict[str, Outcome]]:
    """What became of the list, in its order, and of the random mutants."""
    listed = recorded("mutants")
    ordered = {one.name: listed[one.name] for one in BREAKS if one.name in listed}
    return ordered, recorded("mutants_random")


def main() -> None:
    """Write it."""
    PAGE.write_text(page(*records()), encoding="utf-8")
    print(f"Wrote {PAGE}.")


if __name__ == "__main__":
    main()
