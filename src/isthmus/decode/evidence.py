"""What each word of a text rests on: the fall of its score when the word is left out."""

from collections.abc import Sequence
from dataclasses import replace

from isthmus.arrays import Vectors, unit, unit_or_zero
from isthmus.types import Encoder
from isthmus.types.decoded import Decoded, Evidence

SMALL = frozenset(str.split("a an the of in on at to with and is are by for it its up some"))
"""Words that name nothing, of which nothing is asked."""


def evidence_of(found: Sequence[Decoded], vectors: Vectors, text: Encoder) -> list[Decoded]:
    """The same with a drop a word, but for words that name nothing.

    Args:
        found: a text a vector.
        vectors: unit vectors that they were read from.
        text: the space's encoder of texts.
    """
    words = [one.text.split() for one in found]
    asked = [(i, j) for i, some in enumerate(words) for j, word in enumerate(some)
             if len(some) > 1 and bare(word) not in SMALL]  # fmt: skip
    if not asked:
        return list(found)
    shorter = [" ".join(words[i][:j] + words[i][j + 1 :]) for i, j in asked]
    left = unit_or_zero(text.encode(shorter))
    whole = unit(text.encode([one.text for one in found]))
    told: list[list[Evidence]] = [[] for _ in found]
    for (i, j), without in zip(asked, left, strict=True):
        drop = float(vectors[i] @ whole[i] - vectors[i] @ without)
        told[i].append(Evidence(bare(words[i][j]), drop))
    return [replace(one, evidence=tuple(some)) for one, some in zip(found, told, strict=True)]


def bare(word: str) -> str:
    """A word without the marks around it."""
    return word.strip(".,;:!?\"'()")
