"""The main job: from two linked sets of vectors to a page that can be trusted."""

import time
from pathlib import Path

from isthmus.lab import save_links
from isthmus.measure.statistics.inputs import SetLike, as_pair
from isthmus.studies.shared.dataset import About, StudyInput
from isthmus.studies.shared.measure_all import measured
from isthmus.studies.shared.result import StudyResult, write_run
from isthmus.studies.study.page import assembled
from isthmus.types import Links


def study(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    about: About | None = None,
    out: str | Path | None = None,
    seed: int = 0,
) -> StudyResult:
    """Measure the joint space of two linked sets and make a page of it.

    Args:
        a: vectors of one modality, such as images; an EmbeddingSet or an (n, d) array.
        b: vectors of the other modality in the same space.
        links: which item of a belongs to which of b; without links equal ids pair.
        about: pictures, captions, labels, licences, faults of the items.
        out: run folder for ``report.html``, ``report.json`` and the vectors; None writes nothing.
        seed: every random draw follows from it; equal seeds give equal bytes.

    Returns:
        The results by name, the page and its record.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: no link has both its ends in the sets.
    """
    pair = as_pair(a, b, links)
    given = StudyInput(pair.a, pair.b, links, about or About())
    return run(given, None if out is None else Path(out), seed=seed)


def run(
    given: StudyInput, out: Path | None = None, *, seed: int = 0, progress: bool = False
) -> StudyResult:
    """Measure, look, advise, write: what ``isthmus study`` does once the vectors are there.

    Args:
        given: the sets, their links, and what is known about the items.
        out: run folder; None writes nothing.
        seed: every random draw follows from it.
        progress: show a bar of the measures.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: no link has both its ends in the sets.
    """
    as_pair(given.a, given.b, given.links)
    start = time.perf_counter()
    found = measured(given, seed, progress)
    measuring = time.perf_counter() - start
    page, record = assembled(given, found, seed)
    total = time.perf_counter() - start
    seconds = {
        **{f"measure {key}": value for key, value in found.seconds.items()},
        "all measures": measuring,
        "looks and page": total - measuring,
    }
    result = StudyResult(found.results, found.missing, page, record, seconds, out)
    if out is not None:
        write_run(out, result, {given.a.modality: given.a, given.b.modality: given.b})
        if given.links is not None:
            save_links(given.links, out / "embeddings", (given.a.modality, given.b.modality))
    return result
