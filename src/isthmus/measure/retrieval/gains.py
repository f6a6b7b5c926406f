"""Graded retrieval: discounted cumulative gain and precision, down to every relevant item."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.measure.retrieval.hits import shares_found
from isthmus.measure.retrieval.rankings import RankingResult, cut_offs, ranking
from isthmus.measure.statistics import Ranks, SetLike, as_pair
from isthmus.types import Links


@dataclass(frozen=True, eq=False, kw_only=True)
class GainResult(RankingResult):
    """Gain of the first k relative to all relevant items in first place."""

    paper = "Järvelin & Kekäläinen 2002, ACM TOIS 20(4), with ideal DCG over min(k, R)"
    sentence = (
        "How high the matches stand among the first k (1: as high as can be): {self.summary}."
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class RetrievedGainResult(RankingResult):
    """Gain of the first k relative to the same retrieved items in the best order."""

    paper = "As computed by the code of Li et al. 2025 (GR-CLIP), arXiv 2507.19054"
    sentence = (
        "How well those matches that were retrieved are ordered; missing ones cost nothing, "
        "so read it beside nDCG: {self.summary}."
    )


def ndcg(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    k: int = 10,
    rng: np.random.Generator | None = None,
) -> GainResult:
    """Normalised discounted cumulative gain: a match at place i counts 1 / log2(i + 1), i <= k.

    Both directions; in [0, 1]; relative to the min(k, R) first places filled with matches.

    Raises:
        RequestError: k < 1, or no link joins the sets.
        SpaceMismatchError: the sets live in different spaces.
    """
    return ranking(GainResult, f"nDCG@{k}", as_pair(a, b, links), cut_offs(relative_gains, k), rng)


def ndcg_retrieved_only(
    a: SetLike,
    b: SetLike,
    links: Links | None = None,
    *,
    k: int = 10,
    rng: np.random.Generator | None = None,
) -> RetrievedGainResult:
    """Rank gain normalised by the retrieved matches only: one of three found, at place 1, scores 1.

    Both directions; in [0, 1]. It never punishes a missed match; published tables of mixed
    search use it, so it is here for comparison with them.

    Raises:
        RequestError: k < 1, or no link joins the sets.
        SpaceMismatchError: the sets live in different spaces.
    """
    return ranking(
        RetrievedGainResult,
        f"nDCG@{k} of the retrieved",
        as_pair(a, b, links),
        cut_offs(gains_of_retrieved, k),
        rng,
    )


def discounts(k: int, m: int) -> Float[np.ndarray, " m"]:
    """1 / log2(i + 1) at the places i = 1 .. k of m, 0 after that."""
    worth = np.zeros(m)
    worth[:k] = 1 / np.log2(np.arange(2, min(k, m) + 2))
    return worth


def ideal(k: int, m: int) -> Float[np.ndarray, " r"]:
    """The best gain of 0 .. m relevant items at cut-off k."""
    return np.concatenate([[0.0], np.cumsum(discounts(k, m))])


def relative_gains(ranks: Ranks, k: int) -> Float[np.ndarray, " q"]:
    """Expected nDCG@k, ideal DCG over min(k, relevant)."""
    gained = ranks.total(ranks.found * ranks.places(discounts(k, ranks.gallery)))
    return gained / ideal(k, ranks.gallery)[ranks.relevant.astype(int)]


def gains_of_retrieved(ranks: Ranks, k: int) -> Float[np.ndarray, " q"]:
    """Expected DCG@k over the ideal DCG of those relevant items that are among the first k.

    Only the group that straddles the cut-off leaves open how many these are: its share among
    the first k is hypergeometric, and its items are spread evenly over the places left.
    """
    from scipy.stats import hypergeom

    gained = ranks.found * ranks.places(discounts(k, ranks.gallery))
    inside = ranks.above + ranks.tied <= k
    sure = ranks.total(np.where(inside, ranks.found, 0)).astype(int)
    sure_gain = ranks.total(np.where(inside, gained, 0))
    best = ideal(k, ranks.gallery)
    value = np.divide(sure_gain, best[sure], out=np.zeros(ranks.queries), where=sure > 0)
    open_ = np.flatnonzero((ranks.above < k) & ~inside)
    query, tied, found = (of[open_] for of in (ranks.query, ranks.tied, ranks.found))
    places = k - ranks.above[open_]
    value[query] = 0
    for more in range(int(min(found.max(initial=-1), k)) + 1):
        chance = hypergeom.pmf(more, tied, found, places)
        # gained is the mean over more, whose mean is found · places / tied
        gain = sure_gain[query] + gained[open_] * more * tied / (found * places)
        count = sure[query] + more
        value[query] += chance * np.divide(
            gain, best[count], out=np.zeros(len(query)), where=count > 0
        )
    return value


@dataclass(frozen=True, eq=False, kw_only=True)
class AveragePrecisionResult(RankingResult):
    """Precision at the place of every relevant item, averaged over items and queries."""

    paper = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, section 8.4"
    sentence = "How pure the list is down to each match (1: all matches first): {self.summary}."


@dataclass(frozen=True, eq=False, kw_only=True)
class RPrecisionResult(RankingResult):
    """Share of relevant items among the first R, where R is how many there are."""

    paper = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, section 8.4"
    sentence = (
        "With R matches in the gallery, the share of matches among the first R: {self.summary}."
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
    return ranking(
        AveragePrecisionResult, "mAP", as_pair(a, b, links), {0: average_precisions}, rng
    )


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
    return ranking(
        RPrecisionResult, "R-precision", as_pair(a, b, links), {0: shares_of_first_r}, rng
    )


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
    return shares_found(ranks, ranks.relevant[ranks.query])
