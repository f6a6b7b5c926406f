"""What this space is like, in sentences that follow from the numbers by rules.

A rule that needs a number that was not measured says nothing: its pattern does not match.
"""

# pyright: reportMatchNotExhaustive=false

from collections.abc import Iterator

from isthmus.report import number
from isthmus.studies.pages.data_section import DataFacts
from isthmus.studies.shared import About
from isthmus.studies.shared.guard import SEEN
from isthmus.studies.study.evidence import Evidence
from isthmus.studies.study.verdict import luck
from isthmus.types import EmbeddingSet


def summary(
    a: EmbeddingSet, b: EmbeddingSet, numbers: Evidence, counted: DataFacts
) -> tuple[str, ...]:
    """A paragraph: what was measured, the gap and the cosines."""
    intro = (
        f"{a.space.name} places {len(a):,} {a.modality} and {len(b):,} {b.modality} items "
        f"({counted.objects:,} linked objects) in one space of {a.space.dim:,} coordinates."
    )
    names = (a.modality, b.modality)
    said = [sentence for rule in (gap, probe, cosines, inner) for sentence in rule(numbers, *names)]
    return (" ".join([intro, *said]),)


def caution(about: About) -> tuple[str, ...]:
    """That these numbers flatter the space, where it was fitted or chosen on these items."""
    if (seen := about.context.get(SEEN)) is None:
        return ()
    return (f"These numbers flatter the space, for it was made on these items: {seen}.",)


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


def key_lines(e: Evidence, a: str, b: str) -> Iterator[str]:
    """The few numbers that the terminal shows first."""
    match e:
        case Evidence(recall_ab=float(ab), recall_ba=float(ba), chance=float(chance)):
            yield (
                f"hit@1: {a} to {b} {ab:.1%}{_ends(e.recall_ab_low, e.recall_ab_high)}, {b} to {a} "
                f"{ba:.1%}{_ends(e.recall_ba_low, e.recall_ba_high)}, luck {luck(chance)}"
            )
    within = {f"within {a}": e.intra_a, f"within {b}": e.intra_b}
    cosines = {"linked": e.matched, "not linked": e.unmatched, **within}
    if shown := [f"{name} {number(x)}" for name, x in cosines.items() if x is not None]:
        yield f"cosines: {', '.join(shown)}"
    apart = {"gap between the centres": e.gap, "between halves of one modality": e.gap_floor}
    mixed = {"nDCG@10 in a gallery of both": e.mixed, "of at most": e.mixed_ceiling}
    if shown := [f"{name} {number(x)}" for name, x in {**apart, **mixed}.items() if x is not None]:
        yield ", ".join(shown)


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" ({low:.1%} to {high:.1%})"
