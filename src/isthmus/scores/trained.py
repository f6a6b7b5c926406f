"""Score rules that a training ended with: a similarity, and which modality stands on which side."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.registry import find
from isthmus.scores.rules import Similarity
from isthmus.similarity import DIRECTED, SIMILARITIES
from isthmus.similarity.learned import Bilinear, Mahalanobis
from isthmus.types import Calibration


@dataclass(frozen=True, eq=False)
class Trained:
    """A similarity of two modalities, of which ``first`` is its left side, whoever asks."""

    similarity: Any
    """Name of a similarity, or one with a learned matrix."""
    first: str
    """Modality of the left side."""

    def between(self, query: str, gallery: str) -> Similarity:
        """The similarity; sides are turned where the right one asks."""
        found = similar(self.similarity)
        if query == self.first or gallery != self.first:
            return found
        return lambda a, b: found(b, a).T

    def judged(self, data: Calibration, query: str, gallery: str) -> Float[np.ndarray, "n m"]:
        """Scores of calibration items; nothing was learnt from single items, so none is hidden."""
        return self.between(query, gallery)(data.vectors[query], data.vectors[gallery])


def similar(named: Any) -> Any:
    """The similarity of a name, or the one that was given."""
    if isinstance(named, Bilinear | Mahalanobis):
        return named
    return find("similarities", {**SIMILARITIES, **DIRECTED}, named)
