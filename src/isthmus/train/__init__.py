"""How do I learn a better space? Losses and regularisers: the mathematics alone, one file each."""

LOSSES = {
    "info_nce": "isthmus.train.losses.contrastive:info_nce",
    "multi_positive": "isthmus.train.losses.contrastive:multi_positive",
    "sigmoid": "isthmus.train.losses.contrastive:sigmoid",
    "decoupled": "isthmus.train.losses.leave_out:decoupled",
    "info_loob": "isthmus.train.losses.leave_out:info_loob",
    "triplet": "isthmus.train.losses.contrastive:triplet",
    "text2shape": "isthmus.train.losses.round_trips:text2shape",
    "lifted": "isthmus.train.losses.round_trips:lifted",
}
"""``loss(logits, targets) -> scalar``: logits (n, m) are scaled similarities, targets (n, m) are 1
where a pair matches and else 0, or None where row i matches column i alone. NumPy or torch."""

VECTOR_LOSSES = {
    "cloob": "isthmus.train.losses.vectors:cloob",
    "entailment": "isthmus.train.losses.vectors:entailment",
    "angle_contrast": "isthmus.train.losses.vectors:angle_contrast",
}
"""``loss(a, b, targets) -> scalar`` of two sides (n, d) and (m, d); targets as in ``LOSSES``.
NumPy or torch."""

REGULARISERS = {
    "alignment": "isthmus.train.regularisers:alignment",
    "uniformity": "isthmus.train.regularisers:uniformity",
    "centroid_uniformity": "isthmus.train.regularisers:centroid_uniformity",
    "cross_consistency": "isthmus.train.regularisers:cross_consistency",
    "inner_consistency": "isthmus.train.regularisers:inner_consistency",
    "separation": "isthmus.train.regularisers:separation",
    "variance": "isthmus.train.regularisers:variance",
    "covariance": "isthmus.train.regularisers:covariance",
}
"""``regulariser(a, b) -> scalar`` of two sides (n, d) whose rows match. NumPy or torch."""

HEADS = {
    "linear": "isthmus.train.heads:linear",
    "mlp": "isthmus.train.heads:mlp",
    "residual": "isthmus.train.heads:residual",
    "none": "isthmus.train.heads:none",
}
"""``head(d, e, hidden, rng) -> layers`` that are put on a tower of d coordinates."""
