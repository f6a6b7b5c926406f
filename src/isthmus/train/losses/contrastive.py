"""Losses on logits: InfoNCE, its multi-positive form, the sigmoid loss and triplets.

Rows ask and columns are searched, then the other way round: a loss by rows (n, m) -> (n,) is
averaged with the same loss by columns (``in_both_directions``).
"""

from collections.abc import Callable
from typing import Any

from array_api_compat import array_namespace, device

from isthmus.types import RequestError

FAR = -1e30
"""Added to a logit that does not count; its exponential is 0 in float32 too."""
MARGIN = 0.2
"""Of ``triplet``, in units of the logits: scale the similarity by 1 for units of the cosine."""


def info_nce(logits: Any, targets: Any = None) -> Any:
    """Cross entropy of the matching item among all, by rows and by columns.

    With several matches a row, the probability of any of them. Of n matched pairs on a simplex the
    smallest value at temperature t is log(1 + (n - 1) exp(-n / ((n - 1) t))).

    Source: van den Oord et al. 2018, equation 4; Radford et al. 2021 (CLIP), figure 3.
    """

    def by_rows(logits: Any, match: Any) -> Any:
        return cross_entropy(logits, match)

    return in_both_directions(by_rows, logits, matches(logits, targets))


def multi_positive(logits: Any, targets: Any = None) -> Any:
    """Mean over the matches of a row of their cross entropy among all items.

    With one match a row it is ``info_nce``; with several, none of them may be left behind.

    Source: Khosla et al. 2020, Supervised Contrastive Learning, equation 2.
    """

    def by_rows(logits: Any, match: Any) -> Any:
        some = log_sum_exp(logits + FAR * (1 - match))
        return some - mean_match(logits, match) + cross_entropy(logits, match)

    return in_both_directions(by_rows, logits, matches(logits, targets))


def triplet(logits: Any, targets: Any = None) -> Any:
    """How much the best item that does not match comes within a margin of the worst that does.

    Source: Faghri et al. 2018, VSE++, equation 6 (sum of hinges over the hardest negatives).
    """

    def by_rows(logits: Any, match: Any) -> Any:
        xp = array_namespace(logits)
        hardest_negative = xp.max(logits + FAR * match, axis=1)
        worst_positive = xp.min(logits - FAR * (1 - match), axis=1)
        hinge = MARGIN + hardest_negative - worst_positive
        return hinge * (hinge > 0)

    return in_both_directions(by_rows, logits, matches(logits, targets))


def sigmoid(logits: Any, targets: Any = None) -> Any:
    """Sum over all pairs of the logistic loss, for each row.

    Logits hold the bias as well as the scale: there are n - 1 times more pairs that do not match.

    Source: Zhai et al. 2023, Sigmoid Loss for Language Image Pre-Training, equation 1.
    """
    return softplus(logits * (1 - 2 * matches(logits, targets))).sum() / logits.shape[0]


def matches(logits: Any, targets: Any) -> Any:
    """(n, m) 1 where a pair matches; the diagonal if no targets are given.

    Raises:
        RequestError: targets of another shape, or none for logits that are not square.
    """
    xp, shape = array_namespace(logits), tuple(logits.shape)
    if targets is not None and tuple(targets.shape) == shape:
        return xp.asarray(targets, dtype=logits.dtype)
    if targets is None and len(shape) == 2 and shape[0] == shape[1]:
        # a diagonal where the logits are, whatever the device
        rows = xp.arange(shape[0], device=device(logits))
        return xp.astype(rows[:, None] == rows[None, :], logits.dtype)
    wanted = "square logits without targets" if targets is None else f"targets of shape {shape}"
    came = shape if targets is None else tuple(targets.shape)
    raise RequestError(f"A loss takes {wanted}, but came {came}.")


def mean_match(logits: Any, match: Any) -> Any:
    """(n,) mean matching logit of each row; 0 where nothing matches."""
    count = match.sum(axis=1)
    return (logits * match).sum(axis=1) / (count + (count == 0) * 1)


def cross_entropy(logits: Any, match: Any) -> Any:
    """(n,) log(1 + exp(rest - match)) of the log sums of exponentials that match and that do not.

    The same as log(match + rest) - log(match), which is all rounding where the rest is little.
    """
    return softplus(log_sum_exp(logits + FAR * match) - log_sum_exp(logits + FAR * (1 - match)))


def softplus(x: Any) -> Any:
    """log(1 + exp(x)) without overflow."""
    xp = array_namespace(x)
    return x * (x > 0) + xp.log1p(xp.exp(-xp.abs(x)))


def log_sum_exp(logits: Any) -> Any:
    """(n,) log of the sum of exponentials of each row."""
    xp = array_namespace(logits)
    top = xp.max(logits, axis=1, keepdims=True)
    summed = xp.log(xp.sum(xp.exp(logits - top), axis=1, keepdims=True)) + top
    return xp.squeeze(summed, axis=1)


def in_both_directions(by_rows: Callable[[Any, Any], Any], logits: Any, match: Any) -> Any:
    """Half of a loss by rows and half by columns: each asks the other side.

    ``by_rows(logits, match)`` gives a loss a row; rows that match nothing do not count.
    """
    return (by_asking_rows(by_rows, logits, match) + by_asking_rows(by_rows, logits.T, match.T)) / 2


def by_asking_rows(by_rows: Callable[[Any, Any], Any], logits: Any, match: Any) -> Any:
    """Mean of a loss by rows over the rows that match something."""
    xp = array_namespace(logits)
    asks = xp.astype(match.sum(axis=1) > 0, logits.dtype)
    count = asks.sum()
    return (by_rows(logits, match) * asks).sum() / (count + xp.astype(count == 0, logits.dtype))
