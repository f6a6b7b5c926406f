"""Results as parts of the page: drawings with a sentence and numbers, facts, rows of a table."""

import math
from collections.abc import Iterable, Mapping

from isthmus.measure.retrieval.rankings import RankingResult
from isthmus.report import (
    Block,
    Fact,
    Facts,
    Figure,
    Figures,
    Section,
    beside,
    between,
    correction,
    figure,
    number,
    reading,
    signed,
    span,
)
from isthmus.studies.study.layout import (
    AFTER_MAP,
    BEFORE_MAP,
    HEADINGS,
    OTHER,
    Part,
    measure_of,
    way_of,
)
from isthmus.types import Null, Result

Results = Mapping[str, Result]
"""Results by key."""

SHOWN = 3
"""Facts of a part that are not folded away."""


def sections(parts: Iterable[Part], results: Results) -> tuple[Section, ...]:
    """The parts that have results; measures that no part knows stand under the last one."""
    found = ((part, blocks(part, results)) for part in parts)
    return tuple(Section(part.key, part.title, part.lead, some) for part, some in found if some)


def blocks(part: Part, results: Results) -> tuple[Block, ...]:
    """The drawings of a part, then what it tells without one."""
    if part is OTHER:
        return _others(results)
    groups = [some for group in part.drawn for some in _drawn_together(group, results)]
    drawings = [_drawing(some) for some in groups]
    facts = [_fact(_of((name,), results)) for name in part.told if _of((name,), results)]
    return _both(drawings, facts)


def _others(results: Results) -> tuple[Block, ...]:
    known = {name for part in (*BEFORE_MAP, *AFTER_MAP) for name in part.names}
    names = dict.fromkeys(measure_of(key) for key in results if measure_of(key) not in known)
    groups = {name: _of((name,), results) for name in names}
    own = {name for name, some in groups.items() if _draws_itself(next(iter(some.values())))}
    drawings = [
        _drawing({key: result})
        for name, some in groups.items()
        if name in own
        for key, result in some.items()
    ]
    return _both(drawings, [_fact(some) for name, some in groups.items() if name not in own])


def _both(drawings: list[Figure], facts: list[Fact]) -> tuple[Block, ...]:
    found: list[Block] = []
    if drawings:
        found.append(Figures(tuple(drawings)))
    first, rest = facts[:SHOWN], facts[SHOWN:]
    if first:
        found.append(Facts(tuple(first)))
    if rest:
        names = ", ".join(fact.title for fact in rest)
        found.append(Facts(tuple(rest), folded=f"{len(rest)} more: {names}"))
    return tuple(found)


def _drawn_together(group: tuple[str, ...], results: Results) -> list[Results]:
    some = _of(group, results)
    if group[0] in HEADINGS:
        return [some] if some else []
    return [{key: result} for key, result in some.items()]


def _of(names: tuple[str, ...], results: Results) -> Results:
    return {
        key: result for name in names for key, result in results.items() if measure_of(key) == name
    }


def _draws_itself(result: Result) -> bool:
    return type(result).plot is not Result.plot


def _drawing(some: Results) -> Figure:
    keys = [*some]
    anchor = "f-" + "".join(letter if letter.isalnum() else "-" for letter in keys[0])
    title = HEADINGS.get(measure_of(keys[0])) or heading(some)
    way = way_of(keys[0]) if len(keys) == 1 else ""
    title = f"{title}, {way}" if way else title
    try:
        return figure(anchor, title, tuple(some.values()), sentence(some), told(some))
    except Exception as error:  # a drawing that fails must not lose the numbers
        words = f"{sentence(some)} (It could not be drawn: {error}.)"
        return Figure(title, "", title, words, told(some))


def _fact(some: Results) -> Fact:
    values = [result.value for result in some.values()]
    value = " · ".join(map(number, values)) if any(map(math.isfinite, values)) else ""
    numbers = tuple(row for row in told(some) if row[0] != "value")
    return Fact(heading(some), value, sentence(some), numbers)


def heading(some: Results) -> str:
    """The measure's name without the modality, with a capital unless it is mAP or nDCG."""
    key, first = next(iter(some.items()))
    title = first.name.replace(f" ({way_of(key)})", "")
    return title if title[1:2].isupper() else title[:1].upper() + title[1:]


def sentence(some: Results) -> str:
    """What the results say, each after its modality where there are several."""
    if len(some) == 1:
        return signed(next(iter(some.values())).about)
    said = (
        f"{way.capitalize()}: {result.about}" if (way := way_of(key)) else result.about
        for key, result in some.items()
    )
    return signed(" ".join(said))


def told(some: Results) -> tuple[tuple[str, str], ...]:
    """Value, interval, chance and floor of every result and direction, and the objects."""
    results = [*some.values()]
    if len(results) == 1 and not isinstance(results[0], RankingResult):
        return reading(results[0])
    found = [row for key, result in some.items() for row in _rows(key, result)]
    counts = {f"{result.n:,}": None for result in results}
    return (*found, ("n", " and ".join(counts)))


def _rows(key: str, result: Result) -> list[tuple[str, str]]:
    if isinstance(result, RankingResult):
        return [
            (
                f"{way.query} → {way.gallery}",
                f"{number(way.value)} ({span(way.interval)}, "
                f"chance {beside(way.null.mean, way.value)})",
            )
            for way in (result.forward, result.backward)
        ]
    inside = [between(result)] if result.interval else []
    if result.null.kind != "none":
        inside.append(f"chance {beside(result.null.mean, result.value)}")
    if result.floor is not None:
        inside.append(f"noise floor {beside(result.floor, result.value)}")
    extra = f" ({', '.join(inside)})" if inside else ""
    return [(way_of(key) or result.name, f"{number(result.value)}{extra}")]


COLUMNS = (
    "measure",
    "value",
    "bias-corrected",
    "95 % interval",
    "chance",
    "null",
    "noise floor",
    "n",
    "p",
    "adjusted p",
)
"""Of the table of all numbers."""


def rows(key: str, result: Result, adjusted: Mapping[str, float]) -> list[tuple[str, ...]]:
    """The cells of a result in the table of all numbers; of a ranking, one row a direction."""
    way = way_of(key)
    title = result.name if not way or way in result.name else f"{result.name} ({way})"
    if isinstance(result, RankingResult):
        return [
            (
                f"{title}, {way.query} → {way.gallery}",
                number(way.value),
                "–",
                span(way.interval),
                *_null(way.null, way.value),
                "–",
                f"{way.queries:,}",
                number(way.null.p),
                number(adjusted.get(name)),
            )
            for name, way in ((key, result.forward), (f"{key} backward", result.backward))
        ]
    return [
        (
            title,
            number(result.value),
            correction(result) or "–",
            span(result.interval),
            *_null(result.null, result.value),
            number(result.floor),
            f"{result.n:,}",
            number(result.null.p),
            number(adjusted.get(key)),
        )
    ]


def _null(null: Null, value: float) -> tuple[str, str]:
    return beside(null.mean, value), null.kind
