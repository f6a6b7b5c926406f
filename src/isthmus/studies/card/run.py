"""All modalities of a space, or of several, on one card."""

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from isthmus.records import dataclass
from isthmus.report import html
from isthmus.studies.card.page import card_page, record
from isthmus.studies.card.pairs import calls, couples, roads_apart, spaces_apart
from isthmus.studies.card.request import CardRequest
from isthmus.studies.card.result import Carded
from isthmus.studies.card.sides import Seen, drawn, seen
from isthmus.studies.card.stress import borne, under_stress
from isthmus.studies.shared import MeasuredResult, measure_calls, resolve, run_folder
from isthmus.types import RequestError, Result


@dataclass(frozen=True, eq=False, kw_only=True)
class CardResult(MeasuredResult):
    """Every pair of modalities by its first roads, every side, and road against road."""

    figure = "pairs"


def run(request: CardRequest, asked: Any = None) -> CardResult:
    """Embed every modality by every road, measure every pair, write the page.

    Args:
        request: the spaces, the data and what is looked at.
        asked: the request to keep in the folder, where another question turned out to be this one.

    Raises:
        RequestError: fewer than two modalities are there and reached, or nothing links any two.
    """
    found = [resolve(space, request.source) for space in request.spaces or ("",)]
    held = [one.arrays for one in found]
    if len(found) > 1 and any(held):
        raise RequestError("Vectors that are there are of one space: name one, or spaces and data.")
    names = found[0].names if len(found) == 1 else [*(x.space for x in found), found[0].names[-1]]
    world = None if held[0] else drawn(found[0].world(), request.most, request.common.seed)
    with run_folder(asked or request, "card", *names) as folder:
        several = len(found) > 1
        sides = list[Seen]()
        for number, one in enumerate(found):
            place = folder / "spaces" / str(number) if several else folder
            sides.append(under_stress(seen(one, world, request, place), request, place))
        result = card(sides, request, found[0].title if not several else "")
        sets = {
            "-".join(filter(None, (str(number) if several else "", one.modality, one.road))): one
            for number, some in enumerate(sides)
            for one in some.sides
        }
        return result.write(folder, {name: one.embedded for name, one in sets.items()})


def card(spaces: Sequence[Seen], request: CardRequest, title: str = "") -> CardResult:
    """The card of sides that are there.

    Args:
        spaces: the sides of each space.
        request: the seed, and what the page says was asked.
        title: of the space and its data.

    Raises:
        RequestError: nothing links any two modalities of a space.
    """
    start = time.perf_counter()
    found = _carded(spaces, request, title)
    page = card_page(found)
    rows: dict[str, Result] = {"pairs": found.grid} if found.grid else {}
    seconds = {
        f"{before}{one.name}, an item": one.seconds
        for some, before in zip(spaces, found.before, strict=True)
        for one in some.sides
        if math.isfinite(one.seconds)
    }
    return CardResult(
        results=rows | found.measured.results,
        missing=found.missing,
        key=page.summary,
        verdict=page.verdict,
        todo=page.todo,
        page=html(page),
        record=record(found),
        seconds={"all measures": time.perf_counter() - start, **seconds},
        faults={name: why for some in spaces for name, why in some.faults.items()},
    )


def _carded(spaces: Sequence[Seen], request: CardRequest, title: str) -> Carded:
    """Everything measured."""
    seed, paired = request.common.seed, [couples(some) for some in spaces]
    for some, (pairs, missing) in zip(spaces, paired, strict=True):
        if not pairs:
            raise RequestError(next(iter(missing.values()), f"{some.space} gives no pair."))
    before = [f"{some.space}: " if len(spaces) > 1 else "" for some in spaces]
    named = [*zip(spaces, (pairs for pairs, _ in paired), before, strict=True)]
    wanted = [call for some, pairs, name in named for call in calls(some, pairs, name)]
    measured = measure_calls(wanted, seed, progress=request.common.progress)
    apart = [one for some, pairs, _ in named for one in roads_apart(some, pairs, seed)]
    for other in spaces[1:]:
        apart += spaces_apart(spaces[0], other, paired[0][0], seed)
    harder = [
        replace(one, what=f"{name}{one.what}")
        for some, pairs, name in named
        for one in borne(some, pairs, seed)
    ]
    left = {f"pair {name}": why for _, missing in paired for name, why in missing.items()}
    return Carded(
        spaces=tuple(spaces),
        pairs=tuple(pairs for pairs, _ in paired),
        before=tuple(before),
        measured=measured,
        apart=tuple(apart),
        borne=tuple(harder),
        missing={**left, **measured.missing},
        title=title,
        request=request,
    )
