"""The page of a referee: one table of remedies a size of calibration, one picture, words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from isthmus.report import Block, Figures, Page, Prose, Section, Table, figure, html, number, span
from isthmus.studies.evaluate.cross_validation import Refereed
from isthmus.studies.evaluate.rows import Row, said
from isthmus.studies.evaluate.tables import geometry_table, main_table, ways_table
from isthmus.studies.mend.choose import pareto
from isthmus.studies.mend.words import Judged, percents, summary
from isthmus.studies.shared.provenance import versions

if TYPE_CHECKING:
    from isthmus.studies.evaluate.calibration import Promises


def mend_page(
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


def _remedies(found: Refereed, rows: Mapping[str, Row]) -> Section:
    lead = _LEAD.format(fitted=found.calibrated, held=found.held, splits=found.splits)
    title = f"Remedies fitted on {found.calibrated} objects"
    drawn = pareto(found, rows)
    front = f"On the front, from mixed search to R@1: {'; '.join(drawn.front)}."
    key = f"remedies-{found.calibrated}"
    blocks: list[Block] = [
        main_table(found, rows, "remedy"),
        Figures((figure(f"pareto-{found.calibrated}", "Mixed search and R@1", [drawn], front),)),
        ways_table(rows, "remedy"),
        geometry_table(rows, "remedy", "splits"),
    ]
    if found.faults:
        faults = tuple((said(chain), why) for chain, why in found.faults.items())
        blocks.append(Table("Remedies that could not be fitted", ("remedy", "reason"), faults))
    return Section(key, title, lead, tuple(blocks))


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
                f"{percents(kept.alarms, 2)}).",
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
            f"{some.modality} items": f"{len(some):,} of {case.offered[some.modality]:,}, linked"
            for some in (case.a, case.b)
        },
        "items skipped": f"{skipped:,}",
        "seed": str(seed),
        **versions(),
    }
    words = "The papers of the remedies stand in their docstrings: isthmus parts corrections."
    return [Table("How this was made", ("what", "value"), tuple(facts.items())), Prose((words,))]
