"""Published claims about CLIP spaces, re-tested on data that are there."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.registry import find, resolve
from isthmus.studies.replicate.claims import CLAIMS
from isthmus.studies.replicate.claims.data import ClaimData
from isthmus.studies.replicate.claims.outcomes import Claim, NoDataError, Outcome, overall
from isthmus.studies.replicate.page import replication_page
from isthmus.studies.replicate.request import ReplicateRequest
from isthmus.studies.shared import RunResult, run_folder, versions
from isthmus.types import IsthmusError, RequestError


@dataclass(frozen=True, eq=False, kw_only=True)
class ReplicateResult(RunResult):
    """Every claim with what its re-tests found."""

    outcomes: Mapping[str, tuple[Outcome, ...]]
    """By claim: one outcome a set of data; a claim that was not run says why."""

    def verdict(self, name: str) -> str:
        """The verdict of a claim over all its data."""
        return overall(self.outcomes[name])

    def lines(self) -> list[str]:
        """A line a claim, then one for each set of data."""
        width = max(map(len, self.outcomes))
        lines: list[str] = []
        for name, outcomes in self.outcomes.items():
            lines.append(f"{name:<{width}}  {self.verdict(name)}")
            lines += [f"{'':<{width}}    {one.data}: {one.found}" for one in outcomes]
        return lines


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
        raise RequestError(f"Data are a folder, but {data} is not one.")
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
    for name, claim in chosen.items():
        start = time.perf_counter()
        outcomes[name] = outcomes_of(claim, found, np.random.default_rng([seed, *name.encode()]))
        seconds[name] = time.perf_counter() - start
    result = ReplicateResult(
        outcomes=outcomes,
        page=replication_page(chosen, outcomes, seed),
        record=_record(chosen, outcomes, seed),
        seconds=seconds,
    )
    return result.write(folder)


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
