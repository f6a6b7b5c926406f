"""The verdict: can the linked item be found at all, and if not, what do the numbers point to?

Where retrieval is at chance, no other number is a trait of a joint space: gaps, hubs and
near-duplicates of vectors whose pairing carries nothing are symptoms, and no advice follows from
them.
"""

from enum import Enum

from isthmus.report import number
from isthmus.studies.study.evidence import Evidence

CONSTANT = 1 - 1e-4
"""Mean cosine of two items of one modality from which on all its vectors count as one."""
NARROW = 0.9
"""Mean cosine of two items of one modality from which on a cosine of 0.98 says nothing."""
COLLAPSED = 0.75
"""Likewise from which on, where retrieval is at chance, towers look untrained: those of ``fresh``
show 0.80, larger ones up to 0.999."""
AGREED = 0.1
"""Share of common neighbours above chance from which on two modalities hold the same things; that
of ``fresh`` on the glyphs, whose names share letters as their shapes do, lies below."""
SAME = 1 - 1e-6
"""Mean cosine of linked pairs from which on both sets count as the same vectors."""
STRONG = 20
"""Times luck from which on both directions count as working, however large the gallery."""
SIGNIFICANT = 0.01
"""p up to which a set differs from random directions."""


class Cause(Enum):
    """What retrieval at chance comes from, as far as the numbers tell."""

    CONSTANT = "constant"
    """All vectors of a modality are one."""
    COLLAPSED = "collapsed"
    """All vectors of a modality lie in a narrow cone."""
    COORDINATES = "coordinates"
    """Linked items have linked neighbours, but no common directions: two different spaces."""
    NOISE = "noise"
    """Neither modality differs from random directions."""
    LINKS = "links"
    """Each modality has a structure of its own; what is linked does not belong together."""


def at_chance(e: Evidence) -> bool:
    """Whether neither direction of retrieval can be told from chance."""
    match e:
        case Evidence(
            recall_ab=float(),
            recall_ab_low=float(low_ab),
            recall_ba=float(),
            recall_ba_low=float(low_ba),
            chance=float(chance),
        ):
            return max(low_ab, low_ba) <= chance * (1 + 1e-9)
        case _:
            return False


def narrow(e: Evidence) -> bool:
    """Whether the vectors of a modality are so alike that near-duplicates cannot be told."""
    return max(e.intra_a or 0.0, e.intra_b or 0.0) >= NARROW


def cause(e: Evidence) -> Cause:
    """What retrieval at chance points to."""
    alike = max(e.intra_a or 0.0, e.intra_b or 0.0)
    if alike >= COLLAPSED:
        return Cause.CONSTANT if alike >= CONSTANT else Cause.COLLAPSED
    if (e.mutual or 0.0) - (e.mutual_chance or 0.0) >= AGREED:
        return Cause.COORDINATES
    structures = [p for p in (e.structure_p_a, e.structure_p_b) if p is not None]
    if structures and min(structures) > SIGNIFICANT:
        return Cause.NOISE
    return Cause.LINKS


def verdict(e: Evidence, a: str, b: str) -> str:
    """One or two sentences that open the page and the terminal's summary; empty without numbers."""
    if at_chance(e):
        return f"{_chance(e, a, b)} {symptom(e, a, b)}"
    match e:
        case Evidence(matched=float(matched)) if matched >= SAME:
            return (
                f"The {a} and the {b} vectors are the same: linked pairs have cosine 1. Was one "
                "file given twice?"
            )
        case Evidence(recall_ab=float(ab), recall_ba=float(ba), chance=float(chance)):
            works = min(ab, ba) >= min(0.5, STRONG * chance)
            worked = "works" if works else "is above chance, but weak"
            found = (
                f"Retrieval {worked}: the linked {b} comes first for {ab:.1%} of the {a} queries "
                f"and the linked {a} for {ba:.1%} of the {b} queries, where luck gives "
                f"{luck(chance)}."
            )
            return f"{found} {_apart(e, a, b)}".strip()
        case _:
            return ""


def luck(chance: float) -> str:
    """The chance level as a share that does not read 0.0 %."""
    return f"{chance:.1%}" if chance >= 0.001 else f"{number(100 * chance)}%"


def symptom(e: Evidence, a: str, b: str) -> str:
    """What the numbers show where retrieval is at chance, in one sentence."""
    names = {a: e.intra_a or 0.0, b: e.intra_b or 0.0}
    match cause(e):
        case Cause.CONSTANT:
            same = " and ".join(name for name, cosine in names.items() if cosine >= CONSTANT)
            return f"All {same} vectors are one and the same, so nothing can be told apart."
        case Cause.COLLAPSED:
            some = " and ".join(
                f"{name} items have cosine {number(cosine)}"
                for name, cosine in names.items()
                if cosine >= COLLAPSED
            )
            return (
                f"The vectors have collapsed into a narrow cone: two random {some} on average, as "
                "in towers that were never trained, or where the items mean nothing to them."
            )
        case Cause.COORDINATES:
            return (
                f"Linked items have linked neighbours within {a} and within {b}, but no common "
                "directions: the two sets seem to come from two different spaces."
            )
        case Cause.NOISE:
            return "Neither set differs from random directions: these vectors carry nothing."
        case Cause.LINKS:
            return (
                f"The {a} and the {b} vectors each have a structure of their own, but what is "
                "linked does not belong together."
            )


def _chance(e: Evidence, a: str, b: str) -> str:
    return (
        f"Retrieval is at chance: the linked {b} comes first for {e.recall_ab or 0:.1%} of the "
        f"{a} queries and the linked {a} for {e.recall_ba or 0:.1%} of the {b} queries, where luck "
        f"gives {luck(e.chance or 0)}."
    )


def _apart(e: Evidence, a: str, b: str) -> str:
    """What a gallery of both modalities makes of it."""
    match e:
        case Evidence(mixed=float(mixed), mixed_ceiling=float(ceiling)) if mixed < 0.5 * ceiling:
            return (
                f"In a gallery of both, a query of {b} loses most of that: nDCG@10 is "
                f"{number(mixed)} where these rankings allow {number(ceiling)}."
            )
        case _:
            return ""
