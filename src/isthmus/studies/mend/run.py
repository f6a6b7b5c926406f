"""What mends a space? Every remedy cross-validated on the user's own data; the best one is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.engine.jobs import bar
from isthmus.lab import save_mended
from isthmus.registry import find
from isthmus.scores import SCORE_RULES
from isthmus.studies.evaluate import (
    CalibrationScores,
    Evaluation,
    Row,
    chain_name,
    cross_validated,
    linked_sample,
    match_calibration,
)
from isthmus.studies.mend.choose import recommended
from isthmus.studies.mend.page import mend_page, summary
from isthmus.studies.mend.request import REMEDIES, MendRequest
from isthmus.studies.shared import Dataset, RunResult, resolve, run_folder, versions
from isthmus.transform import CORRECTIONS
from isthmus.transform.mended import Mended, fit_mended, parts_of
from isthmus.types import Calibration, plain


@dataclass(frozen=True, eq=False, kw_only=True)
class MendResult(RunResult):
    """Every remedy with what it earned, and the mended space that was kept."""

    tables: Mapping[int, Mapping[str, Row]]
    """Rows by chain, by calibration objects."""
    calibration: CalibrationScores
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
            lines += [
                f"{title:<{width}}  mixed nDCG@10          of ceiling   R@1",
                *(
                    f"{row.name:<{width}}  {row.mixed.value:.3f} {row.mixed.interval}   "
                    f"{row.of_ceiling.value:8.1%}   {row.hits.value:.3f}"
                    for row in sorted(rows.values(), key=lambda row: -row.mixed.value)
                ),
                "",
            ]
        lines += self.words
        if self.folder:
            name = chain_name(self.mended.chain)
            lines += ["", f"The mended space ({name}): mended:{self.folder}"]
        return lines


def run(request: MendRequest) -> MendResult:
    """Gather the linked items, score remedies, keep the best as a mended space.

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
    """Score all remedies on linked items, recommend one, and keep it as a mended space.

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
    how, linked = how or MendRequest(), linked_sample(data, seed)
    remedies = how.remedies or REMEDIES
    for name in {name for chain in (*remedies, how.keep) for name in parts_of(chain)}:
        find("corrections", {**CORRECTIONS, **SCORE_RULES}, name)
    space, whole = linked.a.space, Calibration.of(linked.a, linked.b, linked.links)
    wanted = fit_mended(how.keep, whole, space)  # a wrong chain is refused before the work
    found = _evaluations(linked, remedies, how, seed, progress)
    kept = match_calibration(linked, splits=how.splits, seed=seed)
    best = recommended(found[0])
    words = summary(found[0], best)
    result = MendResult(
        tables={one.fitted_on: one.rows for one in found},
        calibration=kept,
        recommended=best,
        mended=wanted if how.keep else fit_mended(best, whole, space),
        words=words,
        page=mend_page(found, kept, words, data, seed),
        record=_record(found, kept, best, seed),
        seconds=_seconds(found),
        faults=data.about.faults,
    )
    if out is None:
        return result
    save_mended(result.mended, Path(out), origin or space.name)
    return result.write(Path(out))


def _seconds(found: Sequence[Evaluation]) -> dict[str, float]:
    return {
        f"{row.name}, {one.fitted_on} objects": row.seconds
        for one in found
        for row in one.rows.values()
    }


def _evaluations(
    linked: Dataset, remedies: Sequence[str], how: MendRequest, seed: int, progress: bool
) -> list[Evaluation]:
    """All remedies, fitted on each number of calibration objects, the largest first."""
    most = linked.pair.n // 2
    sizes = dict.fromkeys(min(size, most) for size in sorted(how.calibrate, reverse=True))
    total = len(sizes) * how.splits * (1 + len(remedies))
    with bar(total, "remedies", progress) as tick:
        return [
            cross_validated(linked, remedies, size, splits=how.splits, seed=seed, tick=tick)
            for size in sizes
        ]


def _record(
    found: Sequence[Evaluation], kept: CalibrationScores, best: str, seed: int
) -> dict[str, Any]:
    data = found[0].data
    return {
        "space": data.a.space.to_dict(),
        "seed": seed,
        "versions": versions(),
        "objects": data.pair.n,
        "several": list(found[0].several),
        "recommended": best,
        "tables": [
            {
                "calibrated": one.fitted_on,
                "held_out": one.held_out,
                "splits": one.repeats,
                "remedies": {row.name: row.to_dict() for row in one.rows.values()},
                "bounds": one.bounds_to_dict(),
                "not_fitted": dict(one.not_fitted),
            }
            for one in found
        ],
        "match_probabilities": plain(kept),
    }
