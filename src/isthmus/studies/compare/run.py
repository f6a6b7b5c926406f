"""Two spaces side by side on the same items: paired differences, and who answers what."""

import time
from dataclasses import replace
from pathlib import Path

from isthmus.measure.statistics.inputs import as_pair
from isthmus.report import html
from isthmus.studies.compare.contrasts import contrasts
from isthmus.studies.compare.differences import differences
from isthmus.studies.compare.page import comparison_page
from isthmus.studies.compare.result import Comparison
from isthmus.studies.pages.neighbours import MOST
from isthmus.studies.shared.dataset import StudyInput
from isthmus.studies.shared.measure_all import measured
from isthmus.studies.shared.result import StudyResult, write_run
from isthmus.types import EmbeddingSet, Links, RequestError, Result


def compare(
    first: StudyInput,
    second: StudyInput,
    out: Path | None = None,
    *,
    seed: int = 0,
    progress: bool = False,
) -> StudyResult:
    """Measure two spaces on the items that both hold, with intervals of their differences.

    Args:
        first: one space's sets; links and what is known about the items are taken from here.
        second: another space's sets of the same two modalities, with the same ids.
        out: run folder; None writes nothing.
        seed: every random draw follows from it, and is the same in both spaces.
        progress: show a bar of the measures.

    Raises:
        RequestError: the studies share no linked items, or their modalities differ.
    """
    start = time.perf_counter()
    one, other = aligned(first, second)
    pairs = [as_pair(given.a, given.b, given.links) for given in (one, other)]
    small = max(len(one.a), len(one.b)) <= MOST
    found = Comparison(
        first=one,
        second=other,
        seed=seed,
        differences=differences(pairs[0], pairs[1], seed),
        contrasts=contrasts(one, other) if small else (),
        measured=(measured(one, seed, progress), measured(other, seed, progress)),
    )
    page, record = html(comparison_page(found)), found.to_dict()
    seconds = {"all": time.perf_counter() - start}
    results: dict[str, Result] = {row.name: row for row in found.differences}
    result = StudyResult(results, found.missing, page, record, seconds, out)
    if out is not None:
        write_run(out, result, found.sets)
    return result


def aligned(first: StudyInput, second: StudyInput) -> tuple[StudyInput, StudyInput]:
    """Both studies cut to the items that both hold, in the order of the first.

    Raises:
        RequestError: the modalities differ, or no item is in both.
    """
    pairs = ((first.a, second.a), (first.b, second.b))
    sets: list[tuple[EmbeddingSet, EmbeddingSet]] = []
    for one, other in pairs:
        if one.modality != other.modality:
            raise RequestError(
                f"Two spaces are compared on the same modalities, not on {one.modality} and "
                f"{other.modality}."
            )
        ids = [name for name in one.ids if name in other.row]
        if not ids:
            raise RequestError(
                f"The two studies share no {one.modality} item: compare spaces on the same items, "
                "with the same ids."
            )
        sets.append((one.take(ids), other.take(ids)))
    links = first.links
    if links is None:
        rows = Links.between(sets[0][0], sets[1][0])
        links = Links((sets[0][0].ids[a], sets[1][0].ids[b]) for a, b in rows)
    (a, other_a), (b, other_b) = sets
    return (
        replace(first, a=a, b=b, links=links),
        replace(second, a=other_a, b=other_b, links=links),
    )
