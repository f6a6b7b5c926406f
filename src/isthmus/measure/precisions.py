"""Precisions: how pure are the first places, down to every relevant item."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.door import SetLike, two
from isthmus.measure.rankings import RankingResult, ranking
from isthmus.measure.ranks import Ranks
from isthmus.types import Links


@dataclass(frozen=True, eq=False, kw_only=True)
class AveragePrecisionResult(RankingResult):
    """Precision at the place of every relevant item, averaged over items and queries."""

    paper = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, section 8.4"

    @property
    def about(self) -> str:
        """One sentence for a newcomer."""
        return f"How pure the list is down to each match (1: all matches first): {self.ways}."


@dataclass(frozen=True, eq=False, kw_only=True)
class RPrecisionResult(RankingResult):
    """Share of relevant items among the first R, where R is how many there are."""

    paper = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, section 8.4"

    @property
    def about(self) -> str:
        """One sentence for a newcomer."""
        return (
            f"With R matches in the gallery, the share of matches among the first R: {self.ways}."
        )


def mean_average_precision(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> AveragePrecisionResult:
    """Precision at the place of every linked item, averaged over items, then over queries (mAP).

    Both directions; in (0, 1]. With one match per query this equals ``mean_reciprocal_rank``.

    Raises:
        RequestError: no link joins the sets.
        SpaceMismatchError: the sets live in different spaces.
    """
    pair = two(a, b, links)
    return ranking(AveragePrecisionResult, "mAP", pair, {0: average_precisions}, rng)


def r_precision(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> RPrecisionResult:
    """Share of linked items among a query's R nearest, where R is how many linked items it has.

    Both directions; in [0, 1]. With one match per query this equals ``hit_at_k`` at k = 1.

    Raises:
        RequestError: no link joins the sets.
        SpaceMismatchError: the sets live in different spaces.
    """
    return ranking(RPrecisionResult, "R-precision", two(a, b, links), {0: shares_of_first_r}, rng)


def average_precisions(ranks: Ranks) -> Float[np.ndarray, " q"]:
    """Expected average precision (McSherry & Najork 2008, section 3.2).

    An item of a tied group that stands at place p has before it all better relevant items and,
    of the p - above - 1 others of the group, each with probability (found - 1) / (tied - 1).
    """
    mean_inverse = ranks.places(1 / np.arange(1, ranks.gallery + 1))
    mate = (ranks.found - 1) / np.maximum(ranks.tied - 1, 1)
    precision = (ranks.before + 1 - mate * (ranks.above + 1)) * mean_inverse + mate
    return ranks.total(ranks.found * precision) / ranks.relevant


def shares_of_first_r(ranks: Ranks) -> Float[np.ndarray, " q"]:
    """Expected share of relevant items among the first R = relevant."""
    inside = np.clip((ranks.relevant[ranks.query] - ranks.above) / ranks.tied, 0, 1)
    return ranks.total(ranks.found * inside) / ranks.relevant
