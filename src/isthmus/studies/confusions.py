"""Which neighbourhoods to show: some drawn at random, the surest mistakes, swaps and hubs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isthmus.studies.neighbours import Neighbours


@dataclass(frozen=True)
class Answer:
    """One neighbour: its id, its cosine to the query and whether it is linked to it."""

    id: str
    cosine: float
    linked: bool


@dataclass(frozen=True)
class Pick:
    """A query with its first answers."""

    query: str
    answers: tuple[Answer, ...]
    right: Answer
    """The closest linked answer."""
    rank: int
    """Its rank, from 1."""
    margin: float
    """Cosine of the best linked answer minus that of the best other one."""


@dataclass(frozen=True)
class Hub:
    """An answer that stands among the nearest of many queries."""

    id: str
    queries: int
    of: int
    """Queries asked."""
    nearest: int
    """Neighbours counted for each query."""


def pick(found: Neighbours, position: int, answers: int = 4) -> Pick:
    """The query at a position of ``found.asked`` with its first answers."""
    shown = tuple(
        Answer(found.gallery.ids[row], round(float(cosine), 4), bool(linked))
        for row, cosine, linked in zip(
            found.nearest[position][:answers],
            found.cosines[position],
            found.linked[position],
            strict=False,
        )
    )
    partner = int(found.partner[position])
    cosine = found.queries.unit[found.asked[position]] @ found.gallery.unit[partner]
    return Pick(
        found.queries.ids[found.asked[position]],
        shown,
        Answer(found.gallery.ids[partner], round(float(cosine), 4), True),
        int(found.rank[position]),
        round(float(found.margin[position]), 4),
    )


def typical(found: Neighbours, count: int, rng: np.random.Generator) -> tuple[Pick, ...]:
    """Queries drawn at random, so that the mistakes beside them can be judged."""
    chosen = rng.choice(len(found.asked), size=min(count, len(found.asked)), replace=False)
    return tuple(pick(found, int(position)) for position in np.sort(chosen))


def surest_mistakes(
    found: Neighbours, count: int, pictured: Callable[[Pick], int]
) -> tuple[Pick, ...]:
    """Mistakes with the largest cosine margin, those with most pictures first.

    A query whose linked answer is itself a twin of the first one is as much the data's fault
    as the space's; the page says so.
    """
    surest = [pick(found, int(position)) for position in found.wrong[:200]]
    return tuple(sorted(surest, key=lambda one: -pictured(one))[:count])


def swaps(found: Neighbours, rows: np.ndarray, count: int) -> tuple[tuple[Pick, Pick], ...]:
    """Pairs of queries of which each takes the other's linked answer first; no query twice."""
    position = {int(row): at for at, row in enumerate(found.asked)}
    linked = {(int(a), int(b)) for a, b in rows}
    owners: dict[int, list[int]] = {}
    for a, b in linked:
        owners.setdefault(b, []).append(a)
    pairs: list[tuple[Pick, Pick]] = []
    shown: set[int] = set()
    for at in found.wrong:
        here, first = int(found.asked[at]), int(found.nearest[at, 0])
        for other in sorted(owners.get(first, [])):
            back = int(found.nearest[position[other], 0])
            crossed = (here, back) in linked and (other, back) not in linked
            if crossed and shown.isdisjoint((here, other)):
                pairs.append((pick(found, int(at), 1), pick(found, position[other], 1)))
                shown |= {here, other}
            if len(pairs) == count:
                return tuple(pairs)
    return tuple(pairs)


def hubs(found: Neighbours, count: int) -> tuple[Hub, ...]:
    """The answers that most queries have among their nearest, most popular first."""
    popular = found.popularity
    order = np.argsort(-popular, kind="stable")[:count]
    asked, kept = found.nearest.shape
    return tuple(Hub(found.gallery.ids[row], int(popular[row]), asked, kept) for row in order)
