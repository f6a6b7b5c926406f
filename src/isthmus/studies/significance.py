"""Many measures on one page: p-values adjusted for their number."""

import math
from collections.abc import Mapping

import numpy as np

from isthmus.types import Result

METHOD = "Benjamini-Hochberg"


def adjusted(results: Mapping[str, Result]) -> dict[str, float]:
    """Benjamini-Hochberg adjusted p of every result whose null has one.

    Below 0.05, at most one in twenty of the results called different from chance is expected
    to be so by luck (false discovery rate; Benjamini and Hochberg 1995).
    """
    p = {key: result.null.p for key, result in results.items() if math.isfinite(result.null.p)}
    if not p:
        return {}
    values = np.array(list(p.values()))
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    lowest = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    given_back = np.empty(len(values))
    given_back[order] = lowest
    return dict(zip(p, given_back.tolist(), strict=True))
