"""The page of a referee: one table of remedies a size of calibration, one picture, words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from isthmus.report import Block, Figures, Page, Prose, Section, Table, figure, html, number, span
from isthmus.studies import provenance
from isthmus.studies.mend_choices import LOSS, TELLS_SIDES, honest, pareto, recommended
from isthmus.studies.mend_rows import Row, said
from isthmus.studies.referee import Refereed
from isthmus.studies.tallies import Estimate
from isthmus.studies.verdicts import K

if TYPE_CHECKING:
    from isthmus.studies.match_probabilities import Promises

Judged = Sequence[tuple[Refereed, Mapping[str, Row]]]
"""What was refereed with its rows, the largest calibration first."""


def assembled(
    judged: Judged, kept: "Promises", chosen: str, title: str, seed: int, skipped: int
) -> str:
    """The page as HTML; ``skipped`` items could not be embedded."""
    page = Page(
        title="What mends this space",
        kicker=f"isthmus mend · {title}",
        summary=summary(judged, chosen),
        cards=(),
        sections=(
            *(_remedies(found, rows) for found, rows in judged),
            Section("probability", "Probability of a match", _PROMISE, tuple(_promises(kept))),
            Section("made", "How this was made", "", tuple(_made(judged, title, seed, skipped))),
        ),
        footer="Made by isthmus. This file is complete: it asks for nothing when it is opened.",
    )
    return html(page)


_LEAD = (
    "Each remedy was fitted on {fitted} linked objects and judged on {held} others, {splits} times "
    "on random halves. Mixed gallery: all items of both modalities but the query; relevant is "
    "every other item of its object. Scores are averaged over the splits in which an item is held "
    "out; intervals are bootstraps over objects, changes are paired to the space as it is. The "
    "ceiling is the best merging of the two rankings that the space itself gives."
)
_PROMISE = (
    "A logistic fitted on calibration pairs turns a score into the probability that a text and "
    "another item belong together. Error: debiased expected calibration error on held-out pairs, "
    "0 where probabilities come true. Brier: mean squared error, to be read beside always "
    "answering the share of matches."
)


def summary(judged: Judged, chosen: str) -> tuple[str, ...]:
    """The recommendation in words, with what it rests on."""
    found, rows = judged[0]
    lines = [
        _headline(found, rows, chosen),
        f"That is the remedy with the best mixed search among those that cost at most "
        f"{100 * LOSS:.1f} points of R@1. Chosen in the same way on other objects than it is "
        f"scored on, the rule earns {_told(honest(found))}.",
    ]
    if not found.case.several:
        other = recommended(found, TELLS_SIDES)
        lines.append(
            "Here every object has one item a modality: whatever puts the other modality first "
            f"reaches the ceiling, and {said(TELLS_SIDES)} learns to. The best remedy that is not "
            f"told so is {said(other)}: {_told(rows[other].mixed)}, "
            f"{rows[other].of_ceiling.value:.1%} of the ceiling. Judge on data with several items "
            "an object before you search for both."
        )
    else:
        lines.append(
            f"Objects have several {' and '.join(found.case.several)} items, so matches lie on "
            "both sides: listing the other modality first earns "
            f"{found.bounds.mean(*_both(found, 'rule {}')):.3f}."
        )
    if found.calibrated < found.case.a.space.dim:
        lines.append(
            f"There are fewer calibration objects ({found.calibrated}) than coordinates "
            f"({found.case.a.space.dim}): covariances are shrunk, maps learnt from pairs suffer."
        )
    return tuple(lines)


def _headline(found: Refereed, rows: Mapping[str, Row], chosen: str) -> str:
    best, raw = rows[chosen], rows[""]
    if not chosen:
        return (
            "Recommended: leave the space as it is. No remedy that keeps R@1 does better in mixed "
            f"search than its nDCG@{K} {_told(raw.mixed)}, "
            f"{raw.of_ceiling.value:.1%} of the ceiling."
        )
    return (
        f"Recommended: {said(chosen)}. Fitted on {found.calibrated} objects it brings mixed "
        f"search from nDCG@{K} {_told(raw.mixed)} to {_told(best.mixed)}, "
        f"{best.of_ceiling.value:.1%} of the ceiling, and changes R@1 by "
        f"{_signed(best.hits_change)} points."
    )


def _both(found: Refereed, pattern: str) -> tuple[str, ...]:
    return tuple(pattern.format(some.modality) for some in (found.case.a, found.case.b))


def _remedies(found: Refereed, rows: Mapping[str, Row]) -> Section:
    lead = _LEAD.format(fitted=found.calibrated, held=found.held, splits=found.splits)
    title = f"Remedies fitted on {found.calibrated} objects"
    drawn = pareto(found, rows)
    front = f"On the front, from mixed search to R@1: {'; '.join(drawn.front)}."
    key = f"remedies-{found.calibrated}"
    blocks: list[Block] = [
        _main(found, rows),
        Figures((figure(f"pareto-{found.calibrated}", "Mixed search and R@1", [drawn], front),)),
        _ways(found, rows),
        _geometry(rows),
    ]
    if found.faults:
        faults = tuple((said(chain), why) for chain, why in found.faults.items())
        blocks.append(Table("Remedies that could not be fitted", ("remedy", "reason"), faults))
    return Section(key, title, lead, tuple(blocks))


def _main(found: Refereed, rows: Mapping[str, Row]) -> Table:
    columns = ("remedy", f"mixed nDCG@{K}", "of ceiling", "R@1", "change of R@1, points")
    columns += ("calibration error",)
    order = sorted(rows.values(), key=lambda row: -row.mixed.value)
    cells = [
        (
            row.name,
            _told(row.mixed),
            f"{row.of_ceiling.value:.1%} ({_percents(row.of_ceiling)})",
            _told(row.hits),
            _signed(row.hits_change) if row.chain else "–",
            number(row.numbers["calibration error"].value),
        )
        for row in order
    ]
    for name, pattern in (("rule: other modality first", "rule {}"), ("ceiling", "ceiling {}")):
        value = found.bounds.mean(*_both(found, pattern))
        cells.append((name, number(value), "–", "–", "–", "–"))
    return Table("Remedies by mixed search", columns, tuple(cells), columns[1:])


def _ways(found: Refereed, rows: Mapping[str, Row]) -> Table:
    names = tuple(next(iter(rows.values())).each)
    shown = tuple(name for name in names if "@5" not in name)
    asked = tuple(f"of ceiling, {name} queries" for name in next(iter(rows.values())).shares)
    cells = tuple(
        (
            row.name,
            *(f"{one.value:.1%} ({_percents(one)})" for one in row.shares.values()),
            *(_told(row.each[name]) for name in shown),
        )
        for row in rows.values()
    )
    return Table("Each way by itself", ("remedy", *asked, *shown), cells, (*asked, *shown))


def _geometry(rows: Mapping[str, Row]) -> Table:
    names = tuple(next(iter(rows.values())).numbers)
    cells = tuple(
        (
            row.name,
            *(
                f"{number(row.numbers[name].value)} ({span(row.numbers[name].interval)})"
                for name in names
            ),
        )
        for row in rows.values()
    )
    return Table(
        "Geometry of held-out items: mean, and middle 95 % of the splits",
        ("remedy", *names),
        cells,
        names,
    )


def _promises(kept: "Promises") -> list[Block]:
    columns = ("read from", "matches asked", "calibration error", "Brier", "Brier of a constant")
    rows = tuple(
        (
            one.score,
            f"{one.share:.0%}",
            f"{number(one.error.value)} ({span(one.error.interval)})",
            f"{one.brier.value:.4f}",
            f"{one.constant:.4f}",
        )
        for one in kept.found
    )
    caption = f"Held-out pairs, fitted on {kept.calibrated} objects, {kept.splits} splits"
    levels = tuple(
        (f"{share:.0%}", f"{p:.0%}", number(cosine)) for share, p, cosine in kept.thresholds
    )
    return [
        Table(caption, columns, rows, columns[2:]),
        Table(
            "What a cosine means: fitted on all objects",
            ("share of matches", "probability", "reached at cosine"),
            levels,
            ("reached at cosine",),
        ),
        Prose(
            (
                "Unpaired data promise a false-alarm rate only. A threshold set to 1 % without any "
                f"links let {kept.alarms.value:.2%} of held-out strangers pass (splits: "
                f"{_percents(kept.alarms, 2)}).",
            )
        ),
    ]


def _made(judged: Judged, title: str, seed: int, skipped: int) -> list[Block]:
    case = judged[0][0].case
    facts = {
        "data": title,
        "space": f"{case.a.space.name} (id {case.a.space.id})",
        "linked objects": f"{case.n:,}",
        **{
            f"{some.modality} items": f"{len(some):,} of {case.given[some.modality]:,}, linked"
            for some in (case.a, case.b)
        },
        "items skipped": f"{skipped:,}",
        "seed": str(seed),
        **provenance.versions(),
    }
    words = "The papers of the remedies stand in their docstrings: isthmus parts corrections."
    return [Table("How this was made", ("what", "value"), tuple(facts.items())), Prose((words,))]


def _told(one: Estimate) -> str:
    return f"{number(one.value)} ({span(one.interval)})"


def _signed(one: Estimate) -> str:
    low, high = (one.interval.low, one.interval.high) if one.interval else (one.value, one.value)
    text = f"{100 * one.value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
    return text.replace("-", "−")


def _percents(one: Estimate, digits: int = 1) -> str:
    assert one.interval is not None
    return f"{one.interval.low:.{digits}%} to {one.interval.high:.{digits}%}"
