"""Tables of what chains of corrections, or trained spaces, earned on held-out items."""

from isthmus.report import Table, number, span
from isthmus.studies.evaluate.evaluation import Estimate, Evaluation
from isthmus.studies.evaluate.scores import K

SHOWN = (1, 10)
"""Cut-offs of hits in tables."""


def main_table(found: Evaluation, kind: str) -> Table:
    """The headline: mixed search, R@1, calibration; ``kind`` is what a row is."""
    columns = (
        f"mixed nDCG@{K}",
        "of ceiling",
        "R@1",
        "change of R@1, points",
        "calibration error",
    )
    means = found.mean_bounds
    cells = (
        *(
            (
                row.name,
                with_interval(row.mixed),
                share_of_ceiling(row.of_ceiling),
                with_interval(row.hits),
                points(row.hits_change) if row.chain else "–",
                number(row.scores.calibration_error.value),
            )
            for row in sorted(found.rows.values(), key=lambda row: -row.mixed.value)
        ),
        ("rule: other modality first", number(means.rule), "–", "–", "–", "–"),
        ("ceiling", number(means.ceiling), "–", "–", "–", "–"),
        ("chance", number(means.chance), "–", number(means.chance_of_hits), "–", "–"),
    )
    return Table(f"Each {kind} by mixed search", (kind, *columns), cells, columns)


def directions_table(found: Evaluation, kind: str) -> Table:
    """Every measure of single items, each direction of search by itself."""
    cells = tuple(
        (
            row.name,
            *map(share_of_ceiling, row.shares),
            *(with_interval(one.estimate) for one in row.item_measures(SHOWN)),
        )
        for row in found.rows.values()
    )
    columns = (
        *(f"of ceiling, {name} queries" for name in found.modalities),
        *(one.name for one in found.rows[""].item_measures(SHOWN)),
    )
    return Table("Each way by itself", (kind, *columns), cells, columns)


def geometry_table(found: Evaluation, kind: str, repeats: str) -> Table:
    """Every number of a whole space, with its spread over ``repeats``."""
    cells = tuple(
        (row.name, *(with_interval(one.estimate) for one in row.space_measures))
        for row in found.rows.values()
    )
    names = tuple(one.name for one in found.rows[""].space_measures)
    title = f"Geometry of held-out items: mean, and middle 95 % of the {repeats}"
    return Table(title, (kind, *names), cells, names)


def with_interval(one: Estimate) -> str:
    """A value with its interval."""
    return f"{number(one.value)} ({span(one.interval)})"


def share_of_ceiling(one: Estimate) -> str:
    """A share with its interval."""
    return f"{one.value:.1%} ({percents(one)})"


def points(one: Estimate) -> str:
    """A change in points, with its sign and interval."""
    low, high = (one.interval.low, one.interval.high) if one.interval else (one.value, one.value)
    return f"{100 * one.value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})".replace("-", "−")


def percents(one: Estimate, digits: int = 1) -> str:
    """Both ends of an interval as shares."""
    assert one.interval is not None
    return f"{one.interval.low:.{digits}%} to {one.interval.high:.{digits}%}"
