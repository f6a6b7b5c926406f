"""InfoNCE, the loss of CLIP."""

from typing import Any

from isthmus.train.losses.parts import FAR, both_ways, log_sum_exp, matches


def info_nce(logits: Any, targets: Any = None) -> Any:
    """Cross entropy of the matching item among all, by rows and by columns.

    With several matches a row, the probability of any of them. Of n matched pairs on a simplex the
    smallest value at temperature t is log(1 + (n - 1) exp(-n / ((n - 1) t))).

    Source: van den Oord et al. 2018, equation 4; Radford et al. 2021 (CLIP), figure 3.
    """
    return both_ways(_rows, logits, matches(logits, targets))


def _rows(logits: Any, match: Any) -> Any:
    return log_sum_exp(logits, 1) - log_sum_exp(logits + FAR * (1 - match), 1)
