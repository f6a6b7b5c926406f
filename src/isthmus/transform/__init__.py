"""How do I change a space? ``fit_x(vectors, ...) -> X``, a frozen callable.

Corrections of a joint space: ``CORRECTIONS``, each ``fit(calibration) -> a map by modality``;
those that change scores only are ``scores.SCORE_RULES``. ``mended.py`` makes a space of a
chain of them. Styles: ``STYLERS`` of ``restyling`` names the decompositions, each fitted on a
``StyleGrid``.
"""

CORRECTIONS = {
    "mean_removal": "isthmus.transform.shifts:fit_mean_removal",
    "half_shift": "isthmus.transform.shifts:fit_half_shift",
    "gap_removal": "isthmus.transform.shifts:fit_gap_removal",
    "top_coordinates": "isthmus.transform.shifts:fit_top_coordinates",
    "modality_erasure": "isthmus.transform.shifts:fit_modality_erasure",
    "whitening": "isthmus.transform.whitenings:fit_whitening",
    "within_whitening": "isthmus.transform.whitenings:fit_within_whitening",
    "procrustes": "isthmus.transform.pair_maps:fit_procrustes",
    "ridge": "isthmus.transform.pair_maps:fit_ridge",
    "cca": "isthmus.transform.pair_maps:fit_cca",
    "shared_subspace": "isthmus.transform.pair_maps:fit_shared_subspace",
    "operator_trimming": "isthmus.transform.pair_maps:fit_operator_trimming",
    "transport": "isthmus.transform.pair_maps:fit_transport",
    "asif": "isthmus.transform.pair_maps:fit_asif",
}
"""``fit(calibration) -> {modality: map}``."""

LEARN_PAIRS = frozenset(
    ("within_whitening", "procrustes", "ridge", "cca", "operator_trimming", "asif")
)
"""Corrections after which the calibration pairs lie nearer than new pairs will."""

BASES = {
    "pca": "isthmus.transform.corpora:pca_basis",
    "svd": "isthmus.transform.corpora:svd_basis",
    "gram_schmidt": "isthmus.transform.corpora:gram_schmidt_basis",
    "atoms": "isthmus.transform.corpora:atoms_basis",
}
"""``(vectors (n, d), rank) -> (r, d)`` orthonormal rows of a corpus, of prompts or of items."""

PROJECTORS = {
    "linear": "isthmus.transform.corpora:linear_corpus",
    "affine": "isthmus.transform.corpora:affine_corpus",
    "geodesic": "isthmus.transform.corpora:geodesic_corpus",
}
"""``(basis, items, texts) -> corpus``; items and texts give the middles and the spread."""

TARGETS = {
    "naive": "isthmus.transform.edit_targets:text_target",
    "pae": "isthmus.transform.edit_targets:pae",
    "pae+": "isthmus.transform.edit_targets:pae_plus",
    "paeGS+": "isthmus.transform.edit_targets:pae_gram_schmidt",
    "paePCA+": "isthmus.transform.edit_targets:pae_pca",
    "dpeGS": "isthmus.transform.edit_targets:direct_gram_schmidt",
    "dpePCA": "isthmus.transform.edit_targets:direct_pca",
    "paeAllEx": "isthmus.transform.edit_targets:pae_exchange_nearest",
    "paeAllExD": "isthmus.transform.edit_targets:pae_exchange_several",
}
"""``target(items, text, prompts, power) -> (n, d)``, by the paper's names (CLIP-PAE)."""
