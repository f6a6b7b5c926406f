"""A guess that is embedded again and corrected, word by word, until no change brings it nearer.

Source of the loop of hypothesis and correction: Morris et al. 2023, Text Embeddings Reveal (Almost)
As Much As Text, section 3 (there a trained model corrects; here every change of one word is tried,
the words in the order of what the guess still lacks). It works in any space, untrained.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit
from isthmus.records import dataclass
from isthmus.types import Encoder

ROUNDS = 12
KEPT = 3
"""Guesses that are corrected further."""
WORDS = 24
"""Words that are tried at each place of a guess."""
LONGEST = 16
"""Words of a guess."""
GAIN = 0.01
"""Cosine that a round of corrections must gain; less buys words that say nothing."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words that a guess may be corrected with."""

    words: Sequence[str]
    vectors: Vectors
    """(w, d) unit vectors of each alone."""

    def lacking(self, residual: Float[np.ndarray, " d"], many: int) -> list[str]:
        """The words nearest to what a guess lacks, both less the mean of all words."""
        found = (self.vectors - self.vectors.mean(axis=0)) @ residual
        return [self.words[int(row)] for row in np.argsort(-found, kind="stable")[:many]]


def vocabulary(words: Sequence[str], text: Encoder) -> Vocabulary:
    """Embedded once for all vectors that are inverted."""
    distinct = list(dict.fromkeys(words))
    return Vocabulary(distinct, unit(np.asarray(text.encode(distinct), np.float32)))


def corrected(
    target: Float[np.ndarray, " d"], guesses: Sequence[str], known: Vocabulary, text: Encoder
) -> tuple[str, float]:
    """The text that corrections end at, and its cosine to the target.

    Args:
        target: a unit vector of the space, where its texts lie.
        guesses: one text or more to begin with.
        known: words to correct with.
        text: the space's encoder of texts.
    """
    scored = _scored(target, list(dict.fromkeys(guesses)), text)
    seen = {one for one, _, _ in scored}
    for _ in range(ROUNDS):
        before = scored[0][1]
        new = dict.fromkeys(
            change
            for guess, _, vector in scored[:KEPT]
            for change in changes(guess, known.lacking(target - vector, WORDS))
            if change not in seen
        )
        seen.update(new)
        scored = sorted([*scored[:KEPT], *_scored(target, list(new), text)], key=lambda x: -x[1])
        if scored[0][1] < before + GAIN:
            break
    return scored[0][0], scored[0][1]


def changes(guess: str, words: Sequence[str]) -> list[str]:
    """Every text that one word less, one other word, or one more makes of a guess."""
    own = guess.split()
    less = [own[:at] + own[at + 1 :] for at in range(len(own)) if len(own) > 1]
    other = [[*own[:at], word, *own[at + 1 :]] for at in range(len(own)) for word in words
             if word != own[at]]  # fmt: skip
    more = [[*own[:at], word, *own[at:]] for at in range(len(own) + 1) for word in words
            if len(own) < LONGEST]  # fmt: skip
    return [" ".join(some) for some in (*less, *other, *more)]


def _scored(
    target: Float[np.ndarray, " d"], texts: Sequence[str], text: Encoder
) -> list[tuple[str, float, Float[np.ndarray, " d"]]]:
    if not texts:
        return []
    vectors = unit(np.asarray(text.encode(list(texts)), np.float32))
    order = np.argsort(-(vectors @ target), kind="stable")
    return [(texts[row], float(vectors[row] @ target), vectors[row]) for row in map(int, order)]
