"""The trained decoder: sentences by beam search, of which the space chooses one.

Candidates come from the network under each treatment and prompt of names retrieved for the vector,
and from the memory. They are ranked by what the space says of them, and a little by how likely the
network finds them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit, unit_or_zero
from isthmus.decode.evidence import evidence_of
from isthmus.decode.memories import Memory, default_vectors
from isthmus.decode.networks import Network, written
from isthmus.decode.retrieval import DecodeOptions, checked
from isthmus.decode.things import Things, things_in
from isthmus.decode.treatments import Map, Unpaired
from isthmus.decode.weights import FOLDER, network_for, read_network
from isthmus.records import dataclass
from isthmus.types import Encoder, RequestError
from isthmus.types.decoded import Decoded

FROM_MEMORY = 8
"""Sentences of the memory among the candidates."""
PROMPTS = ((0, 1, 2, 3), (0,))
"""Numbers of the retrieved names that are told in turn."""
MOST = 4
"""Nouns of a scene."""
BEGUN = 3
"""Things that scenes are begun with in turn, where the space reads things."""
LIKELY, HITTING = 0.03, 0.8
"""Weights of a candidate's likelihood, and of how likely it names a right thing, beside its cosine.
"""
DOUBTED = 0.4
"""A scene less likely than this to name a right thing gives way to the nearest name."""
_UNWRITTEN = -2.0
"""Likelihood of a sentence of the memory, which the network did not write: about that of one that
it writes."""
TEMPERATURE = 0.05
"""Of the softmax over the memory on the way from another space."""
MASS = frozenset(
    str.split(
        "food water snow grass fruit bread rice meat furniture luggage traffic dirt sand "
        "ice rain meal cattle wine beer coffee cheese broccoli tennis baseball soccer "
        "skiing surfing lunch breakfast dinner wood metal glass hay mud smoke steam sky"
    )
)
"""Nouns without an article."""
NAMED = 4
"""Words up to which a sentence without a beginning of its own is taken for a name."""
AT_ONCE = 64
"""Vectors that are searched for together."""


@dataclass(frozen=True)
class Candidate:
    """A text that may be said of a vector."""

    text: str
    likelihood: float


@dataclass(frozen=True, eq=False)
class Captioner:
    """Vectors of one kind to sentences."""

    text: Encoder
    network: Network
    memory: Memory
    data: Unpaired
    maps: Sequence[Map]
    """To vectors that the network reads."""
    entities: Float[np.ndarray, "m d"]
    """Of the memory's named sentences, vectors that the network reads."""
    options: DecodeOptions
    things: Things | None = None
    """Readers of things, which scenes are begun with and ranked by."""

    def decode(self, vectors: Vectors) -> list[Decoded]:
        """One sentence a vector; the same vectors give the same sentences.

        Raises:
            RequestError: vectors of another space, or without a direction.
        """
        given = checked(vectors, self.text)
        found: list[Decoded] = []
        for start in range(0, len(given), AT_ONCE):
            some = given[start : start + AT_ONCE]
            best = [max(told, key=lambda x: x[1])[0] for told in self.ranked(some)]
            found += best if self.things is None else self._named(some, best, self.things)
        return evidence_of(found, given, self.text) if self.options.evidence else found

    def _named(self, given: Vectors, best: Sequence[Decoded], things: Things) -> list[Decoded]:
        """The same, but the memory's nearest name instead of a scene that is doubted."""
        near = self.memory.nearest(given, self.data.mean, 1)[:, 0]
        right, found = things.chances(given), list[Decoded]()
        for i, one in enumerate(best):
            row = int(near[i])
            score = float(self.memory.vectors[row] @ given[i])
            doubted = things.hit(one.text, right[i]) < DOUBTED
            found.append(Decoded(self.memory.texts[row], score) if doubted else one)
        return found

    def ranked(self, given: Vectors) -> list[list[tuple[Decoded, float]]]:
        """Every candidate of each unit vector with its rank score."""
        candidates = self.candidates(given)
        texts = list(dict.fromkeys(one.text for some in candidates for one in some))
        row = {said: i for i, said in enumerate(texts)}
        vectors = unit(self.text.encode(texts))
        centred = unit_or_zero(vectors - self.memory.mean)
        reading = unit_or_zero(given - self.data.mean)
        out: list[list[tuple[Decoded, float]]] = []
        for i, some in enumerate(candidates):
            rows = [row[one.text] for one in some]
            likely = np.array([one.likelihood for one in some])
            ranks = centred[rows] @ reading[i] + LIKELY * likely
            if self.things is not None:
                right = self.things.chances(given[i : i + 1])[0]
                ranks = ranks + HITTING * np.array([self.things.hit(x.text, right) for x in some])
                ranks = ranks - np.array([self.things.count(x.text) > MOST for x in some])
            raw = vectors[rows] @ given[i]
            out.append([(Decoded(one.text, float(cosine)), float(rank))
                        for one, cosine, rank in zip(some, raw, ranks, strict=True)])  # fmt: skip
        return out

    def candidates(self, given: Vectors) -> list[list[Candidate]]:
        """Of each unit vector: beams under each treatment and prompt, then sentences of the memory.

        Where scenes are wanted the memory gives names alone.
        """
        named = self.memory.named
        rows = named.nearest(given, self.data.mean, self.network.entities)
        entities, options = self.entities[rows], self.options
        found: list[dict[str, float]] = [{} for _ in given]
        for treat, (prompt, starts) in product(self.maps, self.openings(given)):
            names = np.zeros_like(entities)
            names[:, prompt] = entities[:, prompt]
            beams = written(
                self.network, treat(given), names, options.beams, options.scenes, starts
            )
            for told, some in zip(found, beams, strict=True):
                for one in some:
                    said = led(one.text, options.lead)
                    told[said] = max(one.likelihood, told.get(said, -np.inf))
        near = self.memory.nearest(given, self.data.mean, 0 if options.scenes else FROM_MEMORY)
        for told, some in zip(found, near, strict=True):
            for number in some:
                told.setdefault(led(self.memory.texts[int(number)], options.lead), _UNWRITTEN)
        return [[Candidate(*one) for one in told.items()] for told in found]

    def openings(self, given: Vectors) -> list[tuple[tuple[int, ...], np.ndarray | None]]:
        """Names that are told and word pieces that are begun with, in turn."""
        free: list[tuple[tuple[int, ...], np.ndarray | None]] = [(x, None) for x in PROMPTS]
        if self.things is None:
            return free
        likeliest = self.things.likeliest(self.things.chances(given), BEGUN)
        names = [[self.things.names[int(i)] for i in some] for some in likeliest]
        starts = [[_start(self.network, some[k]) for some in names] for k in range(BEGUN)]
        return [free[0], ((), None), *((PROMPTS[0], np.array(some)) for some in starts)]


def _start(network: Network, name: str) -> list[int]:
    """A name with its article, where it has one, as numbers of word pieces; -1 is free."""
    if name in MASS or (name.endswith("s") and not name.endswith("ss")):
        return [network.numbers[name], -1]
    return [network.numbers["an" if name[0] in "aeiou" else "a"], network.numbers[name]]


BEGINNINGS = re.compile(
    r"^(a|an|the) (photo|picture|close up|drawing|icon|cartoon|3d model|rendering|shape|sound|"
    r"recording|clip|short film|animation) of |^clip art of |^someone listens to "
)
ENDINGS = re.compile(r" (in a photo|can be heard|seen from the side)$")


_BEFORE_VOWELS = re.compile(r"\ba (?=(?!one\b)[aeio])")


def led(text: str, lead: str) -> str:
    """A sentence about one named thing, begun as its kind wants; any other one as it is.

    Example:
        >>> led("a photo of a horse", "a drawing of"), led("a index finger", "a drawing of")
        ('a drawing of a horse', 'a drawing of an index finger')
    """
    bare = ENDINGS.sub("", BEGINNINGS.sub("", text))
    short = len(bare.split()) <= NAMED
    whole = f"{lead} {bare}" if lead and (bare != text or short) else text
    return _BEFORE_VOWELS.sub("an ", whole)


def open_captioner(text: Encoder, data: Unpaired, options: DecodeOptions) -> Captioner:
    """The decoder that was trained on the vectors of the encoder's space.

    Raises:
        RequestError: none was trained.
    """
    network = network_for(text.space.id)
    if network is None:
        raise RequestError(
            f"No decoder was trained on the space {text.space.name}: train one with "
            "isthmus.train.decoders, or use the decoders 'bridged', 'nearest' or 'memory'."
        )
    memory, maps = options.sentences(text), options.maps(data)
    things = things_in(text.space.id) if options.scenes else None
    return Captioner(text, network, memory, data, maps, memory.named.vectors, options, things)


def open_bridged(text: Encoder, data: Unpaired, options: DecodeOptions) -> Captioner:
    """The default space's decoder, by way of the memory, for any space that encodes texts.

    A vector's softmax over the memory in its own space is the weight of the memory's vectors in
    the default space (DeCap's projection, Li et al. 2023, equation 4, onto the same sentences in
    another space); what the network writes is ranked by the vector's own space.
    """
    network = read_network(FOLDER)
    own = options.sentences(text)
    there = replace(own, vectors=default_vectors(options.kinds))
    strength = TEMPERATURE
    centred = own.centred

    def cross(vectors: Vectors) -> Vectors:
        logits = unit_or_zero(unit(vectors) - data.mean) @ centred.T / strength
        shares = np.exp(logits - logits.max(1, keepdims=True))
        return unit_or_zero(shares / shares.sum(1, keepdims=True) @ there.vectors)

    return Captioner(text, network, own, data, [cross], there.named.vectors, options)
