"""InfoNCE with several matches that all should come first."""

from typing import Any

from isthmus.train.losses.parts import both_ways, log_sum_exp, matches


def multi_positive(logits: Any, targets: Any = None) -> Any:
    """Mean over the matches of a row of their cross entropy among all items.

    With one match a row it is ``info_nce``; with several, none of them may be left behind.

    Source: Khosla et al. 2020, Supervised Contrastive Learning, equation 2.
    """
    return both_ways(_rows, logits, matches(logits, targets))


def _rows(logits: Any, match: Any) -> Any:
    count = match.sum(axis=1)
    mean = (logits * match).sum(axis=1) / (count + (count == 0) * 1)
    return log_sum_exp(logits, 1) - mean
