"""Tables of what chains of corrections, or trained spaces, earned on held-out items."""

from collections.abc import Mapping

from isthmus.report import Table, number, span
from isthmus.studies.evaluate.cross_validation import Refereed
from isthmus.studies.evaluate.rows import Row, ways
from isthmus.studies.evaluate.scores import K
from isthmus.studies.mend.words import percents, points, told


def main_table(found: Refereed, rows: Mapping[str, Row], kind: str) -> Table:
    """The headline: mixed search, R@1, calibration; ``kind`` is what a row is."""
    columns = (kind, f"mixed nDCG@{K}", "of ceiling", "R@1", "change of R@1, points")
    columns += ("calibration error",)
    order = sorted(rows.values(), key=lambda row: -row.mixed.value)
    cells = [
        (
            row.name,
            told(row.mixed),
            f"{row.of_ceiling.value:.1%} ({percents(row.of_ceiling)})",
            told(row.hits),
            points(row.hits_change) if row.chain else "–",
            number(row.numbers["calibration error"].value),
        )
        for row in order
    ]
    known = {
        "rule: other modality first": "rule {}",
        "ceiling": "ceiling {}",
        "chance": "chance {}",
    }
    for name, pattern in known.items():
        value = number(found.bounds.mean(*ways(found, pattern)))
        hits = found.bounds.mean(*ways(found, "chance of hits {}"))
        cells.append((name, value, "–", number(hits) if name == "chance" else "–", "–", "–"))
    return Table(f"Each {kind} by mixed search", columns, tuple(cells), columns[1:])


def ways_table(rows: Mapping[str, Row], kind: str) -> Table:
    """Every measure of single items, by the way of search."""
    names = tuple(next(iter(rows.values())).each)
    shown = tuple(name for name in names if "@5" not in name)
    asked = tuple(f"of ceiling, {name} queries" for name in next(iter(rows.values())).shares)
    cells = tuple(
        (
            row.name,
            *(f"{one.value:.1%} ({percents(one)})" for one in row.shares.values()),
            *(told(row.each[name]) for name in shown),
        )
        for row in rows.values()
    )
    return Table("Each way by itself", (kind, *asked, *shown), cells, (*asked, *shown))


def geometry_table(rows: Mapping[str, Row], kind: str, repeats: str) -> Table:
    """Every number of a whole space, with its spread over ``repeats``."""
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
        f"Geometry of held-out items: mean, and middle 95 % of the {repeats}",
        (kind, *names),
        cells,
        names,
    )
