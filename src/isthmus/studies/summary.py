"""What this space is like, in a few sentences that follow from the numbers."""

from collections.abc import Mapping

from isthmus.report import number
from isthmus.studies.advice import Evidence
from isthmus.studies.data import DataFacts
from isthmus.studies.given import StudyInput


def summary(
    given: StudyInput, numbers: Mapping[str, float], counted: DataFacts
) -> tuple[str, ...]:
    """Two paragraphs: what was measured and the gap; what can be found with it."""
    e = Evidence(numbers)
    a, b = given.a.modality, given.b.modality
    first = [
        f"{given.a.space.name} places {counted.items[a]:,} {a} and {counted.items[b]:,} {b} items "
        f"({counted.objects:,} linked objects) in one space of {given.a.space.dim:,} coordinates."
    ]
    first += _gap(e)
    second = [*_cosines(e, a, b), *_retrieval(e, a, b), *_mixed(e)]
    return tuple(" ".join(part) for part in (first, second) if part)


def _gap(e: Evidence) -> list[str]:
    if e["gap"] > 2 * e["gap_floor"]:
        times = e["gap"] / e["gap_floor"]
        said = [
            f"The centres of the two modalities stand {number(e['gap'])} apart, {times:.1f} times "
            f"what sampling alone would show ({number(e['gap_floor'])})."
        ]
    elif e["gap"] <= 2 * e["gap_floor"]:
        said = [
            f"The centres of the two modalities stand {number(e['gap'])} apart, hardly more than "
            f"random halves of one modality do ({number(e['gap_floor'])})."
        ]
    else:
        said = []
    if e["probe"] > 0.99:
        said.append("A linear probe tells the modalities apart without a mistake worth naming.")
    return said


def _cosines(e: Evidence, a: str, b: str) -> list[str]:
    if not e["matched"] == e["matched"]:
        return []
    said = [
        f"A linked pair has cosine {number(e['matched'])} on average, one that is not linked "
        f"{number(e['unmatched'])}."
    ]
    inner = min(e["intra_a"], e["intra_b"])
    if inner > e["matched"]:
        said.append(
            f"Two items of one modality are closer still ({a} {number(e['intra_a'])}, {b} "
            f"{number(e['intra_b'])}), so cosines compare only within one pair of modalities."
        )
    return said


def _retrieval(e: Evidence, a: str, b: str) -> list[str]:
    if not e["recall_ab"] == e["recall_ab"]:
        return []
    return [
        f"The linked {b} comes first for {e['recall_ab']:.1%} of the {a} queries, the linked {a} "
        f"for {e['recall_ba']:.1%} of the {b} queries (chance {e['chance']:.1%})."
    ]


def _mixed(e: Evidence) -> list[str]:
    if e["mixed"] < 0.5 * e["mixed_ceiling"]:
        return [
            f"In a gallery of both modalities most of that is lost: nDCG@10 falls from "
            f"{number(e['mixed_ceiling'])} to {number(e['mixed'])}."
        ]
    return []
