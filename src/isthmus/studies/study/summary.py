"""What this space is like, in sentences that follow from the numbers by rules."""

from collections.abc import Callable, Mapping

from isthmus.report import number
from isthmus.studies.pages.data_section import DataFacts
from isthmus.types import EmbeddingSet

Evidence = Mapping[str, float]


def summary(
    a: EmbeddingSet, b: EmbeddingSet, numbers: Evidence, counted: DataFacts
) -> tuple[str, ...]:
    """Two paragraphs: what was measured and the gap; what can be found with it."""
    intro = (
        f"{a.space.name} places {len(a):,} {a.modality} and {len(b):,} {b.modality} items "
        f"({counted.objects:,} linked objects) in one space of {a.space.dim:,} coordinates."
    )
    names = (a.modality, b.modality)
    first = [intro, *(_said(rule, numbers, names) for rule in (gap, probe))]
    second = [_said(rule, numbers, names) for rule in (cosines, inner, retrieval, mixed)]
    paragraphs = (" ".join(filter(None, part)) for part in (first, second))
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _said(
    rule: Callable[[Evidence, str, str], str], numbers: Evidence, names: tuple[str, str]
) -> str:
    try:
        return rule(numbers, *names)
    except KeyError:  # it speaks of a number that was not measured
        return ""


def gap(e: Evidence, a: str, b: str) -> str:
    """How far the centres stand apart, against the noise floor."""
    apart = f"The centres of {a} and {b} stand {number(e['gap'])} apart"
    floor = number(e["gap_floor"])
    if e["gap"] <= 2 * e["gap_floor"]:
        return f"{apart}, hardly more than random halves of one modality do ({floor})."
    times = e["gap"] / e["gap_floor"]
    return f"{apart}, {times:.1f} times what random halves of one modality show ({floor})."


def probe(e: Evidence, a: str, b: str) -> str:
    """Whether a linear probe tells the modalities apart."""
    if e["probe"] > 0.99:
        return f"A linear probe tells {a} from {b} almost without mistake."
    return f"A linear probe tells {a} from {b} for {e['probe']:.1%} of unseen items."


def cosines(e: Evidence, a: str, b: str) -> str:
    """Linked against unlinked."""
    return (
        f"Linked pairs of {a} and {b} have cosine {number(e['matched'])} on average, pairs that "
        f"are not linked {number(e['unmatched'])}."
    )


def inner(e: Evidence, a: str, b: str) -> str:
    """Whether items of one modality are closer than linked pairs."""
    if min(e["intra_a"], e["intra_b"]) <= e["matched"]:
        return ""
    return (
        f"Any two items of one modality are closer than that on average ({a} "
        f"{number(e['intra_a'])}, {b} {number(e['intra_b'])}): a cosine means something only "
        "beside cosines of the same kind of pair."
    )


def retrieval(e: Evidence, a: str, b: str) -> str:
    """Who comes first."""
    return (
        f"The linked {b} comes first for {e['recall_ab']:.1%} of the {a} queries and the linked "
        f"{a} for {e['recall_ba']:.1%} of the {b} queries, where luck gives {e['chance']:.1%}."
    )


def mixed(e: Evidence, a: str, b: str) -> str:
    """What is left in a common gallery."""
    if e["mixed"] >= 0.5 * e["mixed_ceiling"]:
        return ""
    return (
        f"In a gallery of both, a query of {b} loses most of that: nDCG@10 is {number(e['mixed'])} "
        f"where these rankings allow {number(e['mixed_ceiling'])}."
    )
