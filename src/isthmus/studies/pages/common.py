"""Parts that many pages have: key numbers as cards, what was left out, sources, how it was made."""

import dataclasses
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from isthmus.measure.retrieval.rankings import Direction
from isthmus.report import Advice, Block, Card, Section, Table, number
from isthmus.studies.shared import About, numbers_of, versions
from isthmus.types import Result, plain


def number_card(
    label: str, measured: Result | Direction | None, scale: tuple[float, float] = (0.0, 1.0)
) -> tuple[Card, ...]:
    """The card of a number with its interval, chance and noise floor; none if not measured."""
    found = numbers_of(measured)
    if not math.isfinite(found.value):
        return ()
    beside = (("chance", found.chance), ("noise floor", found.floor))
    details = [f"{number(found.low)} to {number(found.high)}"] if math.isfinite(found.low) else []
    details += [f"{name} {number(value)}" for name, value in beside if math.isfinite(value)]
    ends = (found.low, found.high, found.chance)
    return (Card(label, number(found.value), ", ".join(details), *ends, scale),)


def pairs_table(
    caption: str,
    columns: tuple[str, str],
    pairs: Iterable[tuple[str, str]],
    *,
    most: int | None = None,
    counts: bool = False,
) -> tuple[Table, ...]:
    """A table of two columns, or none where it would hold no row.

    Args:
        caption: of the table.
        columns: their names.
        pairs: its rows, of which the first ``most`` are shown.
        most: None shows all.
        counts: whether the second column holds numbers.
    """
    rows = tuple(pairs)[:most]
    return (Table(caption, columns, rows, columns[1:] if counts else ()),) if rows else ()


def rows_table(
    caption: str, rows: Iterable[Mapping[str, str]], text: Collection[str] = ()
) -> Table:
    """A table of one row or more, each its cells by column.

    All columns but the first, which names the row, and those of ``text`` hold numbers.
    """
    found = list(rows)
    columns = tuple(found[0])
    numeric = tuple(name for name in columns[1:] if name not in text)
    return Table(caption, columns, tuple(tuple(row.values()) for row in found), numeric)


def made_section(facts: Mapping[str, Any], *blocks: Block) -> Section:
    """How a page was made: its facts, the versions of what computed it, and what else is known."""
    return Section("made", "How this was made", "", (made_table(facts), *blocks))


def made_table(facts: Mapping[str, Any]) -> Table:
    """The facts, then the versions of what computed the numbers."""
    rows = tuple((name, str(value)) for name, value in {**facts, **versions()}.items())
    return Table("How this was made", ("what", "value"), rows)


def sources_table(results: Iterable[Result], column: str = "paper and equation") -> Table:
    """Where each measure comes from, by its name."""
    sources = {result.name: result.cite() for result in results}
    return Table("Sources", ("measure", column), tuple(sources.items()))


MENDED = (
    Advice(
        "See what it changes",
        "It was fitted on all these objects, so that this shows what changes on them; what it "
        "earns on others stands above.",
        "",
        "isthmus compare {space} mended:FOLDER {options} --seen",
    ),
    Advice(
        "See the whole page of the new space",
        "The gap, the hubs and the examples, after it.",
        "",
        "isthmus study mended:FOLDER {options} --seen",
    ),
)
"""What to do with a space that a run kept."""


def next_steps(todo: Collection[Advice], about: About) -> tuple[Advice, ...]:
    """Advice whose commands name the space and its data as ``about`` does, each command once.

    Of vectors in memory, which no command can name, there are none.
    """
    commands = [one.command.format(**about.words).strip() if about.words else "" for one in todo]
    named = [replace(one, command=command) for one, command in zip(todo, commands, strict=True)]
    first = {one.command: one for one in reversed(named)}
    return tuple(one if one is first[one.command] else replace(one, command="") for one in named)


def anchor(*parts: str) -> str:
    """Where a part of the page can be linked to: letters, digits and hyphens."""
    return "-".join(re.sub(r"[\W_]", "-", part) for part in parts)


def record(some: Any) -> dict[str, Any]:
    """Plain JSON values of a dataclass, by field, or by the ``key`` in a field's metadata."""
    return {
        field.metadata.get("key", field.name): plain(getattr(some, field.name))
        for field in dataclasses.fields(some)
    }
