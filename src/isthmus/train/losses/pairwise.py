"""The loss of SigLIP: every pair for itself."""

from typing import Any

from isthmus.train.losses.parts import matches


def sigmoid(logits: Any, targets: Any = None) -> Any:
    """Sum over all pairs of the logistic loss, for each row.

    Logits hold the bias as well as the scale: there are n - 1 times more pairs that do not match.

    Source: Zhai et al. 2023, Sigmoid Loss for Language Image Pre-Training, equation 1.
    """
    from array_api_compat import array_namespace

    xp = array_namespace(logits)
    wrong = logits * (1 - 2 * matches(logits, targets))
    # log(1 + e^x) without overflow
    positive = wrong * (wrong > 0)
    return (positive + xp.log1p(xp.exp(-xp.abs(wrong)))).sum() / logits.shape[0]
