"""How close are two vectors? ``(n, d), (m, d) -> (n, m)``, larger is closer.

Similarities use array operators that NumPy and torch share, so that they serve both.
"""

SIMILARITIES = {
    "angle": "isthmus.similarity.angle:angle",
    "cosine": "isthmus.similarity.cosine:cosine",
    "dot": "isthmus.similarity.dot:dot",
    "euclidean": "isthmus.similarity.euclidean:euclidean",
    "lorentz": "isthmus.similarity.lorentz:lorentz",
}
"""Without parameters and alike for both sides."""

DIRECTED = {
    "exterior_angle": "isthmus.similarity.lorentz:exterior_angle",
    "maxsim": "isthmus.similarity.maxsim:maxsim",
}
"""Those in which the sides do not play the same part; ``maxsim`` takes many vectors an item."""

LEARNED = {
    "bilinear": "isthmus.similarity.learned:Bilinear",
    "mahalanobis": "isthmus.similarity.learned:Mahalanobis",
}
"""Classes that take a matrix and give a similarity."""

SCORE_RULES = {
    "score_standardised": "isthmus.similarity.standardised:fit_score_standardised",
    "match_standardised": "isthmus.similarity.standardised:fit_match_standardised",
    "score_quantiles": "isthmus.similarity.quantiles:fit_score_quantiles",
    "csls": "isthmus.similarity.banked:fit_csls",
    "qb_norm": "isthmus.similarity.banked:fit_qb_norm",
    "neighbour_normalised": "isthmus.similarity.banked:fit_neighbour_normalised",
    "inverted_softmax": "isthmus.similarity.banked:fit_inverted_softmax",
    "sinkhorn": "isthmus.similarity.banked:fit_sinkhorn",
    "symmetric_normalised": "isthmus.similarity.banked:fit_symmetric_normalised",
    "match_odds": "isthmus.similarity.odds:fit_match_odds",
}
"""``fit(calibration, inner rule) -> rule``, for spaces of two modalities; NumPy only."""
