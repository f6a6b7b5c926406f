"""What the referee found, in words."""

from collections.abc import Mapping, Sequence

from isthmus.report import number, span
from isthmus.studies.evaluate.aggregate import Estimate
from isthmus.studies.evaluate.cross_validation import Refereed
from isthmus.studies.evaluate.rows import Row, said, ways
from isthmus.studies.evaluate.scores import K
from isthmus.studies.mend.choose import LOSS, TELLS_SIDES, by_chance, honest, recommended

Judged = Sequence[tuple[Refereed, Mapping[str, Row]]]
"""What was refereed with its rows, the largest calibration first."""


def summary(judged: Judged, chosen: str) -> tuple[str, ...]:
    """The recommendation in words, with what it rests on."""
    found, rows = judged[0]
    if by_chance(found):
        return (_headline(found, rows, chosen),)
    lines = [
        _headline(found, rows, chosen),
        f"That is the remedy with the best mixed search among those that cost at most "
        f"{100 * LOSS:.1f} points of R@1. Chosen in the same way on other objects than it is "
        f"scored on, the rule earns {told(honest(found))}.",
    ]
    if not found.case.several:
        other = recommended(found, TELLS_SIDES)
        lines.append(
            "Here every object has one item a modality: whatever puts the other modality first "
            f"reaches the ceiling, and {said(TELLS_SIDES)} learns to. The best remedy that is not "
            f"told so is {said(other)}: {told(rows[other].mixed)}, "
            f"{rows[other].of_ceiling.value:.1%} of the ceiling. Judge on data with several items "
            "an object before you search for both."
        )
    else:
        lines.append(
            f"Objects have several {' and '.join(found.case.several)} items, so matches lie on "
            "both sides: listing the other modality first earns "
            f"{found.bounds.mean(*ways(found, 'rule {}')):.3f}."
        )
    if found.calibrated < found.case.a.space.dim:
        lines.append(
            f"There are fewer calibration objects ({found.calibrated}) than coordinates "
            f"({found.case.a.space.dim}): covariances are shrunk, maps learnt from pairs suffer."
        )
    return tuple(lines)


def _headline(found: Refereed, rows: Mapping[str, Row], chosen: str) -> str:
    best, raw = rows[chosen], rows[""]
    if by_chance(found):
        return (
            f"Nothing to mend: partners are found by chance only, R@1 {told(raw.hits)} where a "
            f"random order has {number(found.bounds.mean(*ways(found, 'chance of hits {}')))}. "
            "Check the links, the model and its preprocessing first; the table below is of noise."
        )
    if not chosen:
        return (
            "Recommended: leave the space as it is. No remedy that keeps R@1 does better in mixed "
            f"search than its nDCG@{K} {told(raw.mixed)}, "
            f"{raw.of_ceiling.value:.1%} of the ceiling."
        )
    return (
        f"Recommended: {said(chosen)}. Fitted on {found.calibrated} objects it brings mixed "
        f"search from nDCG@{K} {told(raw.mixed)} to {told(best.mixed)}, "
        f"{best.of_ceiling.value:.1%} of the ceiling, and changes R@1 by "
        f"{points(best.hits_change)} points."
    )


def told(one: Estimate) -> str:
    """A value with its interval."""
    return f"{number(one.value)} ({span(one.interval)})"


def points(one: Estimate) -> str:
    """A change in points, with its sign and interval."""
    low, high = (one.interval.low, one.interval.high) if one.interval else (one.value, one.value)
    text = f"{100 * one.value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
    return text.replace("-", "−")


def percents(one: Estimate, digits: int = 1) -> str:
    """Both ends of an interval as shares."""
    assert one.interval is not None
    return f"{one.interval.low:.{digits}%} to {one.interval.high:.{digits}%}"
