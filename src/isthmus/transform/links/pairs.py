"""What a link is fitted on: rows of two spaces that pair up, and what lies beside them."""

from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import evenly_spaced, unit
from isthmus.records import dataclass

SHARP = 100.0
"""Inverse temperature of the memory's weights (C-MCR: 1/100)."""
REMEMBERED = 4_000
"""Items of a memory that are looked at, evenly spaced."""
ENHANCED = 10_000
"""Pairs that a memory is asked for, evenly spaced."""


@dataclass(frozen=True, eq=False)
class Memory:
    """Items of other modalities of both spaces; nothing says which belong together."""

    a: Float[np.ndarray, "m d"]
    """At length one."""
    b: Float[np.ndarray, "l e"]
    """At length one."""

    def pseudo_pairs(
        self, x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n e"]
    ) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n e"]]:
        """For each pair of the shared modality, what each memory holds nearest to its meaning.

        A mean of the memory under the softmax of cosines to the row: both see the same item of the
        shared modality, so that they mean the same.

        Source: Wang et al. 2023, Connecting Multi-modal Contrastive Representations (C-MCR),
        arXiv 2305.14381, section 3.2, inter-modality semantic consistency.
        """
        return recalled(x, self.a), recalled(y, self.b)


def recalled(
    x: Float[np.ndarray, "n d"], memory: Float[np.ndarray, "m d"]
) -> Float[np.ndarray, "n d"]:
    """(n, d) means of a memory (m, d), weighted by softmax of cosines, at length one.

    Cosines are standardised by item of the memory first, so that no hub answers for every row.
    """
    cosines = x @ memory.T
    cosines = cosines - cosines.mean(axis=0)
    weights = np.exp(SHARP * (cosines - cosines.max(axis=1, keepdims=True)))
    return unit(weights @ memory / weights.sum(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class LinkPairs:
    """Rows of space A and of space B that pair up, at length one."""

    x: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, "n e"]
    objects: Int[np.ndarray, " n"]
    """The whole object that each pair is of; pairs of one object are no negatives."""
    memory: Memory | None = None
    """Of the modalities that the spaces do not share, where they are joined by one they do."""
    seed: int = 0

    def part(self, kept: Int[np.ndarray, " k"]) -> "LinkPairs":
        """Some of the pairs, without a memory."""
        return LinkPairs(self.x[kept], self.y[kept], self.objects[kept], seed=self.seed)

    @cached_property
    def recalled(self) -> "LinkPairs":
        """Pseudo pairs of the memory: what a join fits beside the pairs themselves."""
        assert self.memory is not None
        near, far = (evenly_spaced(side, REMEMBERED) for side in (self.memory.a, self.memory.b))
        small = Memory(near, far)
        rows = evenly_spaced(np.arange(len(self.x)), ENHANCED)
        x, y = small.pseudo_pairs(self.x[rows], self.y[rows])
        return LinkPairs(x, y, self.objects[rows], seed=self.seed)

    @cached_property
    def all(self) -> "LinkPairs":
        """The pairs and, where there is a memory, its pseudo pairs."""
        if self.memory is None:
            return self
        more = self.recalled
        x, y, objects = (
            np.concatenate([getattr(one, name) for one in (self, more)])
            for name in ("x", "y", "objects")
        )
        return LinkPairs(x, y, objects, seed=self.seed)
