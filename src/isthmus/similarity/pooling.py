"""From the parts of a bag to the bag: one vector of the vectors, or one score of the scores.

NumPy arrays or torch tensors; p parts, d coordinates, q queries. Mean, max and confidence do not
heed the order of the parts; attention does not if its weights move along.
"""

from typing import Any

from array_api_compat import array_namespace


def mean_of_vectors(parts: Any) -> Any:
    """(p, d) gives their mean (d,)."""
    return parts.mean(axis=0)


def attention(parts: Any, weights: Any) -> Any:
    """(p, d) and weights (p,), such as ``transform.fit_attention`` finds, give (d,).

    Weights are 0 or more; they are scaled to sum to one.

    Source: Ilse et al. 2018, Attention-based deep multiple instance learning, equation 7.
    """
    return (weights / weights.sum()) @ parts


def mean_of_scores(scores: Any) -> Any:
    """(q, p) of each query and part give the mean over the parts (q,)."""
    return scores.mean(axis=1)


def max_of_scores(scores: Any) -> Any:
    """(q, p) give the score of each query's nearest part (q,)."""
    return array_namespace(scores).max(scores, axis=1)


def confidence_weighted(scores: Any, scale: float = 1.0) -> Any:
    """(q, p) give the mean over the parts (q,), weighted by how sure each part is of its query.

    A part's confidence is the largest of its softmax over the queries, as in Hendrycks & Gimpel
    2017, equation 1; ``scale`` multiplies the scores in there.
    """
    xp, confidence = array_namespace(scores), _confidence(scores, scale)
    return scores @ (confidence / xp.sum(confidence))


def most_confident(scores: Any, keep: int = 4, scale: float = 1.0) -> Any:
    """(q, p) give the mean (q,) over the ``keep`` parts that are surest of any query.

    Confidence as in ``confidence_weighted``; of equally sure parts the first are kept, and all
    parts where there are fewer.

    Source: Song et al. 2023, MV-CLIP, section 3.2 (views selected by their confidence; there by
    the entropy of the same softmax).
    """
    xp = array_namespace(scores)
    order = xp.argsort(_confidence(scores, scale), descending=True, stable=True)
    return xp.take(scores, order[:keep], axis=1).mean(axis=1)


def _confidence(scores: Any, scale: float) -> Any:
    """The largest softmax of each part over the queries (p,)."""
    xp = array_namespace(scores)
    odds = xp.exp(scale * (scores - xp.max(scores, axis=0, keepdims=True)))
    return 1 / xp.sum(odds, axis=0)
