"""How do I learn a better space? Losses and regularisers: the mathematics alone, one file each."""

LOSSES = {
    "info_nce": "isthmus.train.losses.softmax:info_nce",
    "multi_positive": "isthmus.train.losses.supervised:multi_positive",
    "sigmoid": "isthmus.train.losses.pairwise:sigmoid",
    "decoupled": "isthmus.train.losses.leave_out:decoupled",
    "info_loob": "isthmus.train.losses.leave_out:info_loob",
    "triplet": "isthmus.train.losses.margin:triplet",
}
"""``loss(logits, targets) -> scalar``: logits (n, m) are scaled similarities, targets (n, m) are 1
where a pair matches and else 0, or None where row i matches column i alone. NumPy or torch."""

VECTOR_LOSSES = {
    "cloob": "isthmus.train.losses.hopfield:cloob",
    "entailment": "isthmus.train.losses.cones:entailment",
    "angle_contrast": "isthmus.train.losses.cones:angle_contrast",
}
"""``loss(a, b, targets) -> scalar`` of two sides (n, d) and (m, d); targets as in ``LOSSES``.
NumPy or torch."""

REGULARISERS = {
    "alignment": "isthmus.train.regularisers.sphere:alignment",
    "uniformity": "isthmus.train.regularisers.sphere:uniformity",
    "centroid_uniformity": "isthmus.train.regularisers.centroids:centroid_uniformity",
    "cross_consistency": "isthmus.train.regularisers.cycles:cross_consistency",
    "inner_consistency": "isthmus.train.regularisers.cycles:inner_consistency",
    "separation": "isthmus.train.regularisers.separations:separation",
    "variance": "isthmus.train.regularisers.moments:variance",
    "covariance": "isthmus.train.regularisers.moments:covariance",
}
"""``regulariser(a, b) -> scalar`` of two sides (n, d) whose rows match. NumPy or torch."""

HEADS = {
    "linear": "isthmus.train.heads:linear",
    "mlp": "isthmus.train.heads:mlp",
    "residual": "isthmus.train.heads:residual",
    "none": "isthmus.train.heads:none",
}
"""``head(d, e, hidden, rng) -> layers`` that are put on a tower of d coordinates."""
