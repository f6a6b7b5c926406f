"""The card as a page: retrieval and gap of every pair, road against road, and the protocol."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from isthmus.read import known
from isthmus.report import (
    Advice,
    Block,
    Figures,
    Page,
    Section,
    amount,
    beside,
    figure,
    number,
    signed,
    span,
)
from isthmus.studies import command_of, request_type
from isthmus.studies.card.pairs import OF_CLASSES, OF_SIDES, Couple, Versus
from isthmus.studies.card.result import Carded
from isthmus.studies.card.sides import objects
from isthmus.studies.pages.all_numbers import adjusted, numbers_section
from isthmus.studies.pages.common import made_section, rows_table
from isthmus.studies.shared import by_reason, described, versions
from isthmus.studies.shared.guard import SEEN
from isthmus.studies.shared.resolver import source_name
from isthmus.types import Result, plain

SURE = 0.05
"""Adjusted p below which a value is called other than chance."""
GAP = {
    "matched_cosine": "linked",
    "unmatched_cosine": "not linked",
    "centroid_gap": "centroid gap",
    "relative_modality_gap": "relative gap",
    "modality_probe": "modality read",
}


def card_page(found: Carded) -> Page:
    """Retrieval first, then the gap, the roads, the sides, the protocol, all numbers."""
    p = adjusted(found.measured.results)
    sections = (
        _retrieval(found, p),
        _gap(found),
        *_roads(found),
        _sides(found),
        *_stress(found),
        _protocol(found),
        numbers_section(found.measured, p),
        *_left_out(found),
    )
    names = " and ".join(some.space for some in found.spaces)
    return Page(
        title=f"Report card: {found.title or names}",
        kicker="isthmus card · every pair of modalities, by every road",
        verdict=verdict(found, p),
        summary=summary(found),
        todo=todo(found),
        cards=(),
        sections=sections,
    )


def verdict(found: Carded, p: dict[str, float]) -> str:
    """How many ordered pairs retrieve above chance, the best and the weakest."""
    ways = [
        (one, p.get(key, 1.0), found.before[space])
        for space, pairs in enumerate(found.pairs)
        for couple in pairs
        for key, one in _ways(found, space, couple)
    ]
    if not ways:
        return "No pair of modalities could be measured."
    above = [one for one, q, _ in ways if q < SURE and one.value > one.null.mean]
    best, worst = (
        pick(ways, key=lambda way: way[0].value / max(way[0].null.mean, 1e-9))
        for pick in (max, min)
    )
    told = " and ".join(
        f"{kind} {before}{one.query} to {one.gallery} with {one.value:.1%} "
        f"(luck {one.null.mean:.2g})"
        for kind, (one, _, before) in (("best", best), ("weakest", worst))
    )
    return (
        f"Retrieval is above chance for {len(above)} of {len(ways)} ordered pairs of modalities "
        f"(p adjusted for their number): {told}."
    )


def _ways(found: Carded, space: int, couple: Couple) -> Iterator[tuple[str, Any]]:
    key = f"hit_at_k[{found.before[space]}{couple.name}]"
    yield from zip((key, f"{key} backward"), found.directions(space, couple), strict=False)


def summary(found: Carded) -> tuple[str, ...]:
    """Which roads retrieve better than the first one for sure, and the widest gap."""
    seen = dict.fromkeys(some.origin[SEEN] for some in found.spaces if SEEN in some.origin)
    lines = [
        f"These numbers flatter the space, for it was made on these items: {one}." for one in seen
    ]
    hits = [(one, row) for one in found.apart for row in one.rows if row.name.startswith("hit@1,")]
    if hits:
        sure = [(one, row) for one, row in hits if row.differs]
        told = "; ".join(
            f"{one.what}, {row.name.partition(', ')[2]} {100 * row.value:+.1f} points "
            f"({span(row.interval)})"
            for one, row in sorted(sure, key=lambda pair: -abs(pair[1].value))[:3]
        )
        lines.append(
            f"Of {amount(len(hits), 'comparison')} of hit@1 on the same objects {len(sure)} leave "
            f"out zero{': ' if told else ''}{signed(told)}."
        )
    lost = [
        (one, row)
        for one in found.borne
        for row in one.rows
        if row.interval and row.interval.high < 0
    ]
    if found.borne:
        worst = min(lost, key=lambda pair: pair[1].value, default=None)
        told = worst and f": {worst[0].what}, {worst[1].name} {100 * worst[1].value:+.1f} points"
        count = amount(sum(len(one.rows) for one in found.borne), "score")
        lines.append(f"Of {count} under stress {len(lost)} fall for sure{signed(told or '')}.")
    gaps = {
        key: result
        for key, result in found.measured.results.items()
        if key.startswith("centroid_gap[")
    }
    if gaps:
        widest = max(gaps, key=lambda key: gaps[key].value)
        name = widest.partition("[")[2].rstrip("]")
        lines.append(f"The widest gap lies between {name}: {number(gaps[widest].value)}.")
    return tuple(lines)


def todo(found: Carded) -> tuple[Advice, ...]:
    """Other objects, where they were drawn, and the whole study of a pair."""
    request = found.request
    common = replace(request.common, seed=request.common.seed + 1)
    again = Advice(
        "See whether it holds for other objects",
        f"These {request.most:,} were drawn by the seed.",
        "",
        command_of("card", replace(request, common=common)),
    )
    asked = request_type("study")(spaces=request.spaces[:2], source=request.source)
    whole = Advice(
        "See the whole page of one pair",
        "A card shows every pair by a few measures.",
        "",
        command_of("study", asked),
    )
    drawn = len(set(objects(found.spaces[0].world).values())) >= request.most
    return (again, whole) if drawn and _embedded(found) else (whole,)


def _embedded(found: Carded) -> bool:
    """Whether the items were embedded for it, and not read as vectors."""
    return bool(found.spaces[0].sides[0].road)


def _retrieval(found: Carded, p: dict[str, float]) -> Section:
    rows = [
        {
            "query → searched": f"{found.before[space]}{one.query} → {one.gallery}",
            "hit@1": f"{number(one.value)} ({span(one.interval)})",
            "hit@5": number(one.at[1]),
            "hit@10": number(one.at[-1]),
            "nDCG@5": number(gain.value),
            "mAP": number(precision.value),
            "chance of hit@1": beside(one.null.mean, one.value),
            "adjusted p": number(p.get(key)),
            "queries": f"{one.queries:,}",
            "candidates": f"{one.candidates:,}",
            "linked": f"by way of {couple.way}" if couple.way else "directly",
        }
        for space, pairs in enumerate(found.pairs)
        for couple in pairs
        for (key, one), gain, precision in zip(
            _ways(found, space, couple),
            *(found.directions(space, couple, name) for name in ("ndcg", "mean_average_precision")),
            strict=True,
        )
    ]
    blocks: list[Block] = []
    if found.grid is not None and len(found.spaces[0].modalities) > 2:
        drawing = figure("f-pairs", "hit@1 of every pair", (found.grid,), found.grid.about)
        blocks.append(Figures((drawing,)))
    if rows:
        blocks.append(rows_table("Retrieval both ways", rows, ("linked",)))
    lead = (
        "Every two modalities by their first roads. Chance is what permuted links give; several "
        "linked items make it more than one in the number of candidates."
    )
    return Section("retrieval", "Every pair of modalities", lead, tuple(blocks))


def _gap(found: Carded) -> Section:
    rows = [
        {
            "pair": f"{found.before[space]}{couple.name}",
            **{
                f"within {side}": _value(
                    found.of("intra_cosine", f"{found.before[space]}{one.name}")
                )
                for side, one in (("first", couple.a), ("second", couple.b))
            },
            **{
                title: _value(found.of(name, f"{found.before[space]}{couple.name}"))
                for name, title in GAP.items()
            },
        }
        for space, pairs in enumerate(found.pairs)
        for couple in pairs
    ]
    lead = (
        "Mean cosines within each modality, of linked and of other pairs across; the distance of "
        "the centres; and how often a linear probe tells the two modalities apart (chance 0.5). "
        "Where linked pairs are less alike than items within a modality, a mixed list puts one "
        "modality first."
    )
    return Section("gap", "Gap profile", lead, (rows_table("Gap of every pair", rows),))


def _value(result: Result | None) -> str:
    if result is None:
        return "–"
    interval = f" ({span(result.interval)})" if result.interval else ""
    return f"{number(result.value)}{interval}"


def _stress(found: Carded) -> Iterator[Section]:
    if not found.request.stress:
        return
    plain = [name for name in found.spaces[0].modalities if not _changed(found, name)]
    none = f" No change is registered of {', '.join(plain)}." if plain else ""
    lead = (
        "The same items after a change, by every road, paired with themselves as they are: what is "
        "drawn for an item (noise, a pose, the second one) is the same for every road, once an "
        "item. What they are matched with stays as it is. Intervals are those of the paired "
        f"difference; one in twenty leaves out zero by luck.{none}"
    )
    rows = _versus(found.borne, "as it is", "changed")
    blocks = (rows_table("Changed items", rows, ("with", "measure")),) if rows else ()
    yield Section("stress", "Under stress", lead, blocks)


def _changed(found: Carded, modality: str) -> bool:
    return any(
        one.stressed for some in found.spaces for one in some.sides if one.modality == modality
    )


def _versus(some: Iterable[Versus], first: str, other: str) -> list[dict[str, str]]:
    return [
        {
            "what": one.what,
            "with": one.against,
            "measure": row.name,
            first: number(row.first),
            other: number(row.second),
            "difference": number(row.value),
            "95 % interval": span(row.interval),
            "n": f"{row.n:,}",
        }
        for one in some
        for row in one.rows
    ]


def _roads(found: Carded) -> Iterator[Section]:
    if rows := _versus(found.apart, "first", "other"):
        lead = (
            "The same objects by another road or in another space, matched with the same items. "
            "Intervals are those of the paired difference; one in twenty leaves out zero by luck. "
            "What a road takes in seconds an item stands in timings.json."
        )
        table = rows_table("Road against road", rows, ("with", "measure"))
        yield Section("roads", "Direct and indirect roads", lead, (table,))


def _sides(found: Carded) -> Section:
    rows = [
        {
            "side": f"{before}{side.name}",
            "n": f"{len(side.embedded):,}",
            **{
                name.replace("_", " "): _value(found.of(name, f"{before}{side.name}"))
                for name in (*OF_SIDES, *OF_CLASSES)
            },
            "chance of zero shot": _chance(found.of("zero_shot", f"{before}{side.name}")),
        }
        for some, before in zip(found.spaces, found.before, strict=True)
        for side in some.sides
    ]
    lead = (
        "Each modality by each road alone: how alike its items are, how many directions they use, "
        "and whether classes can be named and told apart where objects have labels."
    )
    return Section("sides", "Geometry and classes", lead, (rows_table("Each side", rows),))


def _chance(result: Result | None) -> str:
    return "–" if result is None else number(result.null.mean)


def _protocol(found: Carded) -> Section:
    source = found.request.source
    rows = [
        {
            "side": f"{before}{side.name}",
            "an item": known(side.modality).about or "not told",
            "road": side.road or "vectors that were there",
            "items": f"{len(side.embedded):,}",
            "what is seen": side.about or "not told",
            "bytes a vector": f"{4 * side.embedded.space.dim:,}",
        }
        for some, before in zip(found.spaces, found.before, strict=True)
        for side in some.sides
    ]
    items = {
        "data": source_name(source),
        "split": source.split or "test, where the data have parts",
        "objects at most, drawn by the seed": found.request.most,
    }
    facts = {
        **(items if _embedded(found) else {"data": found.title}),
        "templates of class names": "; ".join(found.spaces[0].templates) or "none",
        **{
            f"{before}{name}": text
            for some, before in zip(found.spaces, found.before, strict=True)
            for name, text in some.origin.items()
        },
        **{f"space {some.space}": _space(some.sides[0].embedded.space) for some in found.spaces},
        "seed": found.request.common.seed,
    }
    table = rows_table(
        "What is seen of an item, by road", rows, ("an item", "road", "what is seen")
    )
    return made_section(facts, table)


def _space(space: Any) -> str:
    return f"{space.name}, {amount(space.dim, 'coordinate')}, id {space.id}"


def _left_out(found: Carded) -> Iterator[Section]:
    faults = {name: why for some in found.spaces for name, why in some.faults.items()}
    grouped = by_reason({**found.missing, **faults}).items()
    rows = [{"reason": why, "what": ", ".join(keys[:10])} for why, keys in grouped]
    if rows:
        yield Section(
            "left-out", "Left out", "", (rows_table("Not measured or skipped", rows, ("what",)),)
        )


def record(found: Carded) -> dict[str, Any]:
    """Every number on the page."""
    return {
        "seed": found.request.common.seed,
        "versions": versions(),
        "spaces": [
            {
                "space": some.space,
                "templates": list(some.templates),
                "sides": {
                    one.name: {
                        "item": known(one.modality).about,
                        "road": one.road,
                        "protocol": one.about,
                        **described(one.embedded),
                    }
                    for one in some.sides
                },
                "linked": {couple.name: couple.way or "directly" for couple in pairs},
            }
            for some, pairs in zip(found.spaces, found.pairs, strict=True)
        ],
        "results": {key: result.to_dict() for key, result in found.measured.results.items()},
        "roads": [
            {"what": one.what, "with": one.against, "rows": plain(one.rows)} for one in found.apart
        ],
        "stress": [
            {"what": one.what, "with": one.against, "rows": plain(one.rows)} for one in found.borne
        ],
        "missing": dict(found.missing),
    }
