"""Which measure stands in which part of the page."""

from isthmus.records import dataclass


@dataclass(frozen=True)
class Part:
    """A part of the page: groups of measures that share a drawing, and measures without one."""

    key: str
    title: str
    lead: str
    drawn: tuple[tuple[str, ...], ...] = ()
    listed: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Measures of this part."""
        return (*(name for group in self.drawn for name in group), *self.listed)


OTHER = Part(
    "further",
    "Further measures",
    "Measures that have no place of their own yet, and those of other packages.",
)

BEFORE_MAP = (
    Part(
        "gap",
        "The modality gap",
        "How far the two clouds of vectors stand apart, how much of that is more than sampling "
        "noise, and what is left of the difference once both are centred.",
        (
            ("centroid_gap",),
            ("gap_concentration",),
            ("distribution_gap",),
            ("modality_probe",),
            ("neighbour_mixing",),
            ("temperature_shift",),
        ),
        ("relative_modality_gap", "centroid_cosine_gap", "matched_distance"),
    ),
    Part(
        "similarities",
        "Similarities",
        "The cosines of linked pairs, of unlinked ones, and within each modality. Where the curves "
        "of one modality lie right of the linked pairs, its items look more alike than an item and "
        "what it is linked to.",
        (("intra_cosine", "cosine_separation"),),
        (
            "matched_cosine",
            "unmatched_cosine",
            "inter_cosine",
            "alignment",
            "uniformity",
            "anisotropy",
            "linear_cka",
            "mutual_knn",
        ),
    ),
    Part(
        "spectrum",
        "Spectrum, dimension and hubs",
        "How many directions the vectors really use, and how evenly neighbours are shared out.",
        (("spectrum",), ("cross_hubness",)),
        ("hubness", "effective_rank", "participation_ratio"),
    ),
)
AFTER_MAP = (
    Part(
        "retrieval",
        "Retrieval",
        "How often the linked item comes back, in both directions, and what happens when both "
        "modalities share one gallery.",
        (("hit_at_k",), ("mixed_gallery",)),
        (
            "recall_at_k",
            "median_rank",
            "mean_reciprocal_rank",
            "mean_average_precision",
            "ndcg",
            "ndcg_retrieved_only",
            "r_precision",
            "neighbour_confusions",
        ),
    ),
    Part(
        "classes",
        "Classification",
        "What labels can be read off the vectors.",
        (("zero_shot",), ("linear_probe",)),
        ("knn_probe", "prototype_probe", "few_shot", "class_retrieval", "cluster_agreement"),
    ),
    Part(
        "clouds",
        "Shape of each cloud",
        "How many directions each modality spreads along near a point, how far its ways bend, and "
        "how much of it a plane can show.",
        (("geodesic_stretch",), ("plane_map",)),
        ("intrinsic_dimension",),
    ),
    Part(
        "concepts",
        "Words inside the vectors",
        "Which words, and how many, the vectors can be written with.",
        (("sparse_concepts",), ("text_span",)),
        ("learned_concepts",),
    ),
    Part(
        "origin",
        "Origin",
        "Whose embeddings these look like, by their means.",
        listed=("backbone",),
    ),
    OTHER,
)

HEADINGS = {
    "intra_cosine": "Cosines within and across the modalities",
    "spectrum": "Variance held by the first directions",
    "cross_hubness": "Hubs: how often each item is somebody's neighbour",
}
"""Titles of drawings that several results share, by their first measure; all others stand alone."""
