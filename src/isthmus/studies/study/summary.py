"""What this space is like, in sentences that follow from the numbers by rules.

A rule that needs a number that was not measured says nothing: ``float(x)`` matches no None.
"""

from isthmus.report import number
from isthmus.studies.pages.data_section import DataFacts
from isthmus.studies.study.evidence import Evidence
from isthmus.types import EmbeddingSet


def summary(
    a: EmbeddingSet, b: EmbeddingSet, numbers: Evidence, counted: DataFacts
) -> tuple[str, ...]:
    """Two paragraphs: what was measured and the gap; what can be found with it."""
    intro = (
        f"{a.space.name} places {len(a):,} {a.modality} and {len(b):,} {b.modality} items "
        f"({counted.objects:,} linked objects) in one space of {a.space.dim:,} coordinates."
    )
    rules = ((gap, probe), (cosines, inner, retrieval, mixed))
    first, second = ([rule(numbers, a.modality, b.modality) for rule in some] for some in rules)
    paragraphs = (" ".join(filter(None, part)) for part in ([intro, *first], second))
    return tuple(filter(None, paragraphs))


def gap(e: Evidence, a: str, b: str) -> str:
    """How far the centres stand apart, against the noise floor."""
    match e.gap, e.gap_floor:
        case (float(gap), float(floor)):
            apart = f"The centres of {a} and {b} stand {number(gap)} apart"
            if gap <= 2 * floor:
                return (
                    f"{apart}, hardly more than random halves of one modality do ({number(floor)})."
                )
            return (
                f"{apart}, {gap / floor:.1f} times what random halves of one modality show "
                f"({number(floor)})."
            )
        case _:
            return ""


def probe(e: Evidence, a: str, b: str) -> str:
    """Whether a linear probe tells the modalities apart."""
    match e.probe:
        case float(share) if share > 0.99:
            return f"A linear probe tells {a} from {b} almost without mistake."
        case float(share):
            return f"A linear probe tells {a} from {b} for {share:.1%} of unseen items."
        case _:
            return ""


def cosines(e: Evidence, a: str, b: str) -> str:
    """Linked against unlinked."""
    match e.matched, e.unmatched:
        case (float(matched), float(unmatched)):
            return (
                f"Linked pairs of {a} and {b} have cosine {number(matched)} on average, pairs that "
                f"are not linked {number(unmatched)}."
            )
        case _:
            return ""


def inner(e: Evidence, a: str, b: str) -> str:
    """Whether items of one modality are closer than linked pairs."""
    match e.intra_a, e.intra_b, e.matched:
        case (float(intra_a), float(intra_b), float(matched)) if min(intra_a, intra_b) > matched:
            return (
                f"Any two items of one modality are closer than that on average ({a} "
                f"{number(intra_a)}, {b} {number(intra_b)}): a cosine means something only beside "
                "cosines of the same kind of pair."
            )
        case _:
            return ""


def retrieval(e: Evidence, a: str, b: str) -> str:
    """Who comes first."""
    match e.recall_ab, e.recall_ba, e.chance:
        case (float(ab), float(ba), float(chance)):
            return (
                f"The linked {b} comes first for {ab:.1%} of the {a} queries and the linked {a} "
                f"for {ba:.1%} of the {b} queries, where luck gives {chance:.1%}."
            )
        case _:
            return ""


def mixed(e: Evidence, a: str, b: str) -> str:
    """What is left in a common gallery."""
    match e.mixed, e.mixed_ceiling:
        case (float(mixed), float(ceiling)) if mixed < 0.5 * ceiling:
            return (
                f"In a gallery of both, a query of {b} loses most of that: nDCG@10 is "
                f"{number(mixed)} where these rankings allow {number(ceiling)}."
            )
        case _:
            return ""
