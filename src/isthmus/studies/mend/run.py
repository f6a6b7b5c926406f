"""What mends a space? Every remedy cross-validated on the user's own data; the best one is kept."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.engine.jobs import bar
from isthmus.lab import save_mended
from isthmus.measure.statistics import SetLike, as_pair
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.report import PLACE
from isthmus.scores import SCORE_RULES
from isthmus.studies.evaluate import (
    CalibrationScores,
    CrossValidation,
    K,
    Row,
    linked_sample,
    match_calibration,
    with_interval,
)
from isthmus.studies.mend.choose import Choice, Judged, choice, judged, screening
from isthmus.studies.mend.page import Said, mend_page, summary, todo, usage
from isthmus.studies.mend.request import REMEDIES, MendRequest
from isthmus.studies.shared import Dataset, RunResult, resolve, run_folder, versions
from isthmus.studies.shared.guard import allowed, told_by
from isthmus.transform import CORRECTIONS
from isthmus.transform.mended import Mended, fit_mended, parts_of
from isthmus.types import Calibration, Links, Selection, plain


@dataclass(frozen=True, eq=False, kw_only=True)
class MendResult(RunResult):
    """Every remedy with what it earned, and the mended space that was kept."""

    tables: Mapping[int, Mapping[str, Row]]
    """Rows by chain, by calibration objects."""
    calibration: CalibrationScores
    choice: Choice
    mended: Mended
    """The kept chain, fitted on all objects."""
    words: tuple[str, ...]
    """What the verdict rests on."""
    use: tuple[str, ...]
    """What is kept, and how it is used."""

    drawn = ("R@1", "R@1 low", "R@1 high", "")

    @property
    def recommended(self) -> str:
        """The recommended chain; empty where the space is best left as it is."""
        return self.choice.chain

    def _ranked(self, rows: Mapping[str, Row]) -> list[Row]:
        """The recommended one, then the best first."""
        two_sided = self.choice.two_sided
        return sorted(
            rows.values(),
            key=lambda row: (row.chain != self.recommended, -row.headline(two_sided)),
        )

    def table_rows(self) -> list[dict[str, Any]]:
        """A remedy each, the best first, for each number of objects that they were fitted on."""
        return [
            {"remedy": row.name, **row.numbers(), "objects": size}
            for size, rows in self.tables.items()
            for row in self._ranked(rows)
        ]

    def key_lines(self) -> list[str]:
        """The lines of the best remedies only."""
        return self.lines(SHOWN)

    def lines(self, most: int | None = None) -> list[str]:
        """What the verdict rests on, a line a remedy, and what was kept."""
        size, rows = next(iter(self.tables.items()))
        shown = [*[row for row in self._ranked(rows) if row.chain][:most], rows[""]]
        width = max(len(row.name) for row in shown)
        return [
            *self.words,
            f"{f'fitted on {size} objects':<{width}}  R@1                     mixed nDCG@{K}",
            *(
                f"{row.name:<{width}}  {with_interval(row.hits)}  {with_interval(row.mixed)}"
                for row in shown
            ),
            self.use[0].replace(PLACE, str(self.folder)),
        ]


SHOWN = 3
"""Remedies in the terminal."""


def run(request: MendRequest) -> MendResult:
    """Gather the linked items, score remedies, keep the best as a mended space.

    Raises:
        RequestError: a source that would not be used, no data, or numbers that mean nothing.
    """
    remedies_of(request)  # a wrong name is refused before anything is embedded
    found, common = resolve(request.space, request.source), request.common
    with run_folder(request, "mend", *found.names) as folder:
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
    remedies = remedies_of(how)
    space, whole = linked.a.space, Calibration.of(linked.a, linked.b, linked.links)
    wanted = fit_mended(how.keep, whole, space)  # a wrong chain is refused before the work
    kept_in = resumable(linked, out, seed)
    found = _judged(linked, remedies, how, _Work(seed, progress, kept_in))
    calibration = match_calibration(linked, splits=how.splits, seed=seed)
    if not how.keep:
        wanted = fit_mended(choice(found[0]).chain, whole, space)
    if wanted.chain:
        what = f"the choice of {wanted.chain}"
        wanted = replace(wanted, selection=Selection.on(what, (linked.a, linked.b)))
    result = _result(found, calibration, wanted, data, origin, seed)
    if out is None:
        return result
    save_mended(result.mended, Path(out), origin or space.name)
    written = result.write(Path(out))
    if kept_in is not None:
        shutil.rmtree(kept_in.parent, ignore_errors=True)
    return written


def _result(
    found: Sequence[Judged],
    calibration: CalibrationScores,
    kept: Mended,
    data: Dataset,
    origin: str,
    seed: int,
) -> MendResult:
    best = choice(found[0])
    said = Said(
        summary(found[0].final, best, calibration),
        usage(origin, kept.chain, best.chain),
        todo(best, kept.chain, data),
    )
    page = mend_page(found, best, calibration, said, data, seed)
    return MendResult(
        tables={one.final.fitted_on: one.rows for one in found},
        calibration=calibration,
        choice=best,
        mended=kept,
        verdict=said.words[0],
        words=said.words[1:],
        use=said.use,
        todo=said.todo,
        page=page,
        record=_record(found, calibration, best, seed),
        seconds={
            f"{row.name}, {one.final.fitted_on} objects": row.seconds
            for one in found
            for row in one.rows.values()
        },
        faults=data.about.faults,
    )


def remedies_of(how: MendRequest) -> Sequence[str]:
    """The chains that are judged.

    Raises:
        UnknownPartError: a part of one, or of the one to keep, has no such name.
    """
    remedies = how.remedies or REMEDIES
    for name in {name for chain in (*remedies, how.keep) for name in parts_of(chain)}:
        find("corrections", {**CORRECTIONS, **SCORE_RULES}, name)
    return remedies


def mend_sets(
    a: SetLike, b: SetLike, links: Links | None = None, *, request: MendRequest | None = None
) -> MendResult:
    """Mend the space of two sets in memory; without links equal ids pair.

    Args:
        a: vectors of one modality.
        b: vectors of the other modality in the same space.
        links: which item of a belongs to which of b.
        request: which remedies, how they are judged, and the run folder; None writes nothing.
    """
    pair, how = as_pair(a, b, links), request or MendRequest()
    allowed(told_by((pair.a, pair.b)), how.source)
    common, data = how.common, Dataset(pair.a, pair.b, links)
    return mend(data, how.out, how, seed=common.seed, progress=common.progress)


def resumable(data: Dataset, out: str | Path | None, seed: int) -> Path | None:
    """Where scores of single splits are kept while the work goes on: other data, another folder."""
    if out is None:
        return None
    links = np.ascontiguousarray(data.pair.rows)
    key = fingerprint(data.a.fingerprint, data.b.fingerprint, links, seed, versions())
    return Path(out) / "splits" / key


@dataclass(frozen=True)
class _Work:
    seed: int
    progress: bool
    kept: Path | None


def _judged(
    linked: Dataset, remedies: Sequence[str], how: MendRequest, work: _Work
) -> list[Judged]:
    """All remedies, fitted on each number of calibration objects, the largest first.

    With fewer objects only the finalists of the largest are judged, but for ``--full``.
    """
    most = linked.pair.n // 2
    sizes = list(dict.fromkeys(min(size, most) for size in sorted(how.calibrate, reverse=True)))
    plan = [] if how.full else screening(len(remedies), how.splits)
    fits = _fits(len(remedies), how.splits, len(sizes), plan)
    sooner = "Without --full it takes a fraction." if how.full else "Fewer --splits take less."
    quick = (
        f" Each is a remedy fitted and judged in one of {how.splits} splits, at "
        f"{' and '.join(map(str, sizes))} objects. Stopped, it goes on where it was. {sooner}"
    )
    found: list[Judged] = []
    with bar(fits, "remedies", work.progress, quick) as tick:
        for size in sizes:
            race = CrossValidation(linked, size, work.seed, tick, work.kept)
            if plan and found:
                finalists = [chain for chain in found[0].final.spaces if chain]
                found.append(judged(race, finalists, how.splits, True))
            else:
                found.append(judged(race, remedies, how.splits, how.full))
    return found


def _fits(remedies: int, splits: int, sizes: int, plan: Sequence[tuple[int, int]]) -> int:
    """How many chains are fitted, the space as it is counted."""
    fits, before, chains = 0, 0, remedies
    for some, stay in plan:
        fits, before, chains = fits + (some - before) * (1 + chains), some, stay
    fits += (splits - before) * (1 + chains)
    return fits + (sizes - 1) * splits * (1 + chains)


def _record(
    found: Sequence[Judged], kept: CalibrationScores, best: Choice, seed: int
) -> dict[str, Any]:
    final = found[0].final
    return {
        "space": final.data.a.space.to_dict(),
        "seed": seed,
        "versions": versions(),
        "objects": final.data.pair.n,
        "several": list(final.several),
        "recommended": best.chain,
        "choice": plain(best),
        "tables": [
            {
                "calibrated": one.final.fitted_on,
                "held_out": one.final.held_out,
                "splits": one.final.repeats,
                "remedies": {row.name: row.to_dict() for row in one.rows.values()},
                "bounds": one.final.bounds_to_dict(),
                "not_fitted": one.not_fitted,
            }
            for one in found
        ],
        "match_probabilities": {**plain(kept), "offered": kept.offered},
    }
