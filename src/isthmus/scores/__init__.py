"""How is a score corrected or calibrated? ``fit_x(calibration, inner rule) -> rule``."""

SCORE_RULES = {
    "score_standardised": "isthmus.scores.normalised:fit_score_standardised",
    "match_standardised": "isthmus.scores.normalised:fit_match_standardised",
    "score_quantiles": "isthmus.scores.normalised:fit_score_quantiles",
    "csls": "isthmus.scores.hubness:fit_csls",
    "qb_norm": "isthmus.scores.hubness:fit_qb_norm",
    "neighbour_normalised": "isthmus.scores.hubness:fit_neighbour_normalised",
    "inverted_softmax": "isthmus.scores.hubness:fit_inverted_softmax",
    "sinkhorn": "isthmus.scores.hubness:fit_sinkhorn",
    "symmetric_normalised": "isthmus.scores.normalised:fit_symmetric_normalised",
    "match_odds": "isthmus.scores.odds:fit_match_odds",
}
"""``fit(calibration, inner rule) -> rule``, for spaces of two modalities; NumPy only."""
