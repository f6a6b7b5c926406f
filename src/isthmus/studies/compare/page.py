"""The page of two spaces side by side."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from isthmus.report import (
    Advice,
    Album,
    Card,
    Figure,
    Figures,
    Page,
    Section,
    Strips,
    Table,
    figure,
    number,
    span,
)
from isthmus.studies.compare.contrasts import Contrast
from isthmus.studies.compare.result import Comparison
from isthmus.studies.evaluate import in_points
from isthmus.studies.evaluate.differences import FAMILIES, Difference, Forest
from isthmus.studies.pages.common import anchor, next_steps, pairs_table
from isthmus.studies.pages.data_section import data_section
from isthmus.studies.pages.item_cards import ItemCards, example_strip
from isthmus.studies.pages.map_figure import Sketch, drawn, project, sketch
from isthmus.studies.shared import Dataset, qualifier
from isthmus.types import Null

HITS = "hit@1,"
"""What the verdict is read from."""


def comparison_page(found: Comparison) -> Page:
    """Differences first, then who answers what, all numbers, and the data of both."""
    second, both = found.names[1], zip((found.first, found.second), found.names, strict=True)
    return Page(
        title=f"Compare: {' and '.join(data.about.title or name for data, name in both)}",
        kicker="isthmus compare · two spaces on the same items",
        verdict=verdict(found),
        summary=summary(found),
        todo=todo(found),
        cards=tuple(
            _card(row, second)
            for row in found.differences
            if row.name.startswith((HITS, "centroid"))
        ),
        sections=(
            _differences(found),
            *_contrasts(found),
            _maps(found),
            _alike(found),
            _everything(found),
            *_provenance(found),
        ),
    )


def verdict(found: Comparison) -> str:
    """Which space finds more linked items, as far as the intervals tell."""
    first, second = found.names
    said = {
        (False, False): f"Neither {first} nor {second} retrieves better for sure",
        (True, False): f"{first} retrieves better than {second}",
        (False, True): f"{second} retrieves better than {first}",
        (True, True): f"{first} and {second} each retrieve better one way",
    }
    changes = ", ".join(
        f"{row.name.partition(', ')[2]} from {number(row.first)} to {number(row.second)}, "
        f"{in_points(row)} points"
        for row in found.differences
        if row.name.startswith(HITS)
    )
    return f"{said[_better(found)]}: hit@1 {changes}."


def _better(found: Comparison) -> tuple[bool, bool]:
    """Whether the first space is better either way for sure, and whether the second is."""
    hits = (row for row in found.differences if row.name.startswith(HITS))
    sure = [row.value for row in hits if row.differs]
    return min(sure, default=0) < 0, max(sure, default=0) > 0


def todo(found: Comparison) -> tuple[Advice, ...]:
    """The whole study of the space that retrieves better, and its remedies."""
    better = found.second if _better(found) == (False, True) else found.first
    name = better.a.space.name
    whole = Advice(
        f"See the whole page of {name}",
        "A comparison shows what differs; what both lack stands in the study of one.",
        "",
        "isthmus study {data}",
    )
    mend = Advice(
        f"Mend {name}",
        "Its gap and its hubs may cost it matches.",
        "Remedies are judged on pairs that they were not fitted on.",
        "isthmus mend {data}",
    )
    mended = better.about.words.get("space", "").startswith("mended:")
    return next_steps((whole,) if mended else (whole, mend), better.about)


def summary(found: Comparison) -> tuple[str, ...]:
    """How many items and differences there are, and who answers what."""
    (first, second), (a, b) = found.names, (found.first.a, found.first.b)
    apart = sum(row.differs for row in found.differences)
    intro = (
        f"{first} and {second} are compared on the same {len(a):,} {a.modality} and {len(b):,} "
        f"{b.modality} items. Of {len(found.differences)} differences, {apart} have a 95 % "
        "interval that leaves out zero; one in twenty would by luck."
    )
    counts = [
        f"Of the {one.query} queries {one.both:,} find their {one.answer} first in both, "
        f"{one.only_first:,} only in {first}, {one.only_second:,} only in {second}, "
        f"{one.neither:,} in neither."
        for one in found.contrasts
    ]
    return (intro, " ".join(counts)) if counts else (intro,)


def _card(row: Difference, second: str) -> Card:
    return Card(
        row.name,
        number(row.value),
        f"{second} minus the other: from {number(row.first)} to {number(row.second)}; interval of "
        f"the difference {span(row.interval)}",
    )


def _differences(found: Comparison) -> Section:
    first, second = found.names
    columns = (first, second, "difference", "95 % interval", "n")
    rows = tuple(
        (
            row.name,
            number(row.first),
            number(row.second),
            number(row.value),
            span(row.interval),
            f"{row.n:,}",
        )
        for row in found.differences
    )
    lead = (
        f"Each is {second} minus {first}, measured on the same objects: what is drawn or left out "
        "for one is drawn or left out for the other, so the intervals are those of the difference. "
        "Intervals of queries are Wilson's, of gains and losses; means over pairs leave out "
        "blocks of objects."
    )
    drawings = Figures(tuple(_forest(found, *family) for family in FAMILIES.items()))
    table = Table("Paired differences", ("measure", *columns), rows, columns)
    return Section("differences", "Differences", lead, (drawings, table))


def _forest(found: Comparison, family: str, title: str) -> Figure:
    rows = tuple(row for row in found.differences if row.family == family)
    together = Null("none", note="drawn together")
    forest = Forest(name=title, value=float(len(rows)), n=rows[0].n, null=together, rows=rows)
    sentence = (
        f"{found.names[1]} minus {found.names[0]}: dot and 95 % interval of each difference; "
        f"{sum(row.differs for row in rows)} of {len(rows)} leave out zero and are in colour."
    )
    return figure(f"f-{family}", title, (forest,), sentence)


def _contrasts(found: Comparison) -> list[Section]:
    album = Album()
    blocks = tuple(
        block for one in found.contrasts for block in strips(one, found.first, album, found.names)
    )
    lead = "Queries that one space answers and the other does not, the clearest first."
    return [Section("contrasts", "Who answers what", lead, blocks)] if blocks else []


def strips(found: Contrast, data: Dataset, album: Album, names: tuple[str, str]) -> list[Strips]:
    """The examples with pictures and captions, those lost before those won."""
    cards, pair = ItemCards(data, album), (found.query, found.answer)
    blocks: list[Strips] = []
    for examples, (winner, loser) in ((found.lost, names), (found.won, names[::-1])):
        sentence = (
            f"The linked {found.answer} comes first in {winner}; the row shows what {loser} "
            "answers instead."
        )
        shown = tuple(
            example_strip(
                cards, pair, example, f"; in {winner} it comes first, margin {number(margin)}"
            )
            for example, margin in examples
        )
        if shown:
            title = f"{found.query} → {found.answer}: right in {winner} only"
            blocks.append(Strips(title, sentence, shown))
    return blocks


def _maps(found: Comparison) -> Section:
    some = sketch(found.first, np.random.default_rng([found.seed, *b"map"]))
    same = Sketch(found.second.a.take(some.a.ids), found.second.b.take(some.b.ids), some.rows)
    sides = zip((found.first, found.second), (some, same), found.names, strict=True)
    figures = tuple(
        drawn(data, project(data.a, data.b), items, name) for data, items, name in sides
    )
    lead = (
        "The same items in both spaces. Each space has directions of its own, so places on one map "
        "say nothing about places on the other: compare how the two clouds lie and how long the "
        "lines between linked items are."
    )
    return Section("maps", "Maps of both spaces", lead, (Figures(figures),))


def _alike(found: Comparison) -> Section:
    rows = tuple(
        (
            result.name,
            qualifier(key),
            number(result.value),
            span(result.interval),
            number(result.null.mean),
            number(result.null.p),
            f"{result.n:,}",
            result.cite(),
        )
        for key, result in found.alike.results.items()
    )
    columns = ("measure", "items", "value", "95 % interval", "chance", "p", "n", "source")
    lead = (
        "Whether both spaces arrange the same items alike, whatever their coordinates: 1 is the "
        "same arrangement. Chance is what the measure gives where the items of one space are dealt "
        "anew; with few items or many coordinates it can be far above 0."
    )
    table = Table("Space against space", columns, rows, columns[2:7])
    missing = pairs_table("Not measured", ("measure", "reason"), found.alike.missing.items())
    return Section("alike", "How alike the two spaces are", lead, (table, *missing))


def _everything(found: Comparison) -> Section:
    first, second = (some.results for some in found.measured)
    columns = tuple(text for name in found.names for text in (name, f"interval, {name}"))
    rows = tuple(
        (one.name, number(one.value), span(one.interval), number(two.value), span(two.interval))
        for one, two in ((first[key], second[key]) for key in first if key in second)
    )
    lead = "Each space measured by itself; differences of these intervals are not paired."
    table = Table("Every measure", ("measure", *columns), rows, columns)
    return Section("numbers", "All numbers", lead, (table,))


def _provenance(found: Comparison) -> Iterator[Section]:
    sides = zip((found.first, found.second), found.counted, found.names, strict=True)
    for data, counted, name in sides:
        section = data_section(data, counted, found.seed)
        yield replace(section, key=anchor("data", name), title=f"{section.title}: {name}")
