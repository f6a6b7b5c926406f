"""Queries that one space answers and another does not, on the same items."""

import numpy as np

from isthmus.measure.statistics import Pair
from isthmus.records import dataclass
from isthmus.studies.pages.neighbours import (
    Neighbours,
    QueryExample,
    neighbours,
    query_example,
)
from isthmus.studies.shared import Dataset

SHOWN = 3


@dataclass(frozen=True)
class Contrast:
    """Queries of one direction by who has their linked item first, and the clearest examples."""

    query: str
    answer: str
    both: int
    neither: int
    only_first: int
    only_second: int
    lost: tuple[tuple[QueryExample, float], ...]
    """Right in the first space only: what the second answers, and the first's margin."""
    won: tuple[tuple[QueryExample, float], ...]
    """Right in the second space only: what the first answers, and the second's margin."""


def contrasts(first: Dataset, second: Dataset) -> tuple[Contrast, Contrast]:
    """Both directions; the two studies hold the same items in the same order."""
    pairs = first.pair, Pair(second.a, second.b, first.pair.rows)
    forward = [neighbours(pair.a, pair.b, pair.rows) for pair in pairs]
    backward = [neighbours(pair.a, pair.b, pair.rows) for pair in (p.reversed for p in pairs)]
    return _contrast(*forward), _contrast(*backward)


def _contrast(first: Neighbours, second: Neighbours) -> Contrast:
    right, also = first.linked[:, 0], second.linked[:, 0]
    return Contrast(
        first.queries.modality,
        first.gallery.modality,
        both=int((right & also).sum()),
        neither=int((~right & ~also).sum()),
        only_first=int((right & ~also).sum()),
        only_second=int((~right & also).sum()),
        lost=_examples(second, first, right & ~also),
        won=_examples(first, second, ~right & also),
    )


def _examples(
    wrong: Neighbours, right: Neighbours, which: np.ndarray
) -> tuple[tuple[QueryExample, float], ...]:
    found = np.flatnonzero(which)
    clearest = found[np.argsort(right.margin[found] * -1, kind="stable")][:SHOWN]
    return tuple(
        (query_example(wrong, int(at), 3), round(float(right.margin[at]), 4)) for at in clearest
    )
