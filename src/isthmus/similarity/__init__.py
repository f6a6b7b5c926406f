"""How close are two vectors? ``(n, d), (m, d) -> (n, m)``, larger is closer.

Similarities use array operators that NumPy and torch share, so that they serve both.
"""

SIMILARITIES = {
    "cosine": "isthmus.similarity.cosine:cosine",
    "dot": "isthmus.similarity.dot:dot",
    "euclidean": "isthmus.similarity.euclidean:euclidean",
}
