"""What this space is like, in sentences that follow from the numbers by rules.

A rule that needs a number that was not measured says nothing: its pattern does not match.
"""

# pyright: reportMatchNotExhaustive=false

from collections.abc import Iterator

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
    first, second = (
        [sentence for rule in some for sentence in rule(numbers, a.modality, b.modality)]
        for some in rules
    )
    return tuple(" ".join(part) for part in ([intro, *first], second) if part)


def gap(e: Evidence, a: str, b: str) -> Iterator[str]:
    """How far the centres stand apart, against the noise floor."""
    match e:
        case Evidence(gap=float(gap), gap_floor=float(floor)):
            more = (
                "hardly more than random halves of one modality do"
                if gap <= 2 * floor
                else f"{gap / floor:.1f} times what random halves of one modality show"
            )
            yield (
                f"The centres of {a} and {b} stand {number(gap)} apart, {more} ({number(floor)})."
            )


def probe(e: Evidence, a: str, b: str) -> Iterator[str]:
    """Whether a linear probe tells the modalities apart."""
    match e:
        case Evidence(probe=float(share)) if share > 0.99:
            yield f"A linear probe tells {a} from {b} almost without mistake."
        case Evidence(probe=float(share)):
            yield f"A linear probe tells {a} from {b} for {share:.1%} of unseen items."


def cosines(e: Evidence, a: str, b: str) -> Iterator[str]:
    """Linked against unlinked."""
    match e:
        case Evidence(matched=float(matched), unmatched=float(unmatched)):
            yield (
                f"Linked pairs of {a} and {b} have cosine {number(matched)} on average, pairs that "
                f"are not linked {number(unmatched)}."
            )


def inner(e: Evidence, a: str, b: str) -> Iterator[str]:
    """Whether items of one modality are closer than linked pairs."""
    match e:
        case Evidence(intra_a=float(intra_a), intra_b=float(intra_b), matched=float(matched)) if (
            min(intra_a, intra_b) > matched
        ):
            yield (
                f"Any two items of one modality are closer than that on average ({a} "
                f"{number(intra_a)}, {b} {number(intra_b)}): a cosine means something only beside "
                "cosines of the same kind of pair."
            )


def retrieval(e: Evidence, a: str, b: str) -> Iterator[str]:
    """Who comes first."""
    match e:
        case Evidence(recall_ab=float(ab), recall_ba=float(ba), chance=float(chance)):
            yield (
                f"The linked {b} comes first for {ab:.1%} of the {a} queries and the linked {a} "
                f"for {ba:.1%} of the {b} queries, where luck gives {chance:.1%}."
            )


def mixed(e: Evidence, a: str, b: str) -> Iterator[str]:
    """What is left in a common gallery."""
    match e:
        case Evidence(mixed=float(mixed), mixed_ceiling=float(ceiling)) if mixed < 0.5 * ceiling:
            yield (
                f"In a gallery of both, a query of {b} loses most of that: nDCG@10 is "
                f"{number(mixed)} where these rankings allow {number(ceiling)}."
            )
