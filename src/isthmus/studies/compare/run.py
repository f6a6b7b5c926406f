"""Two spaces side by side on the same items: paired differences, and who answers what."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from isthmus.measure import SPACES
from isthmus.measure.statistics import as_pair
from isthmus.report import html
from isthmus.studies.compare.contrasts import contrasts
from isthmus.studies.compare.page import comparison_page
from isthmus.studies.compare.request import CompareRequest
from isthmus.studies.compare.result import Comparison
from isthmus.studies.evaluate.differences import differences
from isthmus.studies.pages.neighbours import MOST
from isthmus.studies.shared import (
    Call,
    Dataset,
    MeasuredResult,
    measure_all,
    measure_calls,
    resolve,
    run_folder,
)
from isthmus.types import EmbeddingSet, Links, RequestError, Result


def run(request: CompareRequest, asked: Any = None) -> MeasuredResult:
    """Embed the items in both spaces, or read their vectors, and compare.

    Args:
        request: the spaces and the source.
        asked: the request to keep in the folder, where another question turned out to be this one.

    Raises:
        RequestError: the source would not be used, or the spaces share no items.
    """
    found = [resolve(space, request.source) for space in (request.first, request.second)]
    spaces, sources = zip(
        *(one.names if len(one.names) == 2 else (*one.names, "") for one in found), strict=True
    )
    names, common = (*spaces, *dict.fromkeys(filter(None, sources))), request.common
    with run_folder(asked or request, "study", *names) as folder:
        # both spaces are opened before the first is worked on
        towers = [None if one.arrays else one.encoders(common) for one in found]
        first, second = (
            one.dataset(folder / "jobs" / str(number), common, towers[number])
            for number, one in enumerate(found)
        )
        return compare(first, second, folder, seed=common.seed, progress=common.progress)


def compare(
    first: Dataset,
    second: Dataset,
    out: Path | None = None,
    *,
    seed: int = 0,
    progress: bool = False,
) -> MeasuredResult:
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
    pairs = [as_pair(data.a, data.b, data.links) for data in (one, other)]
    small = max(len(one.a), len(one.b)) <= MOST
    found = Comparison(
        first=one,
        second=other,
        seed=seed,
        differences=differences(pairs[0], pairs[1], seed),
        contrasts=contrasts(one, other) if small else (),
        measured=(
            measure_all(one, seed, progress=progress),
            measure_all(other, seed, progress=progress),
        ),
        alike=measure_calls(calls_of_spaces(one, other), seed, progress=progress),
    )
    results: dict[str, Result] = {row.name: row for row in found.differences}
    page = comparison_page(found)
    return MeasuredResult(
        results=results | found.alike.results,
        missing=found.missing,
        key=page.summary,
        verdict=page.verdict,
        todo=page.todo,
        page=html(page),
        record=found.to_dict(),
        seconds={"all": time.perf_counter() - start},
        faults={**first.about.faults, **second.about.faults},
    ).write(out, found.sets)


def calls_of_spaces(first: Dataset, second: Dataset) -> list[Call]:
    """Every measure of space against space, on each modality."""
    return [
        Call(f"{name}[{one.modality}]", name, target, {"a": one, "b": other})
        for name, target in SPACES.items()
        for one, other in ((first.a, second.a), (first.b, second.b))
    ]


def aligned(first: Dataset, second: Dataset) -> tuple[Dataset, Dataset]:
    """Both studies cut to the items that both hold, in the order of the first.

    Raises:
        RequestError: the modalities differ, or no item is in both.
    """
    sets: list[tuple[EmbeddingSet, EmbeddingSet]] = []
    for one, other in ((first.a, second.a), (first.b, second.b)):
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
    (a, other_a), (b, other_b) = sets
    links = first.links
    if links is None:
        links = Links((a.ids[row], b.ids[of]) for row, of in Links.between(a, b))
    return (
        replace(first, a=a, b=b, links=links),
        replace(second, a=other_a, b=other_b, links=links),
    )
