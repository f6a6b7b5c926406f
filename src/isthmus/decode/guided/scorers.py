"""How well texts fit a vector: candidates that go on from one prefix, scored in a joint space.

A causal text tower (CLIP's) computes of every candidate two positions only, its own and the mark
of the end (``prefixes``); any other tower encodes whole texts, each one once.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit
from isthmus.records import dataclass
from isthmus.types import Encoder

KEPT = 50_000
"""Vectors of texts that are kept, the oldest forgotten first."""


@runtime_checkable
class TextScorer(Protocol):
    """Candidates that go on from a prefix, and how well each fits."""

    @property
    def encoder(self) -> Encoder:
        """Of texts in the space."""
        ...

    def vectors(self, prefix: str, candidates: Sequence[str]) -> Vectors:
        """Unit vectors (m, d) of the prefix with each candidate behind it."""
        ...

    def scores(
        self, prefix: str, candidates: Sequence[str], target: Float[np.ndarray, " d"]
    ) -> Float[np.ndarray, " m"]:
        """Cosine of the prefix with each candidate behind it to a unit vector."""
        ...


@dataclass(frozen=True, eq=False)
class WholeTexts:
    """Texts are encoded whole, in batches, and their vectors kept."""

    encoder: Encoder
    kept: "OrderedDict[str, np.ndarray]" = field(default_factory=OrderedDict, repr=False)

    def vectors(self, prefix: str, candidates: Sequence[str]) -> Vectors:
        """Unit vectors (m, d) of the prefix with each candidate behind it."""
        texts = [tidy(prefix + one) for one in candidates]
        new = [one for one in dict.fromkeys(texts) if one not in self.kept]
        if new:
            found = unit(np.asarray(self.encoder.encode(new), np.float32))
            self.kept.update(zip(new, found, strict=True))
        made = np.stack([self.kept[one] for one in texts])
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)
        return made

    def scores(
        self, prefix: str, candidates: Sequence[str], target: Float[np.ndarray, " d"]
    ) -> Float[np.ndarray, " m"]:
        """Cosines to a unit vector."""
        return self.vectors(prefix, candidates) @ target


def tidy(text: str) -> str:
    """A text without space at its ends; encoders need not be asked twice for it."""
    return text.strip()


def cut_texts(encoder: Any, texts: Sequence[str]) -> int:
    """How many texts are longer than the tower takes, so that their ends are not seen."""
    told = getattr(encoder, "truncated", None)
    return sum(told(list(texts))) if told and texts else 0
