"""The page of a training: what was earned on unseen objects, trade-offs, and how learning went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.report import Block, Figures, Page, Section, Table, figure, html, number
from isthmus.studies.evaluate.cross_validation import Refereed
from isthmus.studies.evaluate.pareto import fronts
from isthmus.studies.evaluate.rows import Row
from isthmus.studies.evaluate.splits import Parted
from isthmus.studies.evaluate.tables import geometry_table, main_table, ways_table
from isthmus.studies.shared.provenance import versions
from isthmus.types import Result
from isthmus.types.axes import Axes

Curve = Sequence[dict[str, Any]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Curves(Result):
    """One column of the logs over epochs, a line a training."""

    column: str
    lines: Mapping[str, tuple[float, ...]]

    paper = "After each epoch; held-out objects are those that training is stopped by."

    def plot(self, ax: Axes) -> Axes:
        """A line a training; named where there are a few."""
        for name, values in self.lines.items():
            ax.plot(range(1, len(values) + 1), values, label=name, linewidth=1)
        if 1 < len(self.lines) <= 6:
            ax.legend(fontsize=7)
        ax.locator_params(axis="x", integer=True)
        ax.set_xlabel("epoch")
        ax.set_ylabel(self.column)
        return ax


def fit_page(
    found: Refereed,
    rows: Mapping[str, Row],
    curves: Mapping[str, Curve],
    chosen: str,
    parts: Parted,
) -> str:
    """The page as HTML."""
    name = found.case.a.space.name
    command = "fit" if len(curves) == 1 else "sweep"
    page = Page(
        title="What training makes of this space",
        kicker=f"isthmus {command} · {name}, {found.calibrated:,} objects",
        summary=_summary(found, rows, chosen),
        cards=(),
        sections=(
            Section("earned", "On objects never seen", _lead(found, parts), _earned(found, rows)),
            Section("learning", "How learning went", _LEARNING, _learning(curves)),
            Section("made", "How this was made", "", (_made(found, parts, chosen),)),
        ),
    )
    return html(page)


_LEARNING = (
    "The loss of each epoch, and what held-out objects say after it: mean reciprocal rank both "
    "ways, which decides when training stops and which epoch is kept, and the centroid gap."
)


def _lead(found: Refereed, parts: Parted) -> str:
    cut = "drawn at random" if parts.drawn else "as the data say"
    return (
        f"Trained on {found.calibrated:,} objects, judged on {found.held:,} others ({cut}), "
        f"{found.splits} {'seed' if found.splits == 1 else 'seeds averaged'}. Intervals are "
        "bootstraps over test objects; changes are paired to the space as it is. The mixed gallery "
        "holds all items of both modalities but the query; relevant is every other item of its "
        "object."
    )


def _summary(found: Refereed, rows: Mapping[str, Row], chosen: str) -> tuple[str, ...]:
    own, change = rows[chosen], rows[chosen].hits_change
    return (
        f"{chosen} had the best score on the objects that training was stopped by, and is kept.",
        f"On {found.held:,} test objects its R@1 is {number(own.hits.value)}, "
        f"{change.value:+.3f} {change.interval} against the space as it is; its mixed-gallery "
        f"nDCG@10 is {number(own.mixed.value)}, {own.of_ceiling.value:.1%} of the ceiling.",
    )


def _earned(found: Refereed, rows: Mapping[str, Row]) -> tuple[Block, ...]:
    blocks: list[Block] = [main_table(found, rows, "variant")]
    if len(rows) > 2:
        drawn = fronts(rows)
        blocks.append(
            Figures(
                tuple(
                    figure(f"front-{i}", f"R@1 and {one.measure}", [one], one.measure)
                    for i, one in enumerate(drawn)
                )
            )
        )
        blocks.append(
            Table(
                "Fronts",
                ("measure", "variants that none beats"),
                tuple((one.measure, ", ".join(one.front)) for one in drawn),
            )
        )
    blocks += [ways_table(rows, "variant"), geometry_table(rows, "variant", "seeds")]
    return tuple(blocks)


def _learning(curves: Mapping[str, Curve]) -> tuple[Block, ...]:
    drawn = [
        Curves(
            name=column,
            value=float(len(curves)),
            n=len(curves),
            column=column,
            lines={name: tuple(row[column] for row in log) for name, log in curves.items()},
        )
        for column in ("loss", "held-out reciprocal rank", "held-out gap", "scale")
    ]
    shown = (figure(f"curve-{i}", one.column, [one], one.column) for i, one in enumerate(drawn))
    return (Figures(tuple(shown)),)


def _made(found: Refereed, parts: Parted, chosen: str) -> Table:
    case = found.case
    facts = {
        "space": f"{case.a.space.name} (id {case.a.space.id})",
        "kept": chosen,
        "objects to train on": f"{found.calibrated:,}",
        "objects to stop by": f"{len(set(parts.val.a.ids)):,} {case.a.modality} items",
        "objects to be judged on": f"{found.held:,}",
        "items skipped": f"{len(parts.test.about.faults):,}",
        **versions(),
    }
    return Table("How this was made", ("what", "value"), tuple(facts.items()))
