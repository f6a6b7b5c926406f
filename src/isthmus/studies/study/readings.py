"""Results as parts of the page: drawings with a sentence and numbers, and facts without one."""

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
    figure,
    number,
    reading,
    signed,
    span,
)
from isthmus.studies.pages.common import anchor
from isthmus.studies.shared import measure_of, qualifier
from isthmus.studies.study.layout import AFTER_MAP, BEFORE_MAP, HEADINGS, OTHER, Part
from isthmus.types import Result

Results = Mapping[str, Result]
"""Results by key."""

SHOWN = 3
"""Facts of a part that are not folded away."""


def sections(parts: Iterable[Part], results: Results) -> tuple[Section, ...]:
    """The parts that have results; measures that no part knows stand under the last one."""
    found = ((part, blocks(part, results)) for part in parts)
    return tuple(Section(part.key, part.title, part.lead, some) for part, some in found if some)


def blocks(part: Part, results: Results) -> tuple[Block, ...]:
    """The drawings of a part, then its facts without one."""
    drawn, listed = (part.drawn, part.listed) if part is not OTHER else _unplaced(results)
    drawings = [_drawing(some) for group in drawn for some in _drawings_of(group, results)]
    facts = [_fact(some) for name in listed if (some := _of((name,), results))]
    found: list[Block] = [Figures(tuple(drawings))] if drawings else []
    if facts:
        found.append(Facts(tuple(facts[:SHOWN])))
    if rest := facts[SHOWN:]:
        names = ", ".join(fact.title for fact in rest)
        found.append(Facts(tuple(rest), folded=f"{len(rest)} more: {names}"))
    return tuple(found)


def _unplaced(results: Results) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Measures that no part knows: those that draw themselves, and the others."""
    known = {name for part in (*BEFORE_MAP, *AFTER_MAP) for name in part.names}
    found = {measure_of(key): result for key, result in results.items()}
    names = [name for name in found if name not in known]
    own = [name for name in names if type(found[name]).plot is not Result.plot]
    return tuple((name,) for name in own), tuple(name for name in names if name not in own)


def _drawings_of(group: tuple[str, ...], results: Results) -> list[Results]:
    """What a group of measures draws together, or each result by itself."""
    some = _of(group, results)
    alone = group[0] not in HEADINGS
    return [{key: result} for key, result in some.items()] if alone else [some] if some else []


def _of(names: tuple[str, ...], results: Results) -> Results:
    return {
        key: result for name in names for key, result in results.items() if measure_of(key) == name
    }


def _drawing(some: Results) -> Figure:
    first = next(iter(some))
    title = HEADINGS.get(measure_of(first)) or heading(some)
    if len(some) == 1 and qualifier(first):
        title = f"{title}, {qualifier(first)}"
    return figure(anchor("f", first), title, tuple(some.values()), sentence(some), numbers(some))


def _fact(some: Results) -> Fact:
    values = [result.value for result in some.values()]
    value = " · ".join(map(number, values)) if any(map(math.isfinite, values)) else ""
    others = tuple(row for row in numbers(some) if row[0] != "value")
    return Fact(heading(some), value, sentence(some), others)


def heading(some: Results) -> str:
    """The measure's name without the modality, with a capital unless it is mAP or nDCG."""
    key, first = next(iter(some.items()))
    title = first.name.replace(f" ({qualifier(key)})", "")
    return title if title[1:2].isupper() else title[:1].upper() + title[1:]


def sentence(some: Results) -> str:
    """What the results say, each after its modality where there are several."""
    sentences = (
        f"{of.capitalize()}: {result.about}" if len(some) > 1 and of else result.about
        for of, result in zip(map(qualifier, some), some.values(), strict=True)
    )
    return signed(" ".join(sentences))


def numbers(some: Results) -> tuple[tuple[str, str], ...]:
    """Value, interval, chance and floor of every result and direction, and the objects."""
    first = next(iter(some.values()))
    if len(some) == 1 and not isinstance(first, RankingResult):
        return reading(first)
    rows = (row for key, result in some.items() for row in _numbers(key, result))
    counts = dict.fromkeys(f"{result.n:,}" for result in some.values())
    return (*rows, ("n", " and ".join(counts)))


def _numbers(key: str, result: Result) -> list[tuple[str, str]]:
    if isinstance(result, RankingResult):
        return [
            (
                f"{one.query} → {one.gallery}",
                f"{number(one.value)} ({span(one.interval)}, "
                f"chance {beside(one.null.mean, one.value)})",
            )
            for one in (result.forward, result.backward)
        ]
    inside = [between(result)] if result.interval else []
    if result.null.kind != "none":
        inside.append(f"chance {beside(result.null.mean, result.value)}")
    if result.floor is not None:
        inside.append(f"noise floor {beside(result.floor, result.value)}")
    extra = f" ({', '.join(inside)})" if inside else ""
    return [(qualifier(key) or result.name, f"{number(result.value)}{extra}")]
