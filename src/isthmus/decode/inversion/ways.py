"""Ways to say what a vector means: ``WAYS`` maps a name to ``way(target, inputs) -> [Decoded]``.

The target is a unit vector where the space's texts lie. Every text that comes back was embedded
again: its score is its cosine to the target.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import unit
from isthmus.decode.evidence import bare
from isthmus.decode.inversion.corrector import Vocabulary, corrected, vocabulary
from isthmus.decode.kinds import Reader
from isthmus.decode.memories import Memory
from isthmus.records import dataclass
from isthmus.types import Encoder
from isthmus.types.decoded import Decoded

WAYS: dict[str, str] = {
    "decoder": "isthmus.decode.inversion.ways:by_decoder",
    "nearest": "isthmus.decode.inversion.ways:by_nearest",
    "concepts": "isthmus.decode.inversion.ways:by_concepts",
    "corrector": "isthmus.decode.inversion.ways:by_corrector",
    "prompt": "isthmus.decode.inversion.ways:by_prompt",
    "search": "isthmus.decode.inversion.ways:by_search",
}
CONCEPTS = 5
"""Names that are given."""
HINT, OPENING, NEARNESS = "Describe in a few words: {}.", "A picture of", 1.0
"""What the language model reads first, how its sentence begins, and the weight of a standard
deviation of cosine beside a nat."""
COMMON = 1_500
"""Words of the memory that guesses are corrected with, the most frequent ones."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """What ways say a vector with."""

    text: Encoder
    memory: Memory
    reader: Reader
    """Of texts."""
    seed: int = 0

    @cached_property
    def words(self) -> list[str]:
        """The most frequent words of the memory, in the order of how often it says them."""
        counts: dict[str, int] = {}
        for sentence in self.memory.texts:
            for word in sentence.lower().split():
                if known := bare(word):
                    counts[known] = counts.get(known, 0) + 1
        return sorted(counts, key=lambda word: (-counts[word], word))[:COMMON]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The same with their vectors."""
        return vocabulary(self.words, self.text)

    @cached_property
    def model(self) -> Any:
        """The embedded language model.

        Raises:
            RequestError: its package is not installed.
            ExtraMissingError: what runs it is not.
        """
        from isthmus.decode.guided.causal import load_model

        return load_model()


Target = Float[np.ndarray, " d"]


def by_decoder(target: Target, inputs: Inputs) -> Sequence[Decoded]:
    """The sentence that the decoder of the space reads, with its evidence."""
    return inputs.reader.decode(target[None])


def by_nearest(target: Target, inputs: Inputs) -> Sequence[Decoded]:
    """The nearest sentence of the memory."""
    memory = inputs.memory
    row = int(memory.nearest(target[None], memory.mean, 1)[0, 0])
    return [Decoded(memory.texts[row], float(memory.vectors[row] @ target))]


def by_concepts(target: Target, inputs: Inputs) -> Sequence[Decoded]:
    """The nearest names of single things."""
    named, found = inputs.memory.named, dict[str, None]()
    for row in named.nearest(target[None], inputs.memory.mean, 8 * CONCEPTS)[0]:
        found.setdefault(named.names[int(row)])
    names = list(found)[:CONCEPTS]
    scores = unit(np.asarray(inputs.text.encode(names), np.float32)) @ target
    return [Decoded(name, float(score)) for name, score in zip(names, scores, strict=True)]


def by_corrector(target: Target, inputs: Inputs) -> Sequence[Decoded]:
    """The decoder's sentence and the nearest one, corrected until nothing brings them nearer."""
    guesses = [*by_decoder(target, inputs), *by_nearest(target, inputs)]
    texts = [one.text for one in guesses if one.text.strip()]
    text, score = corrected(target, texts, inputs.vocabulary, inputs.text)
    return [replace(guesses[0], text=text, score=score, evidence=())]


def by_prompt(target: Target, inputs: Inputs) -> Sequence[Decoded]:
    """Words found by gradient (PEZ).

    Raises:
        RequestError: the space's text tower gives no gradients.
    """
    from isthmus.decode.inversion.pez import hard_prompt, table_of

    text, score = hard_prompt(target, table_of(inputs.text, inputs.words), inputs.seed)
    return [Decoded(text, score)]


def by_search(target: Target, inputs: Inputs) -> Sequence[Decoded]:
    """A sentence of the language model, searched for without gradients (VGD, Kim et al. 2025).

    The model is told the nearest names; a beam keeps what it finds likely and the space near, which
    counts for more than when a story is told.

    Raises:
        RequestError: the language model's package is not installed.
        ExtraMissingError: what runs it is not.
    """
    from isthmus.decode.guided.beam import Beam
    from isthmus.decode.guided.prefixes import scorer_of
    from isthmus.decode.guided.writing import Task

    unrelated = inputs.memory.vectors @ target
    names = ", ".join(one.text for one in by_concepts(target, inputs))
    task = Task(inputs.model, scorer_of(inputs.text), target, HINT.format(names), OPENING,
                floor=float(unrelated.mean()), spread=float(unrelated.std()))  # fmt: skip
    text = Beam(k=24, weight=NEARNESS)(task, np.random.default_rng(inputs.seed)).text
    found = unit(np.asarray(inputs.text.encode([text]), np.float32))[0]
    return [Decoded(text, float(found @ target))]
