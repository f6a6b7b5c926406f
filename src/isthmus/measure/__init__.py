"""What is true of this space? ``(vectors, ...) -> Result``: frozen, prints and plots itself.

Every measure is one function with its own formula, null and oracle test, registered here by
one line and reached as ``isthmus.measure.<name>``. Measures take an ``EmbeddingSet`` or a plain
(n, d) array, whose ids are the running number.
"""

from typing import Any

from isthmus.registry import find

ONE_SET: dict[str, str] = {}
"""Measures of one set: ``measure(a, *, rng)``."""

TWO_SETS: dict[str, str] = {
    "hit_at_k": "isthmus.measure.hits:hit_at_k",
    "mean_average_precision": "isthmus.measure.precisions:mean_average_precision",
    "mean_reciprocal_rank": "isthmus.measure.first_ranks:mean_reciprocal_rank",
    "median_rank": "isthmus.measure.first_ranks:median_rank",
    "mixed_gallery": "isthmus.measure.galleries:mixed_gallery",
    "neighbour_confusions": "isthmus.measure.confusions:neighbour_confusions",
    "ndcg": "isthmus.measure.gains:ndcg",
    "ndcg_retrieved_only": "isthmus.measure.gains:ndcg_retrieved_only",
    "r_precision": "isthmus.measure.precisions:r_precision",
    "recall_at_k": "isthmus.measure.hits:recall_at_k",
}
"""Measures of two sets with links: ``measure(a, b, links=None, *, rng)``."""

LABELLED: dict[str, str] = {
    "cluster_agreement": "isthmus.measure.clusters:cluster_agreement",
    "knn_probe": "isthmus.measure.probes:knn_probe",
    "linear_probe": "isthmus.measure.probes:linear_probe",
    "prototype_probe": "isthmus.measure.probes:prototype_probe",
    "zero_shot": "isthmus.measure.class_texts:zero_shot",
}
"""Measures that need labels or class texts; each says which."""

MEASURES = {**ONE_SET, **TWO_SETS, **LABELLED}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return find("measures", MEASURES, name)
    except LookupError as error:
        raise AttributeError(str(error)) from None


def __dir__() -> list[str]:
    return sorted(MEASURES)
