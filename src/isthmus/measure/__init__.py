"""What is true of this space? ``(vectors, ...) -> Result``: frozen, prints and plots itself.

Every measure is one function with its own formula, null and oracle test, registered here by
one line and reached as ``isthmus.measure.<name>``, which imports its file on first use. Measures
take an ``EmbeddingSet`` or a plain (n, d) array, whose ids are the running number.

Which question, which folder:

- ``geometry``: where do the modalities lie: gaps, cosines, spread, distances in shape?
- ``dimensions``: how many directions are used, of which dimension is the manifold, how is it drawn?
- ``retrieval``: is the right item found, how far down, and what is taken for it?
- ``neighbourhoods``: who is near whom: hubs, mixing of modalities, shared neighbours?
- ``classification``: can classes, modalities or the model be read from the vectors?
- ``views``: what do many views of an object say: subspaces, ranks, poses, loops, variance?
- ``grids``: what does a grid of objects in styles say of style and content?
- ``concepts``: which words are vectors made of?
- ``spaces``: how alike do two spaces, or two modalities, arrange the same items?
- ``texts``: how good is a text, against references, against its item, against other texts?
- ``statistics``: what all of them share: inputs, samples, nulls, intervals, ranks, searches.

A result says its value in one ``sentence``, cites its ``paper``, and holds every number it plots.
"""

from typing import Any

from isthmus.registry import find

ONE_SET: dict[str, str] = {
    "anisotropy": "isthmus.measure.geometry.spread:anisotropy",
    "backbone": "isthmus.measure.classification.backbones:backbone",
    "effective_rank": "isthmus.measure.dimensions.spectra:effective_rank",
    "hubness": "isthmus.measure.neighbourhoods.hubs:hubness",
    "intra_cosine": "isthmus.measure.geometry.cosines:intra_cosine",
    "participation_ratio": "isthmus.measure.dimensions.spectra:participation_ratio",
    "spectrum": "isthmus.measure.dimensions.spectra:spectrum",
    "uniformity": "isthmus.measure.geometry.spread:uniformity",
}
"""Measures of one set: ``measure(a, *, rng)``."""

TWO_SETS: dict[str, str] = {
    "alignment": "isthmus.measure.geometry.spread:alignment",
    "centroid_cosine_gap": "isthmus.measure.geometry.gaps:centroid_cosine_gap",
    "centroid_gap": "isthmus.measure.geometry.gaps:centroid_gap",
    "cosine_separation": "isthmus.measure.geometry.cosines:cosine_separation",
    "cross_hubness": "isthmus.measure.neighbourhoods.hubs:cross_hubness",
    "distribution_gap": "isthmus.measure.geometry.distributions:distribution_gap",
    "gap_concentration": "isthmus.measure.geometry.gaps:gap_concentration",
    "inter_cosine": "isthmus.measure.geometry.cosines:inter_cosine",
    "linear_cka": "isthmus.measure.spaces.space_pairs:linear_cka",
    "matched_cosine": "isthmus.measure.geometry.cosines:matched_cosine",
    "matched_distance": "isthmus.measure.geometry.spread:matched_distance",
    "modality_probe": "isthmus.measure.classification.modality_probes:modality_probe",
    "mutual_knn": "isthmus.measure.neighbourhoods.mutual:mutual_knn",
    "neighbour_mixing": "isthmus.measure.neighbourhoods.mixing:neighbour_mixing",
    "relative_modality_gap": "isthmus.measure.geometry.gaps:relative_modality_gap",
    "temperature_shift": "isthmus.measure.geometry.temperature:temperature_shift",
    "unmatched_cosine": "isthmus.measure.geometry.cosines:unmatched_cosine",
    "hit_at_k": "isthmus.measure.retrieval.hits:hit_at_k",
    "mean_average_precision": "isthmus.measure.retrieval.gains:mean_average_precision",
    "mean_reciprocal_rank": "isthmus.measure.retrieval.hits:mean_reciprocal_rank",
    "median_rank": "isthmus.measure.retrieval.hits:median_rank",
    "mixed_gallery": "isthmus.measure.retrieval.galleries:mixed_gallery",
    "neighbour_confusions": "isthmus.measure.retrieval.confusions:neighbour_confusions",
    "ndcg": "isthmus.measure.retrieval.gains:ndcg",
    "ndcg_retrieved_only": "isthmus.measure.retrieval.gains:ndcg_retrieved_only",
    "r_precision": "isthmus.measure.retrieval.gains:r_precision",
    "recall_at_k": "isthmus.measure.retrieval.hits:recall_at_k",
}
"""Measures of two sets with links: ``measure(a, b, links=None, *, rng)``."""

LABELLED: dict[str, str] = {
    "class_retrieval": "isthmus.measure.retrieval.relatives:class_retrieval",
    "cluster_agreement": "isthmus.measure.classification.clusters:cluster_agreement",
    "few_shot": "isthmus.measure.classification.probes:few_shot",
    "knn_probe": "isthmus.measure.classification.probes:knn_probe",
    "linear_probe": "isthmus.measure.classification.probes:linear_probe",
    "prototype_probe": "isthmus.measure.classification.probes:prototype_probe",
    "zero_shot": "isthmus.measure.classification.zero_shot:zero_shot",
}
"""Measures that need labels or class texts; each says which."""

VIEWS: dict[str, str] = {
    "pose_error": "isthmus.measure.views.poses:pose_error",
    "variance_shares": "isthmus.measure.views.variances:variance_shares",
    "view_identity": "isthmus.measure.views.identity:view_identity",
    "view_interpolation": "isthmus.measure.views.loops:view_interpolation",
    "view_loop": "isthmus.measure.views.loops:view_loop",
    "view_overlap": "isthmus.measure.views.angles:view_overlap",
    "view_rank": "isthmus.measure.views.subspaces:view_rank",
}
"""Measures of many views of objects; each says what it needs. Studies of pairs leave them out."""

GRIDS: dict[str, str] = {
    "style_change": "isthmus.measure.grids.styles:style_change",
    "style_retrieval": "isthmus.measure.grids.styles:style_retrieval",
    "style_transfer": "isthmus.measure.grids.styles:style_transfer",
}
"""Measures of a grid of objects in styles."""

SHAPES: dict[str, str] = {
    "geodesic_stretch": "isthmus.measure.dimensions.geodesics:geodesic_stretch",
    "intrinsic_dimension": "isthmus.measure.dimensions.intrinsic:intrinsic_dimension",
    "plane_map": "isthmus.measure.dimensions.maps:plane_map",
}
"""Slower measures of one set: ``measure(a, *, rng)``. Studies leave them out."""

WORDS: dict[str, str] = {
    "learned_concepts": "isthmus.measure.concepts.dictionaries:learned_concepts",
    "sparse_concepts": "isthmus.measure.concepts.splice:sparse_concepts",
    "text_span": "isthmus.measure.concepts.text_spans:text_span",
}
"""Measures of vectors and a named vocabulary: ``measure(a, words, names, *, rng)``."""

SPACES: dict[str, str] = {
    "biased_cka": "isthmus.measure.spaces.space_pairs:biased_cka",
    "procrustes": "isthmus.measure.spaces.space_pairs:procrustes",
    "rsa": "isthmus.measure.spaces.space_pairs:rsa",
    "svcca": "isthmus.measure.spaces.space_pairs:svcca",
}
"""Measures of the same items in two spaces, of one model or two; items pair by id."""

TEXTS: dict[str, str] = {
    "bleu": "isthmus.measure.texts.references:bleu",
    "cider": "isthmus.measure.texts.references:cider",
    "cider_plain": "isthmus.measure.texts.references:cider_plain",
    "clip_score": "isthmus.measure.texts.contrastive:clip_score",
    "cycle_recall": "isthmus.measure.texts.contrastive:cycle_recall",
    "distinct_n": "isthmus.measure.texts.diversity:distinct_n",
    "ref_clip_score": "isthmus.measure.texts.contrastive:ref_clip_score",
    "retention": "isthmus.measure.texts.retention:retention",
    "rouge_l": "isthmus.measure.texts.references:rouge_l",
    "self_bleu": "isthmus.measure.texts.diversity:self_bleu",
    "spider": "isthmus.measure.texts.references:spider",
    "text_difference": "isthmus.measure.texts.resampled:text_difference",
    "vendi_score": "isthmus.measure.texts.diversity:vendi_score",
}
"""Measures of texts: against references, against their items' vectors, against each other."""

MEASURES = {
    **ONE_SET,
    **TWO_SETS,
    **LABELLED,
    **VIEWS,
    **GRIDS,
    **SHAPES,
    **WORDS,
    **SPACES,
    **TEXTS,
}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return find("measures", MEASURES, name)
    except LookupError as error:
        raise AttributeError(str(error)) from None


def __dir__() -> list[str]:
    return sorted(MEASURES)
