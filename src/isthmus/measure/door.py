"""Check at the door, compute in the cellar: what comes in becomes unit vectors with links."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from isthmus.arrays import Vectors
from isthmus.types import EmbeddingSet, Links, objects_of, same_space

SetLike = EmbeddingSet | np.ndarray
"""An EmbeddingSet, or a plain (n, d) array whose ids are the running number."""


def one(a: SetLike, modality: str = "a") -> EmbeddingSet:
    """The set, or the plain array as a set."""
    return a if isinstance(a, EmbeddingSet) else EmbeddingSet.from_rows(np.asarray(a), modality)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two sets of one space with their links as row numbers."""

    a: EmbeddingSet
    b: EmbeddingSet
    rows: np.ndarray
    """(k, 2) row numbers of linked items, sorted."""

    @property
    def x(self) -> Vectors:
        """Unit vectors of a."""
        return self.a.unit

    @property
    def y(self) -> Vectors:
        """Unit vectors of b."""
        return self.b.unit

    @cached_property
    def objects(self) -> tuple[np.ndarray, np.ndarray]:
        """The object number of every row of a and of b: the exchangeable unit."""
        return objects_of(self.rows, len(self.a), len(self.b))


def two(a: SetLike, b: SetLike, links: Links | None = None) -> Pair:
    """Both sets and their links.

    Raises:
        SpaceMismatchError: the sets live in different spaces.
        RequestError: no links were given and no ids are equal, or no link has both its ends.
    """
    first, second = one(a, "a"), one(b, "b")
    same_space(first.space, second.space)
    return Pair(first, second, Links.between(first, second, links))
