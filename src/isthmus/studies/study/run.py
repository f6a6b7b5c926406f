"""The main job: from two linked sets of vectors to a page that can be trusted."""

import gc
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from isthmus.arrays import give_back
from isthmus.measure.statistics import SetLike, as_pair
from isthmus.records import dataclass
from isthmus.registry import resolve as opened
from isthmus.report import html
from isthmus.studies import STUDIES, request_type
from isthmus.studies.shared import (
    About,
    Dataset,
    MeasuredResult,
    measure_all,
    resolve,
    run_folder,
)
from isthmus.studies.shared.guard import SEEN, allowed, told_by
from isthmus.studies.study.page import study_page
from isthmus.studies.study.request import StudyRequest
from isthmus.types import Links, RequestError, Source

ALL = "all"
"""Of the modalities that there are."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StudyResult(MeasuredResult):
    """A finished study."""

    figure = "cosine_separation"


def run(request: StudyRequest) -> MeasuredResult:
    """Measure a space on a source, or on arrays, and write its page.

    Two spaces are the question of ``compare``, more of them or more than two modalities that of
    ``card``, meshes that of ``atlas``.

    Raises:
        RequestError: spaces beside arrays, or nothing to study.
    """
    spaces = (*request.spaces, *filter(None, [request.space]))
    if request.objects is not None:
        if len(spaces) > 1 or request.source != Source():
            raise RequestError("--objects goes with one space, and with no other data.")
        space = spaces[0] if spaces else ""
        return _instead("atlas", request, objects=request.objects, space=space)
    if len(spaces) > 2 or request.modalities:
        named = request.modalities if request.modalities != (ALL,) else ()
        given = {"spaces": spaces, "source": request.source, "modalities": named}
        return _instead("card", request, **given)
    if len(spaces) == 2:
        first, second = spaces
        return _instead("compare", request, first=first, second=second, source=request.source)
    found = resolve(spaces[0] if spaces else "", request.source)
    common = request.common
    with run_folder(request, "study", *found.names) as folder:
        data = found.dataset(folder, common)
        return _studied(data, folder, request)


def _studied(data: Dataset, folder: Path | None, request: StudyRequest) -> StudyResult:
    """The data measured as the request wants it."""
    common, thorough = request.common, request.thorough
    return study_dataset(
        data, folder, seed=common.seed, progress=common.progress, thorough=thorough
    )


def _instead(name: str, request: StudyRequest, **options: Any) -> MeasuredResult:
    """Another question that the request turns out to be."""
    same = {key: getattr(request, key) for key in ("out", "open", "common")}
    return opened(STUDIES[name])(request_type(name)(**same, **options), request)


def study(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    about: About | None = None,
    request: StudyRequest | None = None,
) -> StudyResult:
    """Measure the joint space of two linked sets and make a page of it.

    Args:
        a: vectors of one modality, such as images; an EmbeddingSet or an (n, d) array.
        b: vectors of the other modality in the same space.
        links: which item of a belongs to which of b; without links equal ids pair.
        about: pictures, captions, labels, licences, faults of the items.
        request: how it is measured and shown, and the run folder for ``report.html``,
            ``report.json`` and the vectors; None writes nothing.

    Returns:
        The results by name, the page and its record.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: no link has both its ends in the sets.
    """
    pair, asked = as_pair(a, b, links), request or StudyRequest()
    told = allowed(told_by((pair.a, pair.b)), asked.source)
    known = about or About()
    context = {**known.context, **({SEEN: "; ".join(told)} if told else {})}
    data = Dataset(pair.a, pair.b, links, replace(known, context=context))
    return _studied(data, asked.out, asked)


def study_dataset(
    data: Dataset,
    out: Path | None = None,
    *,
    seed: int = 0,
    progress: bool = False,
    thorough: bool = False,
) -> StudyResult:
    """Measure, pick examples, advise, write: what ``isthmus study`` does with the vectors.

    Args:
        data: the sets, their links, and what is known about the items.
        out: run folder; None writes nothing.
        seed: every random draw follows from it.
        progress: show a bar of the measures.
        thorough: also the measures that take minutes.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: no link has both its ends in the sets.
    """
    as_pair(data.a, data.b, data.links)
    start = time.perf_counter()
    # measures keep what they share on the sets, and a page of a million rows needs that memory
    copies = replace(data, a=replace(data.a), b=replace(data.b))
    found = measure_all(copies, seed, progress=progress, thorough=thorough)
    del copies
    gc.collect()  # sets and what is kept on them know each other
    give_back()
    measuring = time.perf_counter() - start
    page, record, key = study_page(data, found, seed)
    names = (data.a.modality, data.b.modality)
    links = None if data.links is None else (data.links, names)
    seconds = {
        **{f"measure {key}": value for key, value in found.seconds.items()},
        "all measures": measuring,
        "examples and page": time.perf_counter() - start - measuring,
    }
    return StudyResult(
        results=found.results,
        missing=found.missing,
        key=key,
        verdict=page.verdict,
        todo=page.todo,
        page=html(page),
        record=record,
        seconds=seconds,
        faults=data.about.faults,
    ).write(out, dict(zip(names, (data.a, data.b), strict=True)), links)
