"""Hits and first ranks: is a relevant item among the first k, how far down is the first one."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.retrieval.rankings import RankingResult, cut_offs, ranking
from isthmus.measure.statistics import Ranks, SetLike, as_pair
from isthmus.types import Links


@dataclass(frozen=True, eq=False, kw_only=True)
class HitResult(RankingResult):
    """Share of queries with a relevant item among the first k."""

    paper = "Radford et al. 2021, arXiv 2103.00020, section 3.1 (there called R@k)"
    sentence = "Share of queries that find a match among their first k items: {self.summary}."


@dataclass(frozen=True, eq=False, kw_only=True)
class RecallResult(RankingResult):
    """Share of the relevant items found among the first k."""

    paper = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, section 8.3"
    sentence = "Share of all matches that stand among the first k items: {self.summary}."


def hit_at_k(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    k: int = 1,
    rng: np.random.Generator | None = None,
) -> HitResult:
    """Share of queries that find at least one linked item among their k nearest (often "R@k").

    Both directions; in [0, 1]. With several matches per query this is not recall.

    Raises:
        RequestError: k < 1, or no link joins the sets.
        SpaceMismatchError: the sets live in different spaces.
    """
    return ranking(HitResult, f"hit@{k}", as_pair(a, b, links), cut_offs(hit_chances, k), rng)


def recall_at_k(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    k: int = 10,
    rng: np.random.Generator | None = None,
) -> RecallResult:
    """Share of a query's linked items that stand among its k nearest, averaged over queries.

    Both directions; in [0, 1]. With one match per query this equals ``hit_at_k``.

    Raises:
        RequestError: k < 1, or no link joins the sets.
        SpaceMismatchError: the sets live in different spaces.
    """
    return ranking(
        RecallResult, f"recall@{k}", as_pair(a, b, links), cut_offs(shares_found, k), rng
    )


def hit_chances(ranks: Ranks, k: int) -> Float[np.ndarray, " q"]:
    """Probability of a relevant item among the first k: one minus a hypergeometric miss."""
    above, tied, found = (of[ranks.first] for of in (ranks.above, ranks.tied, ranks.found))
    places = np.clip(k - above, 0, tied)
    miss = np.ones(len(above))
    for place in range(min(k, int(places.max()))):
        left = np.maximum(tied - place, 1)
        miss *= np.where(place < places, np.maximum(left - found, 0) / left, 1.0)
    return 1 - miss


def shares_found(ranks: Ranks, k: int | Float[np.ndarray, " g"]) -> Float[np.ndarray, " q"]:
    """Expected share of the relevant items among the first k, which may differ by group."""
    return ranks.total(ranks.found * np.clip((k - ranks.above) / ranks.tied, 0, 1)) / ranks.relevant


@dataclass(frozen=True, eq=False, kw_only=True)
class MedianRankResult(RankingResult):
    """Median place of the first relevant item; 1 is best."""

    paper = "Karpathy & Fei-Fei 2015, arXiv 1412.2306, section 4.1"
    typical = "median"
    better = "smaller"
    sentence = "Half of the queries find their first match at this place or better: {self.summary}."


@dataclass(frozen=True, eq=False, kw_only=True)
class ReciprocalRankResult(RankingResult):
    """Mean of one over the place of the first relevant item."""

    paper = "Voorhees 1999, The TREC-8 Question Answering Track Report"
    sentence = "One over the place of the first match, averaged (1: always first): {self.summary}."


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
    return ranking(MedianRankResult, "median rank", as_pair(a, b, links), {0: first_places}, rng)


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
    return ranking(
        ReciprocalRankResult, "mean reciprocal rank", as_pair(a, b, links), {0: reciprocals}, rng
    )


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
