"""Many measures on one page: p-values adjusted for their number."""

import math
from collections.abc import Mapping

import numpy as np

from isthmus.measure.retrieval.rankings import RankingResult
from isthmus.types import Result

METHOD = "Benjamini-Hochberg"


def adjusted(results: Mapping[str, Result]) -> dict[str, float]:
    """Benjamini-Hochberg adjusted p of every result and direction whose null has one.

    The second direction of a ranking stands under ``key`` + `` backward``. If all below 0.05
    are called different from chance, at most one in twenty of these calls is expected to be
    wrong (false discovery rate; Benjamini and Hochberg 1995).
    """
    found = {key: result.null.p for key, result in results.items()}
    found |= {
        f"{key} backward": result.backward.null.p
        for key, result in results.items()
        if isinstance(result, RankingResult)
    }
    p = {key: value for key, value in found.items() if math.isfinite(value)}
    if not p:
        return {}
    values = np.array(list(p.values()))
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    lowest = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    given_back = np.empty(len(values))
    given_back[order] = lowest
    return dict(zip(p, given_back.tolist(), strict=True))
