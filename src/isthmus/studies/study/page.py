"""The page of a study and its record, from what was measured."""

from typing import Any

import numpy as np

from isthmus.arrays import give_back
from isthmus.report import (
    Album,
    Figures,
    Page,
    Section,
)
from isthmus.studies.pages.all_numbers import METHOD, adjusted, numbers_section
from isthmus.studies.pages.common import record
from isthmus.studies.pages.data_section import DataFacts, data_section, facts, licences
from isthmus.studies.pages.map_figure import drawn, project, sketch
from isthmus.studies.shared import Dataset, Measured, described, versions
from isthmus.studies.study.advice import advise, steps
from isthmus.studies.study.evidence import cards, evidence
from isthmus.studies.study.examples_section import examples_section, neighbour_examples
from isthmus.studies.study.layout import AFTER_MAP, BEFORE_MAP
from isthmus.studies.study.readings import sections
from isthmus.studies.study.sayings_section import sayings, sayings_section
from isthmus.studies.study.summary import caution, key_lines, summary
from isthmus.studies.study.verdict import verdict
from isthmus.types import plain


def study_page(data: Dataset, found: Measured, seed: int) -> tuple[Page, dict[str, Any], list[str]]:
    """The page, the record that holds every number on it, and the few numbers of the terminal."""
    rng = np.random.default_rng([seed, *b"page"])
    counted = facts(data, seed)
    give_back()
    examples = neighbour_examples(data, rng)
    give_back()
    said = sayings(data, rng)
    small, placed = sketch(data, rng), project(data.a, data.b)
    numbers = evidence(found.results, counted)
    p, names = adjusted(found.results), (data.a.modality, data.b.modality)
    advice = steps(advise(numbers, names), numbers, data.about, data.a.space.rule is not None)
    page = Page(
        title=f"Study: {data.about.title or data.a.space.name}",
        kicker=f"isthmus study · {len(data.a):,} {data.a.modality} and {len(data.b):,} "
        f"{data.b.modality} vectors of {data.a.space.dim:,} coordinates",
        verdict=verdict(numbers, *names),
        summary=(*caution(data.about), *summary(data.a, data.b, numbers, counted)),
        todo=advice,
        cards=cards(found.results, counted),
        sections=(
            *sections(BEFORE_MAP, found.results),
            Section(
                "map", "Map of both modalities", _MAP, (Figures((drawn(data, placed, small),)),)
            ),
            *sections(AFTER_MAP, found.results),
            examples_section(examples, data, Album()),
            sayings_section(said, data, Album()),
            data_section(data, counted, seed),
            numbers_section(found, p),
        ),
        legend=names,
    )
    recorded = {
        "title": page.title,
        "verdict": page.verdict,
        "summary": list(page.summary),
        "seed": seed,
        **_data_record(data, counted),
        "results": {key: _recorded(found, key) for key in found.results},
        "missing": found.missing,
        "comparisons": {"method": METHOD, "numbers": len(p), "adjusted_p": p},
        "evidence": numbers.to_dict(),
        "advice": plain(advice),
        "neighbours": [record(one) for one in examples],
        "sayings": plain(said),
        "map": {"share": sum(placed.shares), "shares": list(placed.shares), "drawn": len(small.a)},
    }
    return page, recorded, [*key_lines(numbers, *names)]


def _data_record(data: Dataset, counted: DataFacts) -> dict[str, Any]:
    """What is recorded of the data and of what computed the numbers."""
    return {
        "versions": versions(),
        "sets": [described(some) for some in (data.a, data.b)],
        "data": record(counted),
        "faults": dict(data.about.faults),
        "notes": dict(data.about.notes),
        "truncated": list(data.about.truncated),
        "licences": licences(data),
        "context": dict(data.about.context),
    }


def _recorded(found: Measured, key: str) -> dict[str, Any]:
    result = found.results[key]
    return {
        "measure": found.targets[key],
        "paper": result.cite(),
        "about": result.about,
        **result.to_dict(),
    }


_MAP = "Both modalities on one sheet, as far as two directions can show them."
