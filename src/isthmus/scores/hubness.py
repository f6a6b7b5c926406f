"""Scores without hubs: what is near to everybody counts for less.

Each remedy takes cosines of queries (rows) and a gallery (columns) and gives scores to rank by.
How near a gallery item is to everybody is read from a *bank* of other queries; the queries
themselves may serve, but then the answer to one depends on the others. As a score rule (the
``fit_x``) the bank are the calibration items.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.records import dataclass
from isthmus.scores.rules import FLAT, FittedRule, Scores, Similarity, neutral, z_scores
from isthmus.types import Calibration, RequestError

Bank = Float[np.ndarray, "b m"]

NEAR = 10
"""Neighbours that local remedies look at."""
SHARE = 0.75
"""Of an item's nearness to the bank that nearest-neighbour normalisation takes off."""
SHARPNESS = 20.0
"""Of the inverted softmax: its inverse temperature, for cosines."""

ROUNDS = 20
"""Of Sinkhorn's scaling."""


def unhubbed(
    scores: Scores, method: str = "csls", bank: Float[np.ndarray, "b k"] | None = None
) -> Scores:
    """Scores after one of ``HUB_REMEDIES``.

    Args:
        scores: cosines of queries and gallery.
        method: its name.
        bank: cosines of other queries and the same gallery, such as of training captions; None
            takes the queries themselves.

    Raises:
        RequestError: an unknown method, or a bank of another gallery.
    """
    if method not in HUB_REMEDIES:
        raise RequestError(f"A hub remedy is one of {', '.join(HUB_REMEDIES)}, not {method!r}.")
    bank = scores if bank is None else bank
    if bank.shape[1] != scores.shape[1] or not len(bank):
        raise RequestError(
            f"The bank holds scores of the same gallery: wanted {scores.shape[1]} columns, got "
            f"{bank.shape[1]} and {len(bank)} rows."
        )
    return HUB_REMEDIES[method](scores, bank)


def csls(scores: Scores, bank: Bank) -> Scores:
    """Cross-domain similarity local scaling: 2 s - mean of both sides' k nearest.

    Conneau et al. 2018, Word translation without parallel data, equation 3.
    """
    return 2 * scores - nearest_mean(scores, 1)[:, None] - nearest_mean(bank, 0)


def local_scaling(scores: Scores, bank: Bank) -> Scores:
    """exp(-d² / (local scale of the query · of the item)), d² = 2 - 2 s; ranks by its logarithm.

    Zelnik-Manor & Perona 2004; scale: distance to the k-th neighbour. Schnitzer et al. 2012.
    """
    away, others = np.maximum(2 - 2 * scores, 0), np.maximum(2 - 2 * bank, 0)
    own, theirs = np.sqrt(_kth(away, 1))[:, None], np.sqrt(_kth(others, 0))
    return -away / np.maximum(own * theirs, 1e-12)


def mutual_proximity(scores: Scores, bank: Bank) -> Scores:
    """Chance that neither the query nor the item has a farther other, both Gaussian.

    Schnitzer et al. 2012, JMLR 13, section 3.2.2 (independent Gaussians).
    """
    from scipy.special import log_ndtr

    own, theirs = z_scores(scores, scores, 1, FLAT), z_scores(scores, bank, 0, FLAT)
    return log_ndtr(own) + log_ndtr(theirs)


def inverted_softmax(scores: Scores, bank: Bank) -> Scores:
    """Logarithm of the softmax over the bank's queries in place of the gallery.

    Smith et al. 2017, Offline bilingual word vectors, equation 6; QB-Norm (Bogolin et al. 2022)
    uses it with a bank.
    """
    from scipy.special import logsumexp

    return SHARPNESS * scores - logsumexp(SHARPNESS * bank, axis=0)


def centred(scores: Scores, bank: Bank) -> Scores:
    """Less each item's mean over the bank: what is left when the bank's middle is the origin.

    Hara et al. 2015, AAAI, localized centering with the whole bank as neighbourhood.
    """
    return scores - bank.mean(axis=0)


def qb_norm(scores: Scores, bank: Bank) -> Scores:
    """Inverted softmax where a query's best item is one of the bank's favourites, else plain.

    Bogolin et al. 2022, Cross Modal Retrieval with Querybank Normalisation, equations 2 and 3
    (dynamic inverted softmax); favourites are items that some query of the bank ranks first.
    """
    hubbed = np.isin(scores.argmax(axis=1), bank.argmax(axis=1))
    return np.where(hubbed[:, None], inverted_softmax(scores, bank), SHARPNESS * scores)


def neighbour_normalised(scores: Scores, bank: Bank) -> Scores:
    """Less 3/4 of each item's mean cosine to the bank's k nearest queries (NNN).

    Chowdhury et al. 2024, Nearest Neighbor Normalization Improves Multimodal Retrieval, equation 2.
    """
    return scores - SHARE * nearest_mean(bank, 0)


def sinkhorn(scores: Scores, bank: Bank) -> Scores:
    """Less each item's potential when bank and gallery are matched with equal shares.

    The inverted softmax is the first half of the first round. Sinkhorn & Knopp 1967; Cuturi 2013,
    algorithm 1, in logarithms.
    """
    from scipy.special import logsumexp

    logits = SHARPNESS * bank
    potential = np.zeros(bank.shape[1])
    for _ in range(ROUNDS):
        own = -np.asarray(logsumexp(logits + potential, axis=1))[:, None]
        potential = np.log(len(bank) / bank.shape[1]) - logsumexp(logits + own, axis=0)
    return SHARPNESS * scores + potential


HUB_REMEDIES: dict[str, Callable[[Scores, Bank], Scores]] = {
    "csls": csls,
    "local_scaling": local_scaling,
    "mutual_proximity": mutual_proximity,
    "inverted_softmax": inverted_softmax,
    "qb_norm": qb_norm,
    "neighbour_normalised": neighbour_normalised,
    "centred": centred,
    "sinkhorn": sinkhorn,
}


def nearest_mean(scores: np.ndarray, axis: int) -> np.ndarray:
    """Mean of the k largest along an axis."""
    k = min(NEAR, scores.shape[axis])
    return np.take(np.sort(scores, axis=axis), range(-k, 0), axis=axis).mean(axis=axis)


def _kth(away: np.ndarray, axis: int) -> np.ndarray:
    return np.take(np.sort(away, axis=axis), min(NEAR, away.shape[axis]) - 1, axis=axis)


@dataclass(frozen=True, eq=False)
class Unhubbed:
    """One of ``HUB_REMEDIES`` with the calibration items as its bank of queries."""

    inner: FittedRule
    method: str
    bank: dict[str, Vectors]
    """By modality: those of the query's modality stand for other queries."""

    def between(self, query: str, gallery: str) -> Similarity:
        """The inner similarity without hubs."""
        score, bank = self.inner.between(query, gallery), self.bank[query]
        return lambda a, b: unhubbed(score(a, b), self.method, score(bank, b))

    def calibration_scores(self, data: Calibration, query: str, gallery: str) -> Scores:
        """Scores of calibration items; in the bank their own objects count as the median."""
        scores = self.inner.calibration_scores(data, query, gallery)
        return unhubbed(scores, self.method, neutral(scores, data.same_object(query, gallery)))


def _with_bank(method: str) -> Callable[[Calibration, FittedRule], Unhubbed]:
    def fit(data: Calibration, inner: FittedRule) -> Unhubbed:
        return Unhubbed(inner, method, {n: x.astype(np.float32) for n, x in data.vectors.items()})

    fit.__doc__ = HUB_REMEDIES[method].__doc__
    return fit


fit_csls = _with_bank("csls")
fit_qb_norm = _with_bank("qb_norm")
fit_neighbour_normalised = _with_bank("neighbour_normalised")
fit_inverted_softmax = _with_bank("inverted_softmax")
fit_sinkhorn = _with_bank("sinkhorn")
