"""Is it there, and where? A query against the parts of an item, with a rate of false alarms.

A line over what is told of a part (``parts.numbers``) is its score, that of the clearest part the
item's: against the scores of things that are not there it gives the rate of false alarms, and a
logistic curve the probability. The line is learned where it is known what is there, and where.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float

from isthmus.arrays import Vectors
from isthmus.indexes.backgrounds import Background, background
from isthmus.indexes.odds import on_line
from isthmus.indexes.parts import Seen, numbers, overlaps
from isthmus.records import dataclass
from isthmus.scores.odds import likelihood_ratio, logistic
from isthmus.types import Place, RequestError

ALIKE = 0.3
"""Intersection over union from which on two stretches of time are of one thing."""
RIGHT, WRONG = 0.5, 0.3
"""Overlap from which on a part is the thing, and below which it is not."""
KNOTS = 400
"""Quantiles of the scores of what is not there that a rule keeps."""


@dataclass(frozen=True, eq=False)
class PresenceRule:
    """What scores of parts mean in one modality of one space."""

    words: Vectors
    """(m, d) unit vectors of other words."""
    parts: Background
    """Of parts of other items."""
    line: Float[np.ndarray, " f"]
    """Slopes of what is told of a part, and a constant."""
    absent: Float[np.ndarray, " k"]
    """Scores of things that are not there, ascending quantiles at even steps from 0 to 1."""
    slope: float
    intercept: float
    """Of the log odds of presence at equal shares of both, over an item's score."""
    items: int = 0
    """That it was fitted on."""

    def scores(self, queries: Float[np.ndarray, "q d"], some: Seen) -> Float[np.ndarray, "q p"]:
        """Scores of the parts of one item for each query, all unit vectors."""
        return on_line(numbers(queries, some, self.words, self.parts), self.line)

    def probability(self, score: float) -> float:
        """Of presence, where it is there as often as not."""
        return float(1 / (1 + np.exp(-(self.slope * score + self.intercept))))

    def false_alarms(self, score: float) -> float:
        """Share of things that are not there whose score is as high."""
        return float(1 - np.interp(score, self.absent, np.linspace(0, 1, len(self.absent))))

    def threshold(self, rate: float) -> float:
        """The score that so large a share of what is not there reaches.

        Raises:
            RequestError: no share.
        """
        if not 0 < rate < 1:
            raise RequestError(f"A rate of false alarms is above 0 and below 1, not {rate}.")
        return float(np.interp(1 - rate, np.linspace(0, 1, len(self.absent)), self.absent))


Where = Mapping[int, Sequence[Place]]
"""What is in an item: the places of the things of queries, by their numbers."""


def fit_presence(
    items: Sequence[Seen],
    queries: Float[np.ndarray, "q d"],
    where: Sequence[Where],
    words: Vectors,
    counted: Bool[np.ndarray, "i q"] | None = None,
) -> PresenceRule:
    """The rule of items of which it is known what is in them, and where.

    Args:
        items: the parts of each of i items.
        queries: unit vectors of the names that are asked for.
        where: what is in each item.
        words: (m, d) unit vectors of other words.
        counted: (i, q), what is learned from; None for all. Names that mean nearly the same as one
            that is there are best left out.

    Raises:
        RequestError: nothing is there, or nothing is not.
    """
    present = np.array([[k in one for k in range(len(queries))] for one in where])
    counted = np.ones_like(present) if counted is None else counted
    if not (present & counted).any() or not (~present & counted).any():
        raise RequestError(
            "Presence is learned from things that are there and things that are not."
        )
    others = background(np.concatenate([one.vectors for one in items]))
    every = [numbers(queries, one, words, others) for one in items]
    line = _line(every, items, where, counted)
    found = np.stack([on_line(one, line).max(axis=1) for one in every])
    there, absent = found[present & counted], found[~present & counted]
    slope, intercept = likelihood_ratio(there, absent)
    knots = np.quantile(absent, np.linspace(0, 1, min(KNOTS, len(absent))))
    return PresenceRule(words.astype(np.float32), others, line, knots, slope, intercept, len(items))


def _line(
    every: Sequence[Float[np.ndarray, "q p f"]],
    items: Sequence[Seen],
    where: Sequence[Where],
    counted: Bool[np.ndarray, "i q"],
) -> Float[np.ndarray, " f+1"]:
    """The line that tells parts that are the thing from parts that are not.

    Of what is there parts that overlap it by half or more are right, those that do by less than
    three tenths wrong; where no part overlaps it so much, the one that does most is right. Tiles
    are right that lie in it by half or more.
    """
    right, wrong = list[np.ndarray](), list[np.ndarray]()
    for told, some, places, kept in zip(every, items, where, counted, strict=True):
        for query in np.flatnonzero(kept):
            true = places.get(int(query))
            if not true:
                wrong.append(told[query])
                continue
            over = overlaps(some.places, true, some.tiles)
            right.append(told[query][over >= min(RIGHT, float(over.max()))])
            wrong.append(told[query][over < WRONG])
    return logistic(np.concatenate(right), np.concatenate(wrong))


@dataclass(frozen=True)
class Found:
    """A place in an item, and how clearly the thing is there."""

    place: Place
    score: float


Chooser = Callable[[Sequence[Place], Float[np.ndarray, " p"], float], list[Found]]


def places_of(
    places: Sequence[Place], scores: Float[np.ndarray, " p"], least: float
) -> list[Found]:
    """Where the thing is: the clearest place and further ones that reach the least score.

    Boxes that overlap a clearer one are left out, seconds that follow each other are one stretch;
    of pieces of a mesh the clearest is taken.

    Args:
        places: of the parts.
        scores: of the parts.
        least: score of a further place.
    """
    kinds: dict[str, Chooser] = {"box": _boxes, "seconds": _stretches, "faces": _clearest}
    own = next((name for name in kinds if getattr(places[0], name) is not None), "")
    return kinds[own](places, scores, least) if own else []


def _boxes(places: Sequence[Place], scores: Float[np.ndarray, " p"], least: float) -> list[Found]:
    """Non-maximum suppression; the whole picture counts only if nothing in it is clearer."""
    found = list[Found]()
    for row in np.argsort(-scores, kind="stable"):
        if found and scores[row] < least:
            break
        if all(_overlap(places[row].box, one.place.box) < 0.3 for one in found):
            found.append(Found(places[row], float(scores[row])))
    return found


def _overlap(one: tuple[float, ...] | None, other: tuple[float, ...] | None) -> float:
    """Intersection over the smaller of two boxes: a box in a box is no second place."""
    assert one is not None and other is not None
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min((x[2] - x[0]) * (x[3] - x[1]) for x in (one, other))
    return max(wide, 0) * max(high, 0) / max(smaller, 1e-12)


def _stretches(
    places: Sequence[Place], scores: Float[np.ndarray, " p"], least: float
) -> list[Found]:
    """From each clearest moment as far as scores stay above the middle of it and the usual.

    A part that is about as long, and as clear, is taken as it is: it knows where it begins.
    """
    steady = _steady(places)
    usual, left, found = float(np.median(scores[:steady])), scores.astype(float).copy(), []
    while len(found) < len(places):
        top = int(np.argmax(left))
        if not np.isfinite(left[top]) or (found and left[top] < least):
            break
        border = (left[top] + usual) / 2
        both = places[top].seconds or (0.0, 0.0)
        if top < steady:
            both = _stretch(places[:steady], left[:steady], top, border)
            alike = [k for k in range(steady, len(places)) if left[k] >= border
                     and _together(places[k].seconds, both) > ALIKE]  # fmt: skip
            if alike:
                both = places[max(alike, key=lambda k: left[k])].seconds or both
        found.append(Found(Place(len(found), seconds=both), float(left[top])))
        left[[_together(one.seconds, both) > 0 for one in places]] = -np.inf
    return found


def _steady(places: Sequence[Place]) -> int:
    """How many of the first parts are equally long: windows, after which come events."""
    lengths = [round(x.seconds[1] - x.seconds[0], 6) for x in places if x.seconds]
    return next((k for k, one in enumerate(lengths) if one != lengths[0]), len(lengths))


def _stretch(
    places: Sequence[Place], scores: Float[np.ndarray, " p"], top: int, border: float
) -> tuple[float, float]:
    """From a window over its neighbours that reach a border."""
    first = last = top
    while first > 0 and scores[first - 1] >= border:
        first -= 1
    while last < len(scores) - 1 and scores[last + 1] >= border:
        last += 1
    return _middle(places, first, last)


def _together(one: tuple[float, float] | None, other: tuple[float, float]) -> float:
    """Intersection over union of two stretches."""
    assert one is not None
    both = max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
    return both / max(one[1] - one[0] + other[1] - other[0] - both, 1e-12)


def _middle(places: Sequence[Place], first: int, last: int) -> tuple[float, float]:
    """Start and end of overlapping stretches: half of what the outer ones share with no other."""
    times = [one.seconds or (0.0, 0.0) for one in places]
    lone = first == last
    hop = times[1][0] - times[0][0] if len(times) > 1 else 0.0
    spare = max(0.0, (times[0][1] - times[0][0] - hop) / 2) if not lone else 0.0
    begin = times[first][0] + (spare if first > 0 else 0.0)
    end = times[last][1] - (spare if last < len(times) - 1 else 0.0)
    return float(begin), float(max(end, begin))


def _clearest(
    places: Sequence[Place], scores: Float[np.ndarray, " p"], least: float
) -> list[Found]:
    top = int(np.argmax(scores))
    return [Found(places[top], float(scores[top]))]
