"""Hits: is a relevant item among the first k, and which share of them is."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.door import SetLike, two
from isthmus.measure.rankings import RankingResult, cut_offs, ranking
from isthmus.measure.ranks import Ranks
from isthmus.types import Links


@dataclass(frozen=True, eq=False, kw_only=True)
class HitResult(RankingResult):
    """Share of queries with a relevant item among the first k."""

    paper = "Radford et al. 2021, arXiv 2103.00020, section 3.1 (there called R@k)"

    @property
    def about(self) -> str:
        """One sentence for a newcomer."""
        return f"Share of queries that find a match among their first k items: {self.ways}."


@dataclass(frozen=True, eq=False, kw_only=True)
class RecallResult(RankingResult):
    """Share of the relevant items found among the first k."""

    paper = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, section 8.3"

    @property
    def about(self) -> str:
        """One sentence for a newcomer."""
        return f"Share of all matches that stand among the first k items: {self.ways}."


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
    return ranking(HitResult, f"hit@{k}", two(a, b, links), cut_offs(hit_chances, k), rng)


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
    return ranking(RecallResult, f"recall@{k}", two(a, b, links), cut_offs(shares_found, k), rng)


def hit_chances(ranks: Ranks, k: int) -> Float[np.ndarray, " q"]:
    """Probability of a relevant item among the first k: one minus a hypergeometric miss."""
    above, tied, found = (of[ranks.first] for of in (ranks.above, ranks.tied, ranks.found))
    places = np.clip(k - above, 0, tied)
    miss = np.ones(len(above))
    for place in range(min(k, int(places.max()))):
        left = np.maximum(tied - place, 1)
        miss *= np.where(place < places, np.maximum(left - found, 0) / left, 1.0)
    return 1 - miss


def shares_found(ranks: Ranks, k: int) -> Float[np.ndarray, " q"]:
    """Expected share of the relevant items among the first k."""
    inside = np.clip((k - ranks.above) / ranks.tied, 0, 1)
    return ranks.total(ranks.found * inside) / ranks.relevant
