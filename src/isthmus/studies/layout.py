"""Which measure stands in which part of the page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from isthmus.measure.rankings import RankingResult
from isthmus.report import Block, Fact, Facts, Figures, Section, figure, number, reading
from isthmus.types import Interval, Null, Result


@dataclass(frozen=True)
class Part:
    """A part of the page with the measures that it draws and those that it only tells."""

    key: str
    title: str
    lead: str
    drawn: tuple[str, ...]
    told: tuple[str, ...] = ()


PARTS = (
    Part(
        "gap",
        "The modality gap",
        "How far the two clouds of vectors stand apart, how much of that is more than sampling "
        "noise, and what is left of the difference once both are centred.",
        ("centroid_gap", "gap_concentration"),
        ("relative_modality_gap", "centroid_cosine_gap", "matched_distance"),
    ),
    Part(
        "similarities",
        "Similarities",
        "The cosines of linked pairs, of pairs that are not linked, and within each modality. "
        "Where the curves of one modality lie right of the linked pairs, its items look more "
        "alike than an item and its own partner.",
        ("matched_cosine", "unmatched_cosine"),
        ("inter_cosine", "alignment"),
    ),
    Part(
        "spectrum",
        "Spectrum and dimension",
        "How many directions the vectors really use.",
        (),
    ),
    Part(
        "retrieval",
        "Retrieval",
        "How often the linked item comes back, in both directions, and what happens when both "
        "modalities share one gallery.",
        ("hit_at_k", "mixed_gallery"),
        (
            "recall_at_k",
            "median_rank",
            "mean_reciprocal_rank",
            "mean_average_precision",
            "ndcg",
            "ndcg_retrieved_only",
            "r_precision",
            "neighbour_confusions",
        ),
    ),
    Part(
        "classes",
        "Classification",
        "What labels can be read off the vectors.",
        ("zero_shot", "linear_probe"),
        ("knn_probe", "prototype_probe", "cluster_agreement"),
    ),
)
OTHER = Part("further", "Further measures", "", ())


def part_of(name: str) -> Part:
    """The part that shows a measure; unknown ones, such as a plug-in's, come last."""
    return next((part for part in PARTS if name in (*part.drawn, *part.told)), OTHER)


def sections(results: Mapping[str, Result]) -> tuple[Section, ...]:
    """The parts that have results, in the order of the page."""
    grouped: dict[str, dict[str, Result]] = {}
    for key, result in results.items():
        grouped.setdefault(part_of(measure_of(key)).key, {})[key] = result
    return tuple(
        Section(part.key, part.title, part.lead, _blocks(part, grouped[part.key]))
        for part in (*PARTS, OTHER)
        if part.key in grouped
    )


def measure_of(key: str) -> str:
    """The measure's name in a key such as ``uniformity[image]``."""
    return key.partition("[")[0]


def modality_of(key: str) -> str:
    """The modality in a key such as ``uniformity[image]``; empty for measures of two sets."""
    return key.partition("[")[2].rstrip("]")


def titled(key: str, result: Result) -> str:
    """The result's name, with the modality where it looks at one set."""
    modality = modality_of(key)
    return f"{result.name}, {modality}" if modality and modality not in result.name else result.name


def _blocks(part: Part, results: Mapping[str, Result]) -> tuple[Block, ...]:
    order = (*part.drawn, *part.told)
    keys = sorted(
        results, key=lambda key: order.index(measure_of(key)) if measure_of(key) in order else 99
    )
    draws = {key for key in keys if measure_of(key) not in part.told and draws_itself(results[key])}
    drawn = tuple(
        replace(
            figure(results[key], _anchor(key)),
            title=_heading(key, results[key]),
            numbers=told(results[key]),
        )
        for key in keys
        if key in draws
    )
    facts = tuple(_fact(key, results[key]) for key in keys if key not in draws)
    return (*([Figures(drawn)] if drawn else []), *([Facts(facts)] if facts else []))


def draws_itself(result: Result) -> bool:
    """Whether a result has a drawing of its own, beyond value, interval and chance."""
    return type(result).plot is not Result.plot


def told(result: Result) -> tuple[tuple[str, str], ...]:
    """The numbers under a result; of a ranking, those of both directions."""
    if not isinstance(result, RankingResult):
        return reading(result)
    ways = (
        (f"{way.query} → {way.gallery}", f"{number(way.value)} ({_chance(way.interval, way.null)})")
        for way in (result.forward, result.backward)
    )
    return (*ways, ("n", f"{result.n:,}"))


def _chance(interval: Interval, null: Null) -> str:
    return f"{number(interval.low)} to {number(interval.high)}, chance {number(null.mean)}"


def _heading(key: str, result: Result) -> str:
    title = titled(key, result)
    # mAP and nDCG keep their first letter
    return title if title[1:2].isupper() else title[:1].upper() + title[1:]


def _anchor(key: str) -> str:
    return "f-" + "".join(letter if letter.isalnum() else "-" for letter in key)


def _fact(key: str, result: Result) -> Fact:
    numbers = told(result)
    numbers = numbers if isinstance(result, RankingResult) else numbers[1:]
    title, value = _heading(key, result), number(result.value)
    return Fact(title, value, result.about, numbers, result.cite())


def rows(key: str, result: Result, adjusted: float | None) -> list[tuple[str, ...]]:
    """The cells of a result in the table of all numbers; of a ranking, one row a direction."""
    title, source = titled(key, result), result.cite()
    if isinstance(result, RankingResult):
        return [
            (
                f"{title}, {way.query} → {way.gallery}",
                *_cells(way.value, way.interval, way.null),
                "–",
                f"{way.queries:,}",
                number(way.null.p),
                number(adjusted) if way is result.forward else "–",
                source,
            )
            for way in (result.forward, result.backward)
        ]
    cells = _cells(result.value, result.interval, result.null)
    p = number(result.null.p)
    return [(title, *cells, number(result.floor), f"{result.n:,}", p, number(adjusted), source)]


def _cells(value: float, interval: Interval | None, null: Null) -> tuple[str, str, str]:
    between = f"{number(interval.low)} to {number(interval.high)}" if interval else "–"
    return number(value), between, number(null.mean)
