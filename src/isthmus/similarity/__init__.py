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

VECTOR_POOLINGS = {
    "mean": "isthmus.similarity.pooling:mean_of_vectors",
    "attention": "isthmus.similarity.pooling:attention",
}
"""From the vectors of a bag's parts (p, d) to one vector (d,); ``attention`` takes weights too."""

POOLINGS = {
    **VECTOR_POOLINGS,
    "mean_score": "isthmus.similarity.pooling:mean_of_scores",
    "max": "isthmus.similarity.pooling:max_of_scores",
    "confidence": "isthmus.similarity.pooling:confidence_weighted",
    "most_confident": "isthmus.similarity.pooling:most_confident",
}
"""How the parts of a ``Bag`` become one; those not above take scores (q, p) and give (q,)."""
