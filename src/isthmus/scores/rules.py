"""Score rules: similarities that know which modality asks and which is searched.

A rule is fitted on calibration data on top of an inner rule, ``fit(data, inner) -> rule``; the
innermost is ``Cosine``. What it learns it keeps by ``way``, such as ``text>image``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.similarity.euclidean import cosine
from isthmus.types import Calibration

Similarity = Callable[[Vectors, Vectors], Float[np.ndarray, "q m"]]


@runtime_checkable
class FittedRule(Protocol):
    """A score rule that can also score the data it was fitted on as if they were new."""

    def between(self, query: str, gallery: str) -> Similarity:
        """The similarity of queries and a gallery of these modalities."""
        ...

    def judged(self, data: Calibration, query: str, gallery: str) -> Float[np.ndarray, "n m"]:
        """Scores of calibration items; what was learnt from an item's own object is hidden."""
        ...


@dataclass(frozen=True)
class Cosine:
    """The cosine, whatever the modalities."""

    def between(self, query: str, gallery: str) -> Similarity:
        """The cosine."""
        return cosine

    def judged(self, data: Calibration, query: str, gallery: str) -> Float[np.ndarray, "n m"]:
        """Cosines of calibration items; nothing was learnt, so nothing is hidden."""
        return cosine(data.vectors[query], data.vectors[gallery])


def way(query: str, gallery: str) -> str:
    """The name of a direction: ``text>image``."""
    return f"{query}>{gallery}"


def ways(data: Calibration) -> list[tuple[str, str]]:
    """All four pairs of a modality that asks and one that is searched."""
    return [(query, gallery) for query in data.modalities for gallery in data.modalities]


def samples(
    rule: FittedRule, data: Calibration, query: str, gallery: str
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " l"]]:
    """Scores of matches (items of one object, never an item with itself) and of strangers."""
    matches: list[np.ndarray] = []
    strangers: list[np.ndarray] = []
    for part in data.parts:
        scores, same = rule.judged(part, query, gallery), part.same_object(query, gallery)
        strangers.append(scores[~same])
        if query == gallery:
            np.fill_diagonal(same, False)
        matches.append(scores[same])
    return np.concatenate(matches), np.concatenate(strangers)
