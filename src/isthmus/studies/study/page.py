"""The page of a study and its record, from what was measured."""

from typing import Any

import numpy as np

from isthmus.report import (
    Advices,
    Album,
    Block,
    Figures,
    Page,
    Prose,
    Section,
    Table,
    html,
)
from isthmus.studies.pages.data_section import data_section, facts, licences
from isthmus.studies.pages.map_figure import Projection, Sketch, drawn, project, sketch
from isthmus.studies.shared.dataset import Dataset
from isthmus.studies.shared.measure_all import Measured
from isthmus.studies.shared.provenance import described, versions
from isthmus.studies.shared.result import by_reason
from isthmus.studies.study import examples_section as looks
from isthmus.studies.study.advice import advise
from isthmus.studies.study.evidence import cards, evidence
from isthmus.studies.study.layout import AFTER_MAP, BEFORE_MAP
from isthmus.studies.study.multiple_testing import METHOD, adjusted
from isthmus.studies.study.readings import COLUMNS, rows, sections
from isthmus.studies.study.summary import summary
from isthmus.types.results import plain


def study_page(data: Dataset, found: Measured, seed: int) -> tuple[str, dict[str, Any]]:
    """The page as HTML and the record that holds every number on it."""
    rng = np.random.default_rng([seed, *b"page"])
    counted = facts(data, seed)
    pair = looks.looks(data, rng)
    small = sketch(data, rng)
    placed = project(data.a, data.b)
    numbers = evidence(found.results, counted)
    advice = advise(numbers)
    p = adjusted(found.results)
    title = data.about.title or f"The joint space of {data.a.space.name}"
    words = summary(data.a, data.b, numbers, counted)
    page = Page(
        title=title,
        kicker=_kicker(data),
        summary=words,
        cards=cards(found.results, counted),
        sections=(
            *sections(BEFORE_MAP, found.results),
            _map(data, placed, small),
            *sections(AFTER_MAP, found.results),
            looks.section(pair, data, Album()),
            _next(advice),
            data_section(data, counted, seed),
            _all(found, p),
        ),
        legend=(data.a.modality, data.b.modality),
    )
    record = {
        "title": title,
        "summary": list(words),
        "seed": seed,
        "versions": versions(),
        "sets": [described(some) for some in (data.a, data.b)],
        "data": plain(counted),
        "faults": dict(data.about.faults),
        "notes": dict(data.about.notes),
        "truncated": list(data.about.truncated),
        "licences": licences(data),
        "context": dict(data.about.context),
        "results": {key: _recorded(found, key) for key in found.results},
        "missing": found.missing,
        "comparisons": {"method": METHOD, "numbers": len(p), "adjusted_p": p},
        "evidence": {key: plain(value) for key, value in numbers.items()},
        "advice": plain(advice),
        "neighbours": [look.to_dict() for look in pair],
        "map": {"share": placed.value, "shares": list(placed.shares), "drawn": len(small.a)},
    }
    return html(page), record


def _recorded(found: Measured, key: str) -> dict[str, Any]:
    result = found.results[key]
    return {
        "measure": found.targets[key],
        "paper": result.cite(),
        "about": result.about,
        **result.to_dict(),
    }


def _kicker(data: Dataset) -> str:
    a, b = data.a, data.b
    return (
        f"isthmus study · {len(a):,} {a.modality} and {len(b):,} {b.modality} vectors of "
        f"{a.space.dim:,} coordinates"
    )


def _map(data: Dataset, placed: Projection, some: Sketch) -> Section:
    lead = "Both modalities on one sheet, as far as two directions can show them."
    return Section("map", "Map of both modalities", lead, (Figures((drawn(data, placed, some),)),))


def _next(advice: tuple[Any, ...]) -> Section:
    lead = "Rules applied to the numbers above; each names the ones that fired it."
    block: Block = (
        Advices(advice)
        if advice
        else Prose(("No rule fired: nothing here asks to be repaired before the space is used.",))
    )
    return Section("next", "What to try next", lead, (block,))


def _all(found: Measured, p: dict[str, float]) -> Section:
    cells = tuple(row for key, result in found.results.items() for row in rows(key, result, p))
    sources = {result.name: result.cite() for result in found.results.values()}
    blocks: list[Block] = [
        Table("Every measure", COLUMNS, cells, (*COLUMNS[1:5], *COLUMNS[6:])),
        Table("Sources", ("measure", "paper and equation"), tuple(sources.items())),
    ]
    grouped = by_reason(found.missing)
    left_out = tuple((reason, ", ".join(keys)) for reason, keys in grouped.items())
    if left_out:
        blocks.append(Table("Not measured", ("reason", "measures"), left_out))
    lead = (
        f"{len(p):,} of these numbers have a p-value. The adjusted one ({METHOD}) accounts for "
        "their number: if all below 0.05 are called different from chance, at most one in twenty "
        "of these calls is expected to be wrong. The null says what was made meaningless to learn "
        "what chance gives: the pairing, the label of the modality, or all but n and d (reference "
        "law)."
    )
    return Section("numbers", "All numbers", lead, tuple(blocks))
