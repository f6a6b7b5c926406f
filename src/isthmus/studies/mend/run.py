"""What mends a space? Every remedy on the user's own data, refereed; the best one is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.engine.jobs import bar
from isthmus.lab import save_mended
from isthmus.registry import find
from isthmus.scores import SCORE_RULES
from isthmus.studies.evaluate.calibration import Promises, promises
from isthmus.studies.evaluate.cross_validation import Case, Refereed, refereed
from isthmus.studies.evaluate.rows import Row, rows_of, said
from isthmus.studies.mend.chains import REMEDIES
from isthmus.studies.mend.choose import recommended
from isthmus.studies.mend.page import mend_page
from isthmus.studies.mend.request import MendRequest
from isthmus.studies.mend.words import summary
from isthmus.studies.shared.dataset import Dataset
from isthmus.studies.shared.provenance import versions
from isthmus.studies.shared.resolver import resolve
from isthmus.studies.shared.result import RunResult
from isthmus.studies.shared.run_folder import run_folder
from isthmus.transform import CORRECTIONS
from isthmus.transform.mended import Mended, fit_mended, parts_of
from isthmus.types import Calibration


@dataclass(frozen=True, eq=False, kw_only=True)
class MendResult(RunResult):
    """Every remedy with what it earned, and the mended space that was kept."""

    tables: Mapping[int, Mapping[str, Row]]
    """Rows by chain, by calibration objects."""
    promises: Promises
    recommended: str
    mended: Mended
    """The kept chain, fitted on all objects."""
    words: tuple[str, ...]

    def lines(self) -> list[str]:
        """A table for each number of calibration objects, then the recommendation."""
        lines: list[str] = []
        for size, rows in self.tables.items():
            width = max(len(row.name) for row in rows.values())
            title = f"fitted on {size} objects"
            lines.append(f"{title:<{width}}  mixed nDCG@10          of ceiling   R@1")
            for row in sorted(rows.values(), key=lambda row: -row.mixed.value):
                mixed = f"{row.mixed.value:.3f} {row.mixed.interval}"
                share = f"{row.of_ceiling.value:8.1%}"
                lines.append(f"{row.name:<{width}}  {mixed}   {share}   {row.hits.value:.3f}")
            lines.append("")
        lines += self.words
        if self.folder:
            lines += ["", f"The mended space ({said(self.mended.chain)}): mended:{self.folder}"]
        return lines


def run(request: MendRequest) -> MendResult:
    """Gather the linked items, judge remedies, keep the best as a mended space.

    Raises:
        RequestError: a source that would not be used, no data, or numbers that mean nothing.
    """
    found = resolve(request.space, request.source)
    folder, common = run_folder(request.out, "mend", *found.names), request.common
    data = found.dataset(folder, common)
    return mend(
        data, folder, request, origin=found.origin, seed=common.seed, progress=common.progress
    )


def mend(
    data: Dataset,
    out: str | Path | None = None,
    how: MendRequest | None = None,
    *,
    origin: str = "",
    seed: int = 0,
    progress: bool = False,
) -> MendResult:
    """Judge all remedies on linked items, recommend one, and keep it as a mended space.

    Args:
        data: two sets of one space with their links, labels and class texts.
        out: run folder for the page, the numbers and the mended space; None writes nothing.
        how: which remedies, how many calibration objects and splits, what to keep; the rest of
            the request is not looked at.
        origin: the name that the space is loaded by, for ``mended:FOLDER``.
        seed: of every random draw.
        progress: show a bar on the terminal.

    Raises:
        RequestError: too few linked objects, or a chain that cannot be.
        UnknownPartError: a correction has no such name.
    """
    how, case = how or MendRequest(), Case.of(data, seed)
    remedies = how.remedies or REMEDIES
    for name in {name for chain in (*remedies, how.keep) for name in parts_of(chain)}:
        find("corrections", {**CORRECTIONS, **SCORE_RULES}, name)
    whole = Calibration.of(case.a, case.b, case.links)
    asked = fit_mended(how.keep, whole, case.a.space)  # a wrong chain is said before the work
    sizes = dict.fromkeys(min(size, case.n // 2) for size in sorted(how.calibrate, reverse=True))
    total = len(sizes) * how.splits * (1 + len(remedies))
    with bar(total, "remedies", progress) as tick:
        found = [
            refereed(case, remedies, size, splits=how.splits, seed=seed, tick=tick)
            for size in sizes
        ]
    judged = [(one, rows_of(one)) for one in found]
    kept = promises(case, splits=how.splits, seed=seed)
    best = recommended(found[0])
    title = data.about.title or f"{case.a.space.name}, {case.n:,} objects"
    result = MendResult(
        tables={one.calibrated: rows for one, rows in judged},
        promises=kept,
        recommended=best,
        mended=asked if how.keep else fit_mended(best, whole, case.a.space),
        words=summary(judged, best),
        page=mend_page(judged, kept, best, title, seed, len(data.about.faults)),
        record=_record(judged, kept, best, seed),
        seconds={
            f"{row.name}, {one.calibrated} objects": row.seconds
            for one, rows in judged
            for row in rows.values()
        },
        faults=data.about.faults,
    )
    if out is None:
        return result
    written = result.write(Path(out))
    save_mended(result.mended, Path(out), origin or case.a.space.name)
    return written


def _record(
    judged: Sequence[tuple[Refereed, Mapping[str, Row]]], kept: Promises, best: str, seed: int
) -> dict[str, Any]:
    case = judged[0][0].case
    return {
        "space": case.a.space.to_dict(),
        "seed": seed,
        "versions": versions(),
        "objects": case.n,
        "several": list(case.several),
        "recommended": best,
        "tables": [
            {
                "calibrated": found.calibrated,
                "held_out": found.held,
                "splits": found.splits,
                "remedies": {row.name: row.to_dict() for row in rows.values()},
                "bounds": {name: found.bounds.mean(name) for name in found.bounds.sums},
                "not_fitted": dict(found.faults),
            }
            for found, rows in judged
        ],
        "match_probabilities": kept.to_dict(),
    }
