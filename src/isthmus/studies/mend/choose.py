"""Which remedy is recommended, and what that choice earns where it did not look."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Int

from isthmus.studies.evaluate import DirectionScores, Estimate, Evaluation, Scores, estimate

LOSS = 0.005
"""R@1 that a recommended remedy may cost, as a mean over both directions."""
FOLDS = 5
LEARNS_SIDES = "match_odds"
"""The correction that learns in which modality matches are at all."""


def recommended(found: Evaluation, without: str = "") -> str:
    """The chain with the best mixed search among those that cost at most ``LOSS`` of R@1.

    None, an empty chain, where the space finds matches by chance only: there is nothing to mend.

    Args:
        found: what all remedies earned.
        without: a correction that the chain must not have.
    """
    if hits_by_chance(found):
        return ""
    table = {
        chain: one
        for chain, one in found.object_scores.items()
        if not without or without not in chain.split("+")
    }
    return _best(table, np.arange(found.data.pair.n))


def hits_by_chance(found: Evaluation) -> bool:
    """Whether R@1 of the space as it is is no better than that of a random order."""
    more = found.object_scores[""].hits[1] - found.object_bounds.chance_of_hits
    interval = estimate(more).interval
    return interval is None or interval.low <= 0


def selection_corrected(found: Evaluation) -> Estimate:
    """What the rule of ``recommended`` earns on objects that it did not see.

    Five folds of objects: the remedy is chosen by the scores of four and scored on the fifth, so
    that the luck of the best of many is not counted.
    """
    table = found.object_scores
    fold = np.random.default_rng(0).permutation(found.data.pair.n) % FOLDS
    earned = np.full(len(fold), np.nan)
    for part in range(FOLDS):
        best = _best(table, np.flatnonzero(fold != part))
        earned[fold == part] = table[best].mixed[fold == part]
    return estimate(earned)


def _best(table: Mapping[str, DirectionScores[Scores]], objects: Int[np.ndarray, " o"]) -> str:
    def mean(scores: np.ndarray) -> float:
        return float(np.nanmean(scores[objects]))

    least = mean(table[""].hits[1]) - LOSS
    cheap = [chain for chain, one in table.items() if mean(one.hits[1]) >= least]
    return max(cheap, key=lambda chain: mean(table[chain].mixed))
