"""What is told of the parts of an item when something is looked for in it.

Three numbers tell how well a part fits a query: the place of its similarity among those of the
same part to other words, its place among those of the same query to parts of other items, and how
far the query is before the word that fits the part best (a red cube is no red ball). Four tell
whether it is the thing, no piece of it and not much around it: the first number less its most among
the parts inside it, and among those that it lies in; its place in the order of its view, which puts
first what stands out; and its size.
"""

from collections.abc import Callable, Sequence
from dataclasses import field

import numpy as np
from jaxtyping import Bool, Float

from isthmus.arrays import Vectors
from isthmus.indexes.backgrounds import FLAT, Background
from isthmus.records import dataclass
from isthmus.types import Place

NUMBERS = 7
"""That are told of a part."""
LIKE = 0.8
"""Cosine of two names from which on they mean nearly the same."""
INSIDE, SMALLER = 0.85, 0.7
"""A part is inside another if it shares so much of itself and is no larger than so much of that."""
MOST, NONE = 3.0, 1.0
"""A difference to other parts at most, and where there is no such part."""


@dataclass(frozen=True, eq=False)
class Seen:
    """The parts of an item."""

    places: tuple[Place, ...]
    vectors: Float[np.ndarray, "p d"]
    """Unit vectors."""
    tiles: bool = field(default=False, kw_only=True)
    """Whether the places are boxes side by side, as patches are: several that touch may be one
    thing, and their order says nothing."""


def numbers(
    queries: Float[np.ndarray, "q d"], some: Seen, words: Vectors, others: Background
) -> Float[np.ndarray, "q p 7"]:
    """What is told of each part for each query.

    Args:
        queries: unit vectors.
        some: the parts of one item.
        words: unit vectors of other words; those that mean nearly the same as a query are no rival.
        others: background of parts of other items.
    """
    raw = queries @ some.vectors.T
    among = words @ some.vectors.T
    middle, spread = among.mean(axis=0), np.maximum(among.std(axis=0), FLAT)
    fits = (raw - middle) / spread
    rival = np.stack([among[one <= LIKE].max(axis=0, initial=-1.0) for one in queries @ words.T])
    size, inside = sizes(some.places), contained(some.places)
    whole = np.ones_like(fits)
    order = np.zeros(len(size)) if some.tiles else 1 - np.arange(len(size)) / len(size)
    return np.stack(
        [
            fits,
            others.among(queries, raw),
            (raw - rival) / spread,
            _over(fits, inside.T),
            _over(fits, inside),
            whole * order,
            whole * np.log(np.maximum(size, 1e-9)),
        ],
        axis=2,
    )


def _over(
    fits: Float[np.ndarray, "q p"], others: Bool[np.ndarray, "p p"]
) -> Float[np.ndarray, "q p"]:
    """Each part's number less its most among others (a row a part)."""
    if not others.any():
        return np.full_like(fits, NONE)
    most = np.where(others[None], fits[:, None, :], -np.inf).max(axis=2)
    return np.where(np.isfinite(most), np.clip(fits - most, -MOST, MOST), NONE)


Pairs = Callable[[Sequence[Place]], Float[np.ndarray, "p p"]]
"""What every two places share."""


def _boxes(places: Sequence[Place]) -> Float[np.ndarray, "p p"]:
    boxes = np.array([one.box for one in places])
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    return np.prod(np.clip(high - low, 0, None), axis=2)


def _seconds(places: Sequence[Place]) -> Float[np.ndarray, "p p"]:
    times = np.array([one.seconds for one in places])
    low = np.maximum(times[:, None, 0], times[None, :, 0])
    return np.clip(np.minimum(times[:, None, 1], times[None, :, 1]) - low, 0, None)


def _faces(places: Sequence[Place]) -> Float[np.ndarray, "p p"]:
    sets = [set(one.faces or ()) for one in places]
    return np.array([[float(len(a & b)) for b in sets] for a in sets])


SHARED: dict[str, Pairs] = {"box": _boxes, "seconds": _seconds, "faces": _faces}
"""By what a place is told."""


def shared(places: Sequence[Place]) -> Float[np.ndarray, "p p"]:
    """What every two places share: area, seconds or faces; of places that are the whole, all."""
    for name, pairs in SHARED.items():
        if all(getattr(one, name) is not None for one in places):
            return pairs(places)
    return np.ones((len(places), len(places)))


def sizes(places: Sequence[Place]) -> Float[np.ndarray, " p"]:
    """Size of each part as a share of the largest."""
    own = np.diag(shared(places))
    return own / max(float(own.max()), 1e-12)


def contained(places: Sequence[Place]) -> Bool[np.ndarray, "p p"]:
    """Whether the part of each row lies in that of each column, and is clearly smaller."""
    both = shared(places)
    own = np.maximum(np.diag(both), 1e-12)
    return (both > INSIDE * own[:, None]) & (own[:, None] < SMALLER * own[None])


def overlaps(
    places: Sequence[Place], true: Sequence[Place], tiles: bool = False
) -> Float[np.ndarray, " p"]:
    """Intersection over union of each part with the true place that it meets most.

    Of tiles the share of each that lies in that place, since one thing has several.
    """
    both = shared([*places, *true])
    own, met = np.diag(both), both[: len(places), len(places) :]
    joined = own[: len(places), None] + (0 if tiles else own[None, len(places) :] - met)
    return (met / np.maximum(joined, 1e-12)).max(axis=1)
