"""The page of a training: what was earned on unseen objects, trade-offs, and how learning went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.report import Advice, Block, Figures, Page, Section, Table, figure, number
from isthmus.studies.evaluate import (
    Evaluation,
    Splits,
    directions_table,
    geometry_table,
    in_points,
    main_table,
    trade_offs,
    with_interval,
)
from isthmus.studies.pages.common import MENDED, made_section, next_steps
from isthmus.types import Axes, Result, amount, axes_or_new

Log = Sequence[dict[str, Any]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Curves(Result):
    """One column of the logs over epochs, a line a training."""

    column: str
    lines: Mapping[str, tuple[float, ...]]

    paper = "After each epoch; held-out objects are those that training is stopped by."

    def plot(self, ax: Axes | None = None) -> Axes:
        """A line a training; named where there are a few."""
        ax = axes_or_new(ax)
        for name, values in self.lines.items():
            ax.plot(range(1, len(values) + 1), values, label=name, linewidth=1)
        if 1 < len(self.lines) <= 6:
            ax.legend(fontsize=7)
        ax.locator_params(axis="x", integer=True)
        ax.set_xlabel("epoch")
        ax.set_ylabel(self.column)
        return ax


def fit_page(
    found: Evaluation, logs: Mapping[str, Log], chosen: str, epoch: int, splits: Splits
) -> Page:
    """The page; ``epoch`` is the one that the chosen variant is of."""
    about, command = found.data.about, "fit" if len(logs) == 1 else "sweep"
    return Page(
        title=f"{command.capitalize()}: {about.title or found.data.a.space.name}",
        kicker=f"isthmus {command} · trained on {found.fitted_on:,} objects",
        verdict=verdict(found, chosen, epoch),
        summary=_summary(found, chosen),
        todo=todo(found, chosen, command, splits.drawn),
        cards=(),
        sections=(
            Section("earned", "On objects never seen", _lead(found, splits), _earned(found)),
            Section("learning", "How learning went", _LEARNING, _learning(logs)),
            made_section(_facts(found, splits, chosen)),
        ),
    )


_LEARNING = (
    "The loss of each epoch, and what held-out objects say after it: mean reciprocal rank both "
    "ways, which decides when training stops and which epoch is kept, and the centroid gap."
)


def _lead(found: Evaluation, splits: Splits) -> str:
    cut = "drawn at random" if splits.drawn else "as the data say"
    return (
        f"Trained on {found.fitted_on:,} objects, judged on {found.held_out:,} others ({cut}), "
        f"{amount(found.repeats, 'seed', 'seeds averaged')}. Intervals are "
        "Wilson's over test objects; changes are paired to the space as it is. The mixed gallery "
        "holds all items of both modalities but the query; relevant is every other item of its "
        "object."
    )


def verdict(found: Evaluation, chosen: str, epoch: int) -> str:
    """Whether training helped, in words.

    Args:
        found: what was earned on test objects.
        chosen: the variant that is kept.
        epoch: that was best on the objects that training was stopped by; 0 is the start.
    """
    own = found.rows[chosen]
    change, interval = (
        f"R@1 changes by {in_points(own.hits_change)} points",
        own.hits_change.interval,
    )
    if epoch == 0:
        return (
            "Training did not help; the start is kept: no epoch found more of the objects that "
            f"training was stopped by. Against the space as it is {change} on test objects."
        )
    if interval and interval.low > 0:
        return f"Training helped: {change} on test objects, of the space as it is."
    if interval and interval.high < 0:
        return f"Training did harm: {change} on test objects. Use the space as it is."
    return f"Training did not help R@1 for sure: {change} on test objects, of the space as it is."


_OTHERS = Advice(
    "Try other recipes",
    "One recipe says little of what training can do here.",
    "A grid of them is judged on the same objects.",
    "isthmus sweep {data} --losses info_nce sigmoid --heads linear mlp",
)
_REMEDIES = Advice(
    "Try remedies that are not trained",
    "Training was not shown to help.",
    "Shifts, maps and corrected scores need fewer pairs.",
    "isthmus mend {data}",
)
_VECTORS = Advice(
    "Take its vectors to other tools",
    "The trained space was shown to help.",
    "",
    "isthmus embed mended:FOLDER trained-vectors {options}",
)


def todo(found: Evaluation, chosen: str, command: str, drawn: bool) -> tuple[Advice, ...]:
    """What to try after training.

    Args:
        found: what was earned on test objects.
        chosen: the variant that is kept.
        command: ``fit`` or ``sweep``.
        drawn: whether test objects are known to nobody else, so that only this page leaves out
            those that were trained on.
    """
    interval = found.rows[chosen].hits_change.interval
    helped = interval is not None and interval.low > 0
    first = [_REMEDIES] if not helped else [_VECTORS] if drawn else [*MENDED[:1], _VECTORS]
    return next_steps([*first, *([_OTHERS] if command == "fit" else [])], found.data.about)


def _summary(found: Evaluation, chosen: str) -> tuple[str, ...]:
    own = found.rows[chosen]
    of_ceiling = f", {own.of_ceiling.value:.1%} of the ceiling of its own two rankings"
    return (
        f"{chosen} had the best score on the objects that training was stopped by, and is kept.",
        f"On {found.held_out:,} test objects its R@1 is {with_interval(own.hits)}; its "
        f"mixed-gallery nDCG@10 is {number(own.mixed.value)}{of_ceiling if found.several else ''}, "
        f"{in_points(own.rule_gain)} points over the best trivial rule ({own.rule}).",
    )


def _earned(found: Evaluation) -> tuple[Block, ...]:
    blocks: list[Block] = [main_table(found, "variant")]
    if len(found.rows) > 2:
        drawn = trade_offs(found.rows, "variant")
        figures = (
            figure(f"front-{i}", f"R@1 and {one.measure}", [one], one.measure)
            for i, one in enumerate(drawn)
        )
        fronts = tuple((one.measure, ", ".join(one.front)) for one in drawn)
        table = Table("Fronts", ("measure", "variants that none beats"), fronts)
        blocks += [Figures(tuple(figures)), table]
    blocks += [directions_table(found, "variant"), geometry_table(found.rows, "variant", "seeds")]
    return tuple(blocks)


def _learning(logs: Mapping[str, Log]) -> tuple[Block, ...]:
    drawn = [
        Curves(
            name=column,
            value=float(len(logs)),
            n=len(logs),
            column=column,
            lines={name: tuple(row[column] for row in log) for name, log in logs.items()},
        )
        for column in ("loss", "held-out reciprocal rank", "held-out gap", "scale")
    ]
    shown = (figure(f"curve-{i}", one.column, [one], one.column) for i, one in enumerate(drawn))
    return (Figures(tuple(shown)),)


def _facts(found: Evaluation, splits: Splits, chosen: str) -> dict[str, str]:
    space, modality = found.data.a.space, found.modalities[0]
    return {
        "space": f"{space.name} (id {space.id})",
        "kept": chosen,
        "objects to train on": f"{found.fitted_on:,}",
        "objects to stop by": f"{len(splits.val.a):,} {modality} items",
        "objects to be judged on": f"{found.held_out:,}",
        "items skipped": f"{len(splits.test.about.faults):,}",
    }
