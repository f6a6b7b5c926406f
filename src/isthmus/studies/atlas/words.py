"""Which words name an object, and which the directions that its views move along?"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from isthmus.arrays import Vectors, unit_or_zero
from isthmus.measure.concepts.text_spans import words_within
from isthmus.measure.statistics import wilson_interval
from isthmus.records import dataclass
from isthmus.types import EmbeddingSet, Interval, Subspace

CENTRED = 8
"""Objects from which on both sides are centred: the mean of fewer is mostly themselves."""
TOP = 5
MOVING = 3
"""Words of the directions that views move along."""


@dataclass(frozen=True, eq=False)
class NearestWords:
    """The vocabulary seen from every object."""

    words: tuple[tuple[tuple[str, float], ...], ...]
    """Of every object, the nearest texts with their cosines."""
    ranks: Int[np.ndarray, " o"]
    """Of every object, the rank of its own name among all texts; 0 where it is not among them."""
    texts: int

    @property
    def first(self) -> tuple[float, Interval, float] | None:
        """Share of objects whose own name comes first, its interval, and chance."""
        known = self.ranks[self.ranks > 0]
        if not len(known):
            return None
        scores = (known == 1).astype(np.float64)
        return float(scores.mean()), wilson_interval(scores), 1 / self.texts


def nearest_words(
    middles: Vectors, names: Sequence[str], words: EmbeddingSet, texts: Sequence[str]
) -> NearestWords:
    """The texts nearest to each object.

    With eight objects or more each side is centred on its own mean, so that what all objects, or
    all texts, have in common names nothing.

    Args:
        middles: (o, d), the mean unit view of every object.
        names: what every object is called.
        words: vectors of the vocabulary, in the same space.
        texts: the vocabulary, as many.
    """
    left, right = middles.astype(np.float64), words.unit.astype(np.float64)
    if len(middles) >= CENTRED:
        left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    cosines = unit_or_zero(left, np.float64) @ unit_or_zero(right, np.float64).T
    best = np.argsort(-cosines, axis=1, kind="stable")[:, :TOP]
    nearest = tuple(
        tuple((str(texts[column]), float(row[column])) for column in columns)
        for row, columns in zip(cosines, best, strict=True)
    )
    place = {text: column for column, text in enumerate(texts)}
    ranks = [
        int((row > row[place[name]]).sum()) + 1 if name in place else 0
        for row, name in zip(cosines, names, strict=True)
    ]
    return NearestWords(nearest, np.array(ranks), len(texts))


def words_along(
    space: Subspace, vocabulary: tuple[EmbeddingSet, tuple[str, ...]] | None
) -> tuple[tuple[str, float, float], ...]:
    """The words that lie most in a subspace of views, with their shares and adjusted p."""
    if vocabulary is None or not space.dim:
        return ()
    words, texts = vocabulary
    return tuple(words_within(space, words.unit, texts, MOVING))
