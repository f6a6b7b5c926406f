"""What is true of this space? ``(vectors, ...) -> Result``: frozen, prints and plots itself.

Every measure is one function with its own formula, null and oracle test, registered here by
one line and reached as ``isthmus.measure.<name>``. Measures take an ``EmbeddingSet`` or a plain
(n, d) array, whose ids are the running number.
"""

from typing import Any

from isthmus.registry import find

ONE_SET: dict[str, str] = {
    "anisotropy": "isthmus.measure.cones:anisotropy",
    "backbone": "isthmus.measure.backbones:backbone",
    "effective_rank": "isthmus.measure.effective_ranks:effective_rank",
    "hubness": "isthmus.measure.hubs:hubness",
    "intra_cosine": "isthmus.measure.intra_cosines:intra_cosine",
    "participation_ratio": "isthmus.measure.participation:participation_ratio",
    "spectrum": "isthmus.measure.spectra:spectrum",
    "uniformity": "isthmus.measure.uniformities:uniformity",
}
"""Measures of one set: ``measure(a, *, rng)``."""

TWO_SETS: dict[str, str] = {
    "alignment": "isthmus.measure.alignments:alignment",
    "centroid_cosine_gap": "isthmus.measure.centroids:centroid_cosine_gap",
    "centroid_gap": "isthmus.measure.gaps:centroid_gap",
    "cosine_separation": "isthmus.measure.separations:cosine_separation",
    "cross_hubness": "isthmus.measure.hubs:cross_hubness",
    "distribution_gap": "isthmus.measure.distributions:distribution_gap",
    "gap_concentration": "isthmus.measure.gap_coordinates:gap_concentration",
    "inter_cosine": "isthmus.measure.cross_cosines:inter_cosine",
    "linear_cka": "isthmus.measure.kernels:linear_cka",
    "matched_cosine": "isthmus.measure.matched_cosines:matched_cosine",
    "matched_distance": "isthmus.measure.matched_distances:matched_distance",
    "modality_probe": "isthmus.measure.modality_probes:modality_probe",
    "mutual_knn": "isthmus.measure.mutual_neighbours:mutual_knn",
    "neighbour_mixing": "isthmus.measure.mixing:neighbour_mixing",
    "relative_modality_gap": "isthmus.measure.relative_gaps:relative_modality_gap",
    "temperature_shift": "isthmus.measure.shifts:temperature_shift",
    "unmatched_cosine": "isthmus.measure.cross_cosines:unmatched_cosine",
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

VIEWS: dict[str, str] = {
    "pose_error": "isthmus.measure.poses:pose_error",
    "variance_shares": "isthmus.measure.variances:variance_shares",
    "view_identity": "isthmus.measure.view_subspaces:view_identity",
    "view_interpolation": "isthmus.measure.interpolations:view_interpolation",
    "view_loop": "isthmus.measure.loops:view_loop",
    "view_overlap": "isthmus.measure.overlaps:view_overlap",
    "view_rank": "isthmus.measure.view_ranks:view_rank",
}
"""Measures of many views of objects; each says what it needs. Studies of pairs leave them out."""

GRIDS: dict[str, str] = {
    "style_change": "isthmus.measure.style_changes:style_change",
    "style_retrieval": "isthmus.measure.style_transfers:style_retrieval",
    "style_transfer": "isthmus.measure.style_transfers:style_transfer",
}
"""Measures of a grid of objects in styles."""

SHAPES: dict[str, str] = {
    "geodesic_stretch": "isthmus.measure.neighbour_graphs:geodesic_stretch",
    "intrinsic_dimension": "isthmus.measure.intrinsic_dimensions:intrinsic_dimension",
    "plane_map": "isthmus.measure.plane_maps:plane_map",
}
"""Slower measures of one set: ``measure(a, *, rng)``. Studies leave them out."""

WORDS: dict[str, str] = {
    "learned_concepts": "isthmus.measure.dictionaries:learned_concepts",
    "sparse_concepts": "isthmus.measure.sparse_sums:sparse_concepts",
    "text_span": "isthmus.measure.text_spans:text_span",
}
"""Measures of vectors and a named vocabulary: ``measure(a, words, names, *, rng)``."""

SPACES: dict[str, str] = {
    "biased_cka": "isthmus.measure.space_pairs:biased_cka",
    "procrustes": "isthmus.measure.space_pairs:procrustes",
    "rsa": "isthmus.measure.space_pairs:rsa",
    "svcca": "isthmus.measure.space_pairs:svcca",
}
"""Measures of the same items in two spaces, of one model or two; items pair by id."""

MEASURES = {**ONE_SET, **TWO_SETS, **LABELLED, **VIEWS, **GRIDS, **SHAPES, **WORDS, **SPACES}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return find("measures", MEASURES, name)
    except LookupError as error:
        raise AttributeError(str(error)) from None


def __dir__() -> list[str]:
    return sorted(MEASURES)
