"""What mends a space? Every remedy on the user's own data, refereed; the best one is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.engine.jobs import bar
from isthmus.lab import save_mended
from isthmus.registry import find
from isthmus.scores import SCORE_RULES
from isthmus.store import atomic, write_json
from isthmus.studies.evaluate.calibration import Promises, promises
from isthmus.studies.evaluate.cross_validation import Case, Refereed, refereed
from isthmus.studies.evaluate.rows import Row, rows_of, said
from isthmus.studies.mend.chains import REMEDIES
from isthmus.studies.mend.choose import recommended
from isthmus.studies.mend.page import assembled
from isthmus.studies.mend.words import summary
from isthmus.studies.pages import data_section as provenance
from isthmus.studies.shared.dataset import StudyInput
from isthmus.transform import CORRECTIONS
from isthmus.transform.mended import Mended, fit_mended, parts_of
from isthmus.types import Calibration

CALIBRATE = (250, 50)
"""Linked objects that remedies are fitted on: a table for each."""


@dataclass(frozen=True)
class Court:
    """How remedies are judged."""

    remedies: Sequence[str] = REMEDIES
    """Chains of corrections, such as ``mean_removal+match_odds``."""
    calibrate: Sequence[int] = CALIBRATE
    splits: int = 20
    keep: str = ""
    """The chain to keep as a mended space; empty for the recommended one."""


@dataclass(frozen=True, eq=False)
class MendResult:
    """Every remedy with what it earned, and the mended space that was kept."""

    tables: Mapping[int, Mapping[str, Row]]
    """Rows by chain, by calibration objects."""
    promises: Promises
    recommended: str
    mended: Mended
    """The kept chain, fitted on all objects."""
    words: tuple[str, ...]
    page: str
    record: Mapping[str, Any]
    faults: Mapping[str, str]
    """Items that could not be embedded, with the reason, by id."""
    folder: Path | None = None

    def __str__(self) -> str:
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
        lines += [*self.words]
        lines += [f"skipped {name}: {why}" for name, why in self.faults.items()]
        if self.folder:
            lines += [
                "",
                f"The mended space ({said(self.mended.chain)}): mended:{self.folder}",
                f"The page: {self.folder / 'report.html'}",
            ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "folder": str(self.folder),
            "faults": dict(self.faults),
            "report": dict(self.record),
        }


def mend(
    given: StudyInput,
    out: str | Path | None = None,
    court: Court | None = None,
    *,
    origin: str = "",
    seed: int = 0,
    progress: bool = False,
) -> MendResult:
    """Referee all remedies on linked items, recommend one, and keep it as a mended space.

    Args:
        given: two sets of one space with their links, labels and class texts.
        out: run folder for the page, the numbers and the mended space; None writes nothing.
        court: which remedies, how many calibration objects and splits.
        origin: the name that the space is loaded by, for ``mended:FOLDER``.
        seed: of every random draw.
        progress: show a bar on the terminal.

    Raises:
        RequestError: too few linked objects, or a chain that cannot be.
        UnknownPartError: a correction has no such name.
    """
    court, case = court or Court(), Case.of(given, seed)
    for name in {name for chain in (*court.remedies, court.keep) for name in parts_of(chain)}:
        find("corrections", {**CORRECTIONS, **SCORE_RULES}, name)
    whole = Calibration.of(case.a, case.b, case.links)
    asked = fit_mended(court.keep, whole, case.a.space)  # a wrong chain is said before the work
    sizes = dict.fromkeys(min(size, case.n // 2) for size in sorted(court.calibrate, reverse=True))
    total = len(sizes) * court.splits * (1 + len(court.remedies))
    with bar(total, "remedies", progress) as tick:
        found = [
            refereed(case, court.remedies, size, splits=court.splits, seed=seed, tick=tick)
            for size in sizes
        ]
    judged = [(one, rows_of(one)) for one in found]
    kept = promises(case, splits=court.splits, seed=seed)
    best = recommended(found[0])
    title = given.about.title or f"{case.a.space.name}, {case.n:,} objects"
    faults = given.about.faults
    page = assembled(judged, kept, best, title, seed, len(faults))
    mended = asked if court.keep else fit_mended(best, whole, case.a.space)
    words = summary(judged, best)
    record = _record(judged, kept, best, seed)
    folder = None if out is None else Path(out)
    if folder is not None:
        _write(folder, page, record, judged)
        save_mended(mended, folder, origin or case.a.space.name)
    tables = {one.calibrated: rows for one, rows in judged}
    return MendResult(tables, kept, best, mended, words, page, record, faults, folder)


def _record(
    judged: Sequence[tuple[Refereed, Mapping[str, Row]]], kept: Promises, best: str, seed: int
) -> dict[str, Any]:
    case = judged[0][0].case
    return {
        "space": case.a.space.to_dict(),
        "seed": seed,
        "versions": provenance.versions(),
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


def _write(
    out: Path,
    page: str,
    record: Mapping[str, Any],
    judged: Sequence[tuple[Refereed, Mapping[str, Row]]],
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with atomic(out / "report.html") as part:
        part.write_text(page, encoding="utf-8")
    write_json(out / "report.json", dict(record))
    seconds = {
        f"{row.name}, {found.calibrated} objects": round(row.seconds, 4)
        for found, rows in judged
        for row in rows.values()
    }
    write_json(out / "timings.json", {"seconds": seconds})
