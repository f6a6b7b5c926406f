"""Published claims about CLIP spaces, re-tested on the data at hand."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.registry import find, resolve
from isthmus.store import atomic, write_json
from isthmus.studies.pages import data_section as provenance
from isthmus.studies.replicate.claims import CLAIMS
from isthmus.studies.replicate.claims.at_hand import AtHand
from isthmus.studies.replicate.claims.statements import Claim, NoDataError, Outcome, overall
from isthmus.studies.study.request import own_folder
from isthmus.types import IsthmusError, RequestError


@dataclass(frozen=True, eq=False)
class Replication:
    """Every claim with what its re-tests found."""

    outcomes: Mapping[str, tuple[Outcome, ...]]
    """By claim: one outcome a set of data; a claim that was not run says why."""
    seconds: Mapping[str, float]
    page: str
    record: Mapping[str, Any]
    folder: Path

    def verdict(self, name: str) -> str:
        """The verdict of a claim over all its data."""
        return overall(list(self.outcomes[name]))

    def __str__(self) -> str:
        width = max(map(len, self.outcomes))
        lines: list[str] = []
        for name, outcomes in self.outcomes.items():
            lines.append(f"{name:<{width}}  {self.verdict(name)}")
            lines += [f"{'':<{width}}    {one.data}: {one.found}" for one in outcomes]
        return "\n".join([*lines, "", f"The page: {self.folder / 'report.html'}"])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"folder": str(self.folder), "report": dict(self.record)}


def replicate(
    data: str | Path | None = None,
    out: str | Path = "runs/replicate",
    *,
    claims: Sequence[str] = (),
    seed: int = 0,
    progress: bool = False,
) -> Replication:
    """Re-test published claims and write a page of them.

    Args:
        data: folder of further embeddings, whose file names ``claims/at_hand.py`` lists; without it
            all runs on what ships, and claims that need more are listed as not run.
        out: run folder for ``report.html``, ``report.json``, ``timings.json`` and the vectors.
        claims: names of claims; empty for all.
        seed: of every random draw.
        progress: show bars while embedding.

    Raises:
        RequestError: the data are no folder, or the run folder is somebody else's.
        UnknownPartError: no such claim.
    """
    from isthmus.studies.replicate.page import assembled

    if data is not None and not Path(data).is_dir():
        raise RequestError(f"Data are a folder, but {data} is not one.")
    folder = own_folder(Path(out))
    chosen = {name: _claim(name) for name in claims or CLAIMS}
    hand = AtHand(folder, None if data is None else Path(data), progress)
    outcomes: dict[str, tuple[Outcome, ...]] = {}
    seconds: dict[str, float] = {}
    for name, claim in chosen.items():
        start = time.perf_counter()
        outcomes[name] = tested(claim, hand, np.random.default_rng([seed, *name.encode()]))
        seconds[name] = time.perf_counter() - start
    page = assembled(chosen, outcomes, seed)
    record = _record(chosen, outcomes, seed)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic(folder / "report.html") as part:
        part.write_text(page, encoding="utf-8")
    write_json(folder / "report.json", record)
    write_json(folder / "timings.json", {"seconds": {k: round(v, 3) for k, v in seconds.items()}})
    return Replication(outcomes, seconds, page, record, folder)


def _record(
    claims: Mapping[str, Claim], outcomes: Mapping[str, tuple[Outcome, ...]], seed: int
) -> dict[str, Any]:
    told = {
        name: {
            "says": claim.says,
            "source": claim.source,
            "rule": claim.rule,
            "verdict": overall(list(outcomes[name])),
            "outcomes": [one.to_dict() for one in outcomes[name]],
        }
        for name, claim in claims.items()
    }
    return {"seed": seed, "versions": provenance.versions(), "claims": told}


def tested(claim: Claim, hand: AtHand, rng: np.random.Generator) -> tuple[Outcome, ...]:
    """What a claim's test finds; one that cannot run says why and stops nothing else."""
    try:
        return tuple(resolve(claim.test)(hand, rng))
    except NoDataError as error:
        return (Outcome("not run", "–", str(error)),)
    except IsthmusError as error:
        return (Outcome("not run", "–", f"failed: {error}"),)


def _claim(name: str) -> Claim:
    if name not in CLAIMS:
        find("claims", {key: claim.test for key, claim in CLAIMS.items()}, name)
    return CLAIMS[name]
