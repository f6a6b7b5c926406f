"""Tables of what chains of corrections, or trained spaces, earned on held-out items."""

from collections.abc import Mapping

import numpy as np

from isthmus.measure.retrieval.galleries import RULES
from isthmus.report import Table, number, span
from isthmus.studies.evaluate.evaluation import Estimate, Evaluation, Row
from isthmus.studies.evaluate.scores import K
from isthmus.types import Result

SHOWN = (1, 10)
"""Cut-offs of hits in tables."""


def main_table(found: Evaluation, kind: str, rows: Mapping[str, Row] | None = None) -> Table:
    """The headline, with the rules that need no remedy; ``kind`` is what a row is.

    Mixed search where matches lie in both modalities, else R@k, calibration and the gap: there
    the task cannot tell a remedy from listing the other modality first.

    Args:
        found: the space as it is and what it is read against.
        kind: what a row is.
        rows: other rows than those of ``found``, such as of chains that were judged in fewer
            splits.
    """
    rows = found.rows if rows is None else rows
    shown = _mixed_columns if found.several else _hits_columns
    several = len({row.splits for row in rows.values()}) > 1
    lines = [
        {
            kind: row.name,
            **shown(row),
            **({"splits": f"{row.splits}"} if several else {}),
        }
        for row in sorted(rows.values(), key=lambda row: -row.headline(bool(found.several)))
    ]
    columns, raw = tuple(lines[0]), found.rows[""]
    bounds = raw.scores.forward.bounds, raw.scores.backward.bounds
    for name, said in {**RULES, "ceiling": "best merging", "chance": "chance"}.items():
        value = float(np.mean([getattr(one, name).value for one in bounds]))
        hits = found.mean_bounds.chance_of_hits if name == "chance" else None
        label = f"rule: {said}" if name in RULES else f"{said} of the space as it is"
        known = {kind: said if name == "chance" else label, _MIXED: number(value)}
        known |= {} if hits is None else {"R@1": number(hits)}
        lines.append({column: known.get(column, "–") for column in columns})
    title = f"Each {kind} by {'mixed search' if found.several else 'R@1'}"
    return Table(title, columns, tuple(tuple(line.values()) for line in lines), columns[1:])


_MIXED = f"mixed nDCG@{K}"


def _mixed_columns(row: Row) -> dict[str, str]:
    return {
        _MIXED: with_interval(row.mixed),
        "over the best trivial rule, points": in_points(row.rule_gain),
        "of its own ceiling": share_of_ceiling(row.of_ceiling),
        "R@1": with_interval(row.hits),
        "change of R@1, points": in_points(row.hits_change) if row.chain else "–",
        "calibration error": number(row.scores.calibration_error.value),
    }


def _hits_columns(row: Row) -> dict[str, str]:
    both = [
        float(np.mean([one.hits[k].value for one in row.scores.directions])) for k in SHOWN if k > 1
    ]
    return {
        "R@1": with_interval(row.hits),
        "change of R@1, points": in_points(row.hits_change) if row.chain else "–",
        **{f"R@{k}": number(value) for k, value in zip(SHOWN[1:], both, strict=True)},
        "calibration error": number(row.scores.calibration_error.value),
        "gap": number(row.scores.geometry.gap.value),
        _MIXED: with_interval(row.mixed),
    }


def directions_table(found: Evaluation, kind: str, rows: Mapping[str, Row] | None = None) -> Table:
    """Every measure of single items, each direction of search by itself."""
    some = list((found.rows if rows is None else rows).values())
    cells = tuple(
        (
            row.name,
            *(map(share_of_ceiling, row.shares) if found.several else ()),
            *(with_interval(one.estimate) for one in row.item_measures(SHOWN)),
        )
        for row in some
    )
    columns = (
        *(f"of its ceiling, {name} queries" for name in found.modalities if found.several),
        *(one.name for one in some[0].item_measures(SHOWN)),
    )
    return Table("Each way by itself", (kind, *columns), cells, columns)


def geometry_table(rows: Mapping[str, Row], kind: str, repeats: str) -> Table:
    """Every number of a whole space, with its spread over ``repeats``."""
    cells = tuple(
        (row.name, *(with_interval(one.estimate) for one in row.space_measures))
        for row in rows.values()
    )
    names = tuple(one.name for one in rows[""].space_measures)
    title = f"Geometry of held-out items: mean, and middle 95 % of the {repeats}"
    return Table(title, (kind, *names), cells, names)


def with_interval(one: Estimate) -> str:
    """A value with its interval."""
    return f"{number(one.value)} ({span(one.interval)})"


def share_of_ceiling(one: Estimate) -> str:
    """A share with its interval."""
    return f"{one.value:.1%} ({percents(one)})"


def in_points(one: Estimate | Result) -> str:
    """A change in points, with its sign and interval."""
    low, high = (one.interval.low, one.interval.high) if one.interval else (one.value, one.value)
    return f"{100 * one.value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})".replace("-", "−")


def percents(one: Estimate, digits: int = 1) -> str:
    """Both ends of an interval as shares."""
    assert one.interval is not None
    return f"{one.interval.low:.{digits}%} to {one.interval.high:.{digits}%}"
