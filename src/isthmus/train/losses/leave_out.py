"""InfoNCE whose sum leaves the match out, so that a found match still pulls."""

from functools import partial
from typing import Any

from array_api_compat import array_namespace

from isthmus.train.losses.contrastive import (
    FAR,
    by_asking_rows,
    in_both_directions,
    log_sum_exp,
    matches,
    mean_match,
)
from isthmus.types import RequestError

WIDTH = 0.5
"""Of the weights of ``decoupled``, in units of the cosine: sigma of the paper."""


def info_loob(logits: Any, targets: Any = None) -> Any:
    """Leave-one-out bound: log of the sum over what does not match, less the match.

    Has no lower bound: it is small where nothing else is near.

    Source: Poole et al. 2019, equation 12; Fürst et al. 2022 (CLOOB), equation 4. CLOOB's Hopfield
    retrieval changes the logits, not the loss.
    """
    return in_both_directions(_by_rows, logits, _with_negatives(logits, targets))


def info_loob_by_rows(logits: Any, targets: Any = None) -> Any:
    """The half of ``info_loob`` by rows; those that match nothing do not count."""
    return by_asking_rows(_by_rows, logits, _with_negatives(logits, targets))


def decoupled(logits: Any, targets: Any = None, scale: Any = 1.0) -> Any:
    """``info_loob`` with each match weighted: easy ones count less, hard ones more.

    w = 2 - exp(s / width) / mean(exp(s / width)), s the cosine of the match, which is its logit
    over ``scale``, one over the temperature. Training gives the scale; without it logits are
    cosines.

    Source: Yeh et al. 2022, Decoupled Contrastive Learning, equations 5 and 6 (DCLW).
    """
    by_rows = partial(_weighted_by_rows, scale=scale)
    return in_both_directions(by_rows, logits, _with_negatives(logits, targets))


def _by_rows(logits: Any, match: Any) -> Any:
    return log_sum_exp(logits + FAR * match) - mean_match(logits, match)


def _weighted_by_rows(logits: Any, match: Any, scale: Any) -> Any:
    xp = array_namespace(logits)
    mean = mean_match(logits, match)
    cosine = mean / scale
    easy = xp.exp((cosine - xp.max(cosine)) / WIDTH)
    weight = 2 - easy / xp.mean(easy)
    return log_sum_exp(logits + FAR * match) - weight * mean


def _with_negatives(logits: Any, targets: Any) -> Any:
    """The matches, where every row and column has something else as well.

    Raises:
        RequestError: a row or column in which everything matches.
    """
    match = matches(logits, targets)
    least = min(int((1 - match).sum(axis=axis).min()) for axis in (0, 1))
    if least < 1:
        raise RequestError(
            "Leaving the match out must leave something: every row and column of the logits needs "
            f"an item that does not match; these are {tuple(logits.shape)}."
        )
    return match
