"""Which measure stands in which part of the page."""

from collections.abc import Mapping
from dataclasses import dataclass

from isthmus.report import Block, Fact, Facts, Figures, Section, figure, number, reading
from isthmus.types import Result


@dataclass(frozen=True)
class Part:
    """A part of the page and the files of ``measure/`` whose results it shows."""

    key: str
    title: str
    lead: str
    subjects: tuple[str, ...]


PARTS = (
    Part(
        "gap",
        "The modality gap",
        "How far the two clouds of vectors stand apart, how much of that is more than sampling "
        "noise, and what is left of the difference once both are centred.",
        ("gaps", "distributions", "separability"),
    ),
    Part(
        "similarities",
        "Similarities",
        "The cosines of linked pairs, of pairs that are not linked, and within each modality. "
        "Where the two inner curves lie far to the right of the linked pairs, items of one "
        "modality look more alike than an item and its own partner.",
        ("cosines", "alignment", "temperature"),
    ),
    Part(
        "spectrum",
        "Spectrum and dimension",
        "How many directions the vectors really use.",
        ("spectra", "hubness"),
    ),
    Part(
        "retrieval",
        "Retrieval",
        "How often the linked item comes back, in both directions, and what happens when both "
        "modalities share one gallery.",
        ("retrieval", "ranks", "mixed"),
    ),
    Part(
        "classes",
        "Classification",
        "What labels can be read off the vectors.",
        ("probes", "zeroshot"),
    ),
    Part("origin", "Origin", "Whose embeddings these look like.", ("fingerprints",)),
)
OTHER = Part("further", "Further measures", "", ())


def part_of(target: str) -> str:
    """Key of the part that shows a measure, from the file it is registered in."""
    subject = target.partition(":")[0].rsplit(".", 1)[-1]
    return next((part.key for part in PARTS if subject in part.subjects), OTHER.key)


def sections(results: Mapping[str, Result], targets: Mapping[str, str]) -> dict[str, Section]:
    """The parts that have results, by key: drawings first, then a table of the rest."""
    grouped: dict[str, dict[str, Result]] = {}
    for key, result in results.items():
        grouped.setdefault(part_of(targets.get(key, "")), {})[key] = result
    return {
        part.key: Section(part.key, part.title, part.lead, _blocks(grouped[part.key]))
        for part in (*PARTS, OTHER)
        if part.key in grouped
    }


def draws_itself(result: Result) -> bool:
    """Whether a result has a drawing of its own, beyond value, interval and chance."""
    return type(result).plot is not Result.plot


def _blocks(results: Mapping[str, Result]) -> tuple[Block, ...]:
    drawn = tuple(
        figure(result, f"f-{''.join(c if c.isalnum() else '-' for c in key)}")
        for key, result in results.items()
        if draws_itself(result)
    )
    rest = [result for result in results.values() if not draws_itself(result)]
    blocks: list[Block] = [Figures(drawn)] if drawn else []
    if rest:
        blocks.append(Facts(tuple(map(_fact, rest))))
    return tuple(blocks)


def _fact(result: Result) -> Fact:
    value = number(result.value)
    return Fact(result.name, value, result.about, reading(result)[1:], result.cite())


def spans(result: Result) -> tuple[str, str, str]:
    """Interval, chance and noise floor of a result as cells."""
    interval = result.interval
    between = f"{number(interval.low)} to {number(interval.high)}" if interval else "–"
    return between, number(result.null.mean), number(result.floor)
