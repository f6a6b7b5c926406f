"""The page of a study and its record, from what was measured."""

from typing import Any

import numpy as np

from isthmus.report import (
    Advice,
    Advices,
    Album,
    Figures,
    Page,
    Prose,
    Section,
    html,
)
from isthmus.studies.pages.data_section import data_section, facts, licences
from isthmus.studies.pages.map_figure import Projection, Sketch, drawn, project, sketch
from isthmus.studies.shared import Dataset, Measured, described, versions
from isthmus.studies.study.advice import advise
from isthmus.studies.study.all_numbers import METHOD, adjusted, numbers_section
from isthmus.studies.study.evidence import cards, evidence
from isthmus.studies.study.examples_section import examples_section, neighbour_examples
from isthmus.studies.study.layout import AFTER_MAP, BEFORE_MAP
from isthmus.studies.study.readings import sections
from isthmus.studies.study.summary import summary
from isthmus.types import plain


def study_page(data: Dataset, found: Measured, seed: int) -> tuple[str, dict[str, Any]]:
    """The page as HTML and the record that holds every number on it."""
    rng = np.random.default_rng([seed, *b"page"])
    counted = facts(data, seed)
    examples = neighbour_examples(data, rng)
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
            examples_section(examples, data, Album()),
            _next(advice),
            data_section(data, counted, seed),
            numbers_section(found, p),
        ),
        legend=(data.a.modality, data.b.modality),
    )
    record = {
        "title": title,
        "summary": list(words),
        "seed": seed,
        "versions": versions(),
        "sets": [described(some) for some in (data.a, data.b)],
        "data": counted.to_dict(),
        "faults": dict(data.about.faults),
        "notes": dict(data.about.notes),
        "truncated": list(data.about.truncated),
        "licences": licences(data),
        "context": dict(data.about.context),
        "results": {key: _recorded(found, key) for key in found.results},
        "missing": found.missing,
        "comparisons": {"method": METHOD, "numbers": len(p), "adjusted_p": p},
        "evidence": numbers.to_dict(),
        "advice": plain(advice),
        "neighbours": [one.to_dict() for one in examples],
        "map": {"share": sum(placed.shares), "shares": list(placed.shares), "drawn": len(small.a)},
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


def _next(advice: tuple[Advice, ...]) -> Section:
    lead = "Rules applied to the numbers above; each names the ones that fired it."
    nothing = "No rule fired: nothing here asks to be repaired before the space is used."
    block = Advices(advice) if advice else Prose((nothing,))
    return Section("next", "What to try next", lead, (block,))
