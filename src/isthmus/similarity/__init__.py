"""How close are two vectors? ``(n, d), (m, d) -> (n, m)``, larger is closer.

Similarities use array operators that NumPy and torch share, so that they serve both.
"""

SIMILARITIES = {
    "angle": "isthmus.similarity.euclidean:angle",
    "cosine": "isthmus.similarity.euclidean:cosine",
    "dot": "isthmus.similarity.euclidean:dot",
    "euclidean": "isthmus.similarity.euclidean:euclidean",
    "lorentz": "isthmus.similarity.hyperbolic:lorentz",
}
"""Without parameters and alike for both sides."""

DIRECTED = {
    "exterior_angle": "isthmus.similarity.hyperbolic:exterior_angle",
    "maxsim": "isthmus.similarity.maxsim:maxsim",
}
"""Those in which the sides do not play the same part; ``maxsim`` takes many vectors an item."""

LEARNED = {
    "bilinear": "isthmus.similarity.learned:Bilinear",
    "mahalanobis": "isthmus.similarity.learned:Mahalanobis",
}
"""Classes that take a matrix and give a similarity."""

SCORE_RULES = {
    "score_standardised": "isthmus.scores.normalised:fit_score_standardised",
    "match_standardised": "isthmus.scores.normalised:fit_match_standardised",
    "score_quantiles": "isthmus.scores.normalised:fit_score_quantiles",
    "csls": "isthmus.scores.banked:fit_csls",
    "qb_norm": "isthmus.scores.banked:fit_qb_norm",
    "neighbour_normalised": "isthmus.scores.banked:fit_neighbour_normalised",
    "inverted_softmax": "isthmus.scores.banked:fit_inverted_softmax",
    "sinkhorn": "isthmus.scores.banked:fit_sinkhorn",
    "symmetric_normalised": "isthmus.scores.banked:fit_symmetric_normalised",
    "match_odds": "isthmus.scores.odds:fit_match_odds",
}
"""``fit(calibration, inner rule) -> rule``, for spaces of two modalities; NumPy only."""
