"""Triplets with the hardest negative."""

from typing import Any

from isthmus.train.losses.parts import FAR, both_ways, matches

MARGIN = 0.2
"""In units of the logits: scale the similarity by 1 to have it in units of the cosine."""


def triplet(logits: Any, targets: Any = None) -> Any:
    """How much the best item that does not match comes within a margin of the worst that does.

    Source: Faghri et al. 2018, VSE++, equation 6 (sum of hinges over the hardest negatives).
    """
    return both_ways(_rows, logits, matches(logits, targets))


def _rows(logits: Any, match: Any) -> Any:
    from array_api_compat import array_namespace

    xp = array_namespace(logits)
    hardest = xp.max(logits + FAR * match, axis=1)
    worst = xp.min(logits - FAR * (1 - match), axis=1)
    hinge = MARGIN + hardest - worst
    return hinge * (hinge > 0)
