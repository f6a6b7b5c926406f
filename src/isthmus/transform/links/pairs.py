"""What a link is fitted on: rows of two spaces that pair up, and what lies beside them."""

from dataclasses import replace
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
    x: Float[np.ndarray, "n d"],
    memory: Float[np.ndarray, "m d"],
    other: Float[np.ndarray, "m e"] | None = None,
) -> Float[np.ndarray, "n e"]:
    """Means of a memory (m, d), weighted by softmax of cosines to x (n, d), at length one.

    Cosines are standardised by item of the memory first, so that no hub answers for every row.

    Args:
        x: what is asked for.
        memory: what is asked.
        other: what stands for each item of the memory in another space, and is answered instead.
    """
    cosines = x @ memory.T
    cosines = cosines - cosines.mean(axis=0)
    weights = np.exp(SHARP * (cosines - cosines.max(axis=1, keepdims=True)))
    values = memory if other is None else other
    return unit(weights @ values / weights.sum(axis=1, keepdims=True))


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
        shared = self._spaced
        x, y = self._small.pseudo_pairs(shared.x, shared.y)
        return LinkPairs(x, y, shared.objects, seed=self.seed)

    @cached_property
    def joining(self) -> tuple["LinkPairs", "LinkPairs"]:
        """Pairs of the shared modality and pseudo pairs of the memory that mean the same.

        From three sides: of each pair itself, of each item that A remembers (the shared items
        nearest to it, as both spaces see them, and what B remembers nearest to these), and of each
        that B remembers, so that half of the pseudo pairs hold an item itself and no mean of some.

        Source: Zhang et al. 2024, Ex-MCR, arXiv 2310.08884 (modality-centric data).
        """
        shared, small = self._spaced, self._small
        by_a = [recalled(small.a, shared.x, one) for one in (shared.x, shared.y)]
        by_b = [recalled(small.b, shared.y, one) for one in (shared.x, shared.y)]
        more = self.recalled
        sides = (
            (shared.x, shared.y, more.x, more.y),
            (*by_a, small.a, recalled(by_a[1], small.b)),
            (*by_b, recalled(by_b[0], small.a), small.b),
        )
        t, u, v, a = map(np.concatenate, zip(*sides, strict=True))
        new = np.arange(len(small.a) + len(small.b)) + shared.objects.max() + 1
        objects = np.concatenate([shared.objects, new])
        first, second = LinkPairs(t, u, objects), LinkPairs(v, a, objects)
        return replace(first, seed=self.seed), replace(second, seed=self.seed)

    @property
    def _small(self) -> Memory:
        assert self.memory is not None
        return Memory(*(evenly_spaced(one, REMEMBERED) for one in (self.memory.a, self.memory.b)))

    @property
    def _spaced(self) -> "LinkPairs":
        return self.part(evenly_spaced(np.arange(len(self.x)), ENHANCED))

    @cached_property
    def all(self) -> "LinkPairs":
        """The pairs and, where there is a memory, its pseudo pairs."""
        return self if self.memory is None else self.beside(self.recalled)

    def beside(self, other: "LinkPairs") -> "LinkPairs":
        """These pairs, then those, without a memory."""
        x, y, objects = (
            np.concatenate([getattr(one, name) for one in (self, other)])
            for name in ("x", "y", "objects")
        )
        return LinkPairs(x, y, objects, seed=self.seed)
