"""Middles of matched pairs spread over the sphere."""

from typing import Any

from isthmus.train.regularisers.rows import unit
from isthmus.train.regularisers.sphere import spread


def centroid_uniformity(a: Any, b: Any) -> Any:
    """Uniformity of the pairs' middles, brought back to length 1.

    Spreads what pairs mean, not the two modalities, so it does not push the sides apart.

    Source: Grassucci et al. 2026, Closing the Modality Gap Aligns Group-Wise Semantics
    (``L_CU``, the uniformity of Wang & Isola 2020 on renormalised centroids).
    """
    return spread(unit(unit(a) + unit(b)))
