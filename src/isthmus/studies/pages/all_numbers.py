"""The table of all numbers, with p-values that are adjusted for how many there are."""

import math
from collections.abc import Mapping

import numpy as np

from isthmus.measure.retrieval.rankings import RankingResult
from isthmus.measure.statistics import benjamini_hochberg
from isthmus.report import Block, Section, Table, beside, correction, number, span
from isthmus.studies.pages.common import pairs_table, sources_table
from isthmus.studies.shared import Measured, by_reason, qualifier
from isthmus.types import Result

METHOD = "Benjamini-Hochberg"
COLUMNS = (
    "measure",
    "value",
    "bias-corrected",
    "95 % interval",
    "chance",
    "null",
    "noise floor",
    "n",
    "p",
    "adjusted p",
)


def adjusted(results: Mapping[str, Result]) -> dict[str, float]:
    """Benjamini-Hochberg adjusted p of every result and direction whose null has one.

    The second direction of a ranking stands under ``key`` + `` backward``. If all below 0.05
    are called different from chance, at most one in twenty of these calls is expected to be
    wrong (false discovery rate; Benjamini and Hochberg 1995).
    """
    found = {key: result.null.p for key, result in results.items()}
    found |= {
        f"{key} backward": result.backward.null.p
        for key, result in results.items()
        if isinstance(result, RankingResult)
    }
    p = {key: value for key, value in found.items() if math.isfinite(value)}
    if not p:
        return {}
    corrected = benjamini_hochberg(np.array(list(p.values())))
    return dict(zip(p, corrected.tolist(), strict=True))


def numbers_section(found: Measured, p: Mapping[str, float]) -> Section:
    """Every result in a row, where each measure comes from, and what was not measured."""
    cells = tuple(row for key, result in found.results.items() for row in rows(key, result, p))
    missing = ((reason, ", ".join(keys)) for reason, keys in by_reason(found.missing).items())
    blocks: tuple[Block, ...] = (
        Table("Every measure", COLUMNS, cells, (*COLUMNS[1:5], *COLUMNS[6:])),
        sources_table(found.results.values()),
        *pairs_table("Not measured", ("reason", "measures"), missing),
    )
    lead = (
        f"{len(p):,} of these numbers have a p-value. The adjusted one ({METHOD}) accounts for "
        "their number: if all below 0.05 are called different from chance, at most one in twenty "
        "of these calls is expected to be wrong. The null says what was made meaningless to learn "
        "what chance gives: the pairing, the label of the modality, or all but n and d (reference "
        "law)."
    )
    return Section("numbers", "All numbers", lead, blocks)


def rows(key: str, result: Result, p: Mapping[str, float]) -> list[tuple[str, ...]]:
    """The cells of a result; of a ranking, one row a direction.

    Args:
        key: name of the result.
        result: what was measured.
        p: adjusted p-values by key.
    """
    of = qualifier(key)
    title = result.name if not of or of in result.name else f"{result.name} ({of})"
    if isinstance(result, RankingResult):
        return [
            (
                f"{title}, {one.query} → {one.gallery}",
                number(one.value),
                "–",
                span(one.interval),
                beside(one.null.mean, one.value),
                one.null.kind,
                "–",
                f"{one.queries:,}",
                number(one.null.p),
                number(p.get(name)),
            )
            for name, one in ((key, result.forward), (f"{key} backward", result.backward))
        ]
    return [
        (
            title,
            number(result.value),
            correction(result) or "–",
            span(result.interval),
            beside(result.null.mean, result.value),
            result.null.kind,
            number(result.floor),
            f"{result.n:,}",
            number(result.null.p),
            number(p.get(key)),
        )
    ]
