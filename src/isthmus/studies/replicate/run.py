"""Published claims about CLIP spaces, re-tested on data that are there."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.engine.jobs import bar
from isthmus.registry import find, resolve
from isthmus.report import Advice, amount, html
from isthmus.studies import command_of
from isthmus.studies.replicate.claims import CLAIMS
from isthmus.studies.replicate.claims.data import ClaimData
from isthmus.studies.replicate.claims.outcomes import (
    VERDICTS,
    Claim,
    NoDataError,
    Outcome,
    overall,
)
from isthmus.studies.replicate.page import replication_page
from isthmus.studies.replicate.request import ReplicateRequest
from isthmus.studies.shared import RunResult, run_folder, versions
from isthmus.types import IsthmusError, RequestError

QUICK = " Fewer take less: name the claims."


@dataclass(frozen=True, eq=False, kw_only=True)
class ReplicateResult(RunResult):
    """Every claim with what its re-tests found."""

    outcomes: Mapping[str, tuple[Outcome, ...]]
    """By claim: one outcome a set of data; a claim that was not run says why."""

    def table_rows(self) -> list[dict[str, Any]]:
        """A claim and data each."""
        every = [(name, one) for name, found in self.outcomes.items() for one in found]
        return [{"claim": name, "data": one.data, **one.to_dict()} for name, one in every]

    def lines(self) -> list[str]:
        """A line a claim, then one for each set of data."""
        width = max(map(len, self.outcomes))
        return [
            line
            for name, outcomes in self.outcomes.items()
            for line in (
                f"{name:<{width}}  {overall(outcomes)}",
                *(f"{'':<{width}}    {one.data}: {one.found}" for one in outcomes),
            )
        ]

    def key_lines(self) -> list[str]:
        """The claims of each verdict."""
        said = {name: overall(some) for name, some in self.outcomes.items()}
        return [
            f"{verdict}: {', '.join(name for name in said if said[name] == verdict)}"
            for verdict in VERDICTS
            if verdict in said.values()
        ]


def run(request: ReplicateRequest) -> ReplicateResult:
    """Re-test published claims and write a page of them.

    The run folder gets ``report.html``, ``report.json``, ``timings.json`` and the vectors. The file
    names that are looked for in the folder of further embeddings stand in ``claims/data.py``;
    without it all runs on what ships, and claims that need more are listed as not run.

    Raises:
        RequestError: the data are no folder, or the run folder is somebody else's.
        UnknownPartError: no such claim.
    """
    data = request.data
    if data is not None and not data.is_dir():
        raise RequestError(f"There is no folder {data}; --data wants one.")
    chosen = {name: _claim(name) for name in request.claims or CLAIMS}
    with run_folder(request, "replicate") as folder:
        return _replicated(request, chosen, folder)


def _replicated(
    request: ReplicateRequest, chosen: Mapping[str, Claim], folder: Path
) -> ReplicateResult:
    data, seed = request.data, request.common.seed
    found = ClaimData(folder, data, request.common.progress)
    outcomes: dict[str, tuple[Outcome, ...]] = {}
    seconds: dict[str, float] = {}
    with bar(len(chosen), "claims", request.common.progress, QUICK) as tick:
        for name, claim in chosen.items():
            start, rng = time.perf_counter(), np.random.default_rng([seed, *name.encode()])
            outcomes[name] = outcomes_of(claim, found, rng)
            seconds[name] = time.perf_counter() - start
            tick(1)
    page = replication_page(chosen, outcomes, todo(request, outcomes), seed)
    result = ReplicateResult(
        outcomes=outcomes,
        verdict=page.verdict,
        todo=page.todo,
        page=html(page),
        record=_record(chosen, outcomes, seed),
        seconds=seconds,
    )
    return result.write(folder)


def todo(
    request: ReplicateRequest, outcomes: Mapping[str, tuple[Outcome, ...]]
) -> tuple[Advice, ...]:
    """What did not hold once more with other draws, and the numbers behind it all."""
    failed = tuple(name for name, some in outcomes.items() if overall(some) in VERDICTS[1:3])
    common = replace(request.common, seed=request.common.seed + 1)
    again = Advice(
        "Re-test what did not hold, with other draws",
        f"{amount(len(failed), 'claim')} held in part or not at all.",
        "",
        command_of("replicate", replace(request, claims=failed, common=common)),
    )
    numbers = Advice(
        "See the numbers behind the claims",
        "Most are tested on the glyphs in mini.",
        "",
        "isthmus study mini",
    )
    return (again, numbers) if failed else (numbers,)


def _record(
    claims: Mapping[str, Claim], outcomes: Mapping[str, tuple[Outcome, ...]], seed: int
) -> dict[str, Any]:
    return {
        "seed": seed,
        "versions": versions(),
        "claims": {
            name: {
                "says": claim.text,
                "source": claim.source,
                "rule": claim.rule,
                "verdict": overall(outcomes[name]),
                "outcomes": [one.to_dict() for one in outcomes[name]],
            }
            for name, claim in claims.items()
        },
    }


def outcomes_of(claim: Claim, data: ClaimData, rng: np.random.Generator) -> tuple[Outcome, ...]:
    """What a claim's test finds; one that cannot run says why and stops nothing else."""
    try:
        test = resolve(claim.test)
        if not claim.of_pairs:
            return (test(data, rng),)
        return tuple(test(pairs, rng) for pairs in data.pairs())
    except NoDataError as error:
        return (Outcome("not run", "–", str(error)),)
    except IsthmusError as error:
        return (Outcome("not run", "–", f"failed: {error}"),)


def _claim(name: str) -> Claim:
    if name not in CLAIMS:
        find("claims", {key: claim.test for key, claim in CLAIMS.items()}, name)
    return CLAIMS[name]
