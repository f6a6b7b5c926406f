"""First ranks: how far down does the first relevant item stand."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.door import SetLike, two
from isthmus.measure.rankings import RankingResult, ranking
from isthmus.measure.ranks import Ranks
from isthmus.types import Links


@dataclass(frozen=True, eq=False, kw_only=True)
class MedianRankResult(RankingResult):
    """Median place of the first relevant item; 1 is best."""

    paper = "Karpathy & Fei-Fei 2015, arXiv 1412.2306, section 4.1"
    typical = "median"
    better = "smaller"

    @property
    def about(self) -> str:
        """One sentence for a newcomer."""
        return f"Half of the queries find their first match at this place or better: {self.ways}."


@dataclass(frozen=True, eq=False, kw_only=True)
class ReciprocalRankResult(RankingResult):
    """Mean of one over the place of the first relevant item."""

    paper = "Voorhees 1999, The TREC-8 Question Answering Track Report"

    @property
    def about(self) -> str:
        """One sentence for a newcomer."""
        return f"One over the place of the first match, averaged (1: always first): {self.ways}."


def median_rank(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> MedianRankResult:
    """Median over queries of the place at which the first linked item stands; 1 is best.

    Both directions, in places; chance is near half the gallery.

    Raises:
        RequestError: no link joins the sets.
        SpaceMismatchError: the sets live in different spaces.
    """
    return ranking(MedianRankResult, "median rank", two(a, b, links), {0: first_places}, rng)


def mean_reciprocal_rank(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> ReciprocalRankResult:
    """Mean over queries of 1 / place of the first linked item.

    Both directions; in (0, 1].

    Raises:
        RequestError: no link joins the sets.
        SpaceMismatchError: the sets live in different spaces.
    """
    pair = two(a, b, links)
    return ranking(ReciprocalRankResult, "mean reciprocal rank", pair, {0: reciprocals}, rng)


def first_places(ranks: Ranks) -> Float[np.ndarray, " q"]:
    """Expected place of the first relevant item: the minimum of found places among tied ones."""
    above, tied, found = (of[ranks.first] for of in (ranks.above, ranks.tied, ranks.found))
    return above + (tied + 1) / (found + 1)


def reciprocals(ranks: Ranks) -> Float[np.ndarray, " q"]:
    """Expected 1 / place of the first relevant item."""
    value = ranks.places(1 / np.arange(1, ranks.gallery + 1))[ranks.first]
    groups = np.stack([of[ranks.first] for of in (ranks.above, ranks.tied, ranks.found)], axis=1)
    several = np.flatnonzero(groups[:, 2] > 1)
    kinds, which = np.unique(groups[several], axis=0, return_inverse=True)
    value[several] = np.array([first_reciprocal(*kind) for kind in kinds.tolist()])[which]
    return value


def first_reciprocal(above: int, tied: int, found: int) -> float:
    """Expected 1 / place of the first of ``found`` items among ``tied`` in random order.

    The first stands at place i of the group with probability C(tied - i, found - 1) / C(tied,
    found), which falls from i to i + 1 by the factor (tied - i - found + 1) / (tied - i).
    """
    place = np.arange(1, tied - found + 2)
    fall = (tied - place - found + 1) / (tied - place)
    probability = found / tied * np.concatenate([[1.0], np.cumprod(fall)[:-1]])
    return float((probability / (above + place)).sum())
