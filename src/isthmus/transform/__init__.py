"""How do I change a space? ``fit_x(vectors, ...) -> X``, a frozen callable.

Corrections of a joint space: ``CORRECTIONS``, each ``fit(calibration) -> a map by modality``;
those that change scores only are ``similarity.SCORE_RULES``. ``mended.py`` makes a space of a
chain of them. Styles: ``STYLERS`` of ``restyling`` names the decompositions, each fitted on a
``StyleGrid``.
"""

CORRECTIONS = {
    "mean_removal": "isthmus.transform.means:fit_mean_removal",
    "half_shift": "isthmus.transform.means:fit_half_shift",
    "gap_removal": "isthmus.transform.gap_directions:fit_gap_removal",
    "top_coordinates": "isthmus.transform.gap_directions:fit_top_coordinates",
    "modality_erasure": "isthmus.transform.gap_directions:fit_modality_erasure",
    "whitening": "isthmus.transform.whitenings:fit_whitening",
    "within_whitening": "isthmus.transform.whitenings:fit_within_whitening",
    "procrustes": "isthmus.transform.pair_maps:fit_procrustes",
    "ridge": "isthmus.transform.pair_maps:fit_ridge",
    "cca": "isthmus.transform.pair_maps:fit_cca",
    "shared_subspace": "isthmus.transform.shared_subspaces:fit_shared_subspace",
    "operator_trimming": "isthmus.transform.shared_subspaces:fit_operator_trimming",
    "transport": "isthmus.transform.anchored:fit_transport",
    "asif": "isthmus.transform.anchored:fit_asif",
}
"""``fit(calibration) -> {modality: map}``."""

LEARN_PAIRS = frozenset(
    ("within_whitening", "procrustes", "ridge", "cca", "operator_trimming", "asif")
)
"""Corrections after which the calibration pairs lie nearer than new pairs will."""
