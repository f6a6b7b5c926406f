"""Text2Shape's two losses: round trips from one side over the other and back, and lifted structure.

Chen et al. 2018, Text2Shape, section 4: shapes and texts are joined by both, added up.
"""

from typing import Any

from array_api_compat import array_namespace

from isthmus.train.losses.contrastive import (
    FAR,
    MARGIN,
    in_both_directions,
    log_sum_exp,
    matches,
)

VISIT = 0.25
"""Weight of the visits, beside 1 for the walks."""
LEAST = 1e-30
"""Added to a probability before its logarithm."""


def text2shape(logits: Any, targets: Any = None) -> Any:
    """``association`` and ``lifted``, added.

    Walks alone do not say which column is the right one to walk over; the second term does.

    Source: Chen et al. 2018, Text2Shape, equation 6.
    """
    return association(logits, targets) + lifted(logits, targets)


def association(logits: Any, targets: Any = None) -> Any:
    """Walks from a row to a column and back end evenly at rows that share a match with it.

    And every column that matches something is visited evenly. With equal logits and one match a
    row it is 1.25 log(n).

    Source: Haeusser et al. 2017, Learning by Association, equations 3 to 6; Chen et al. 2018,
    equations 1 to 3.
    """

    def by_rows(logits: Any, match: Any) -> Any:
        xp = array_namespace(logits)
        there = _softmax(logits)
        same = xp.astype(match @ match.T > 0, logits.dtype)
        count = same.sum(axis=1)
        ended = xp.log(there @ _softmax(logits.T) + LEAST)
        walker = -(same * ended).sum(axis=1) / (count + (count == 0) * 1)
        wanted = xp.astype(match.sum(axis=0) > 0, logits.dtype)
        visits = xp.log(xp.mean(there, axis=0) + LEAST)
        return walker - VISIT * (wanted * visits).sum() / wanted.sum()

    return in_both_directions(by_rows, logits, matches(logits, targets))


def lifted(logits: Any, targets: Any = None) -> Any:
    """Half the square of how much a match falls behind all that neither of its sides matches.

    Source: Song et al. 2016, Deep Metric Learning via Lifted Structured Feature Embedding,
    equation 4, with similarities for negative distances.
    """
    xp, match = array_namespace(logits), matches(logits, targets)
    others = logits + MARGIN + FAR * match
    rows, columns = log_sum_exp(others)[:, None], log_sum_exp(others.T)[None, :]
    top = xp.where(rows > columns, rows, columns)
    behind = top + xp.log(xp.exp(rows - top) + xp.exp(columns - top)) - logits
    hinge = behind * (behind > 0) * match
    return (hinge**2).sum() / (2 * match.sum())


def _softmax(logits: Any) -> Any:
    xp = array_namespace(logits)
    return xp.exp(logits - log_sum_exp(logits)[:, None])
