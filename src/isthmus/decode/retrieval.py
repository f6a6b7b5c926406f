"""Decoders that answer with a sentence of a memory: they work in any space, untrained."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from isthmus.arrays import Vectors, unit, unit_or_zero, without_direction
from isthmus.decode.evidence import evidence_of
from isthmus.decode.memories import Memory, shipped
from isthmus.decode.treatments import Map, Treatment, Unpaired
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.types import Encoder, RequestError
from isthmus.types.decoded import Decoded


@runtime_checkable
class Decoder(Protocol):
    """Vectors to texts: what every opener of ``DECODERS`` gives."""

    def decode(self, vectors: Vectors) -> list[Decoded]:
        """One text a vector, in order."""
        ...


@dataclass(frozen=True)
class DecodeOptions:
    """How a decoder reads; what one does not know it leaves alone."""

    treatments: Sequence[tuple[str, float | None]] = (("none", None),)
    """Names of ``TREATMENTS`` and their strengths, None for the usual one; of several the best text
    is taken."""
    kinds: Sequence[str] = ()
    """Kinds of sentences that are looked at in a memory; empty for all."""
    beams: int = 4
    """Sentences that a search keeps at each word, 1 or more."""
    scenes: bool = False
    """Write scenes, as captions of photographs are, and nothing of the memory."""
    lead: str = ""
    """How a sentence about one named thing begins, such as "a drawing of"; empty as it comes."""
    evidence: bool = False
    """Say what each word rests on, which takes a text to be embedded a word."""
    memory: Memory | None = None
    """Own sentences instead of those that ship."""

    def __post_init__(self) -> None:
        if self.beams < 1 or not self.treatments:
            raise RequestError(
                f"A decoder wants 1 beam or more and a treatment, not {self.beams} and "
                f"{len(self.treatments)}."
            )

    def maps(self, data: Unpaired) -> list[Map]:
        """The fitted treatments.

        Raises:
            UnknownPartError: no treatment of that name; says which come close.
        """
        return [fitted(name, strength, data) for name, strength in self.treatments]

    def sentences(self, text: Encoder) -> Memory:
        """The memory, of the chosen kinds."""
        return (self.memory or shipped(text)).of(self.kinds)


def fitted(name: str, strength: float | None, data: Unpaired) -> Map:
    """A treatment by name, fitted on unpaired vectors."""
    from isthmus.decode import TREATMENTS

    one: Treatment = find("treatments", TREATMENTS, name)
    return one.fit(data, one.strength if strength is None else strength)


def checked(vectors: Vectors, text: Encoder) -> Vectors:
    """Unit vectors, if they can be of the space of an encoder of texts.

    Raises:
        RequestError: another number of coordinates, or a row that has no direction.
    """
    found = np.asarray(vectors)
    if found.ndim != 2 or found.shape[1] != text.space.dim:
        raise RequestError(
            f"Vectors of the space {text.space.name} are rows of {text.space.dim} coordinates, "
            f"not an array of {found.shape}: read them with the texts of their own space."
        )
    bad = np.flatnonzero(without_direction(found))
    if len(bad):
        raise RequestError(
            f"Vector {bad[0]} is zero or holds NaN or infinity ({len(bad)} of {len(found)}): leave "
            "such rows out, or embed their items again."
        )
    return unit(found)


@dataclass(frozen=True, eq=False)
class Retrieval:
    """The sentence nearest to each vector, after a treatment."""

    text: Encoder
    memory: Memory
    data: Unpaired
    maps: Sequence[Map]
    centred: bool
    """Whether both sides are taken less their means."""
    evidence: bool = False

    def decode(self, vectors: Vectors) -> list[Decoded]:
        """One sentence of the memory a vector.

        Raises:
            RequestError: vectors of another space, or without a direction.
        """
        given = checked(vectors, self.text)
        rows, scores = np.zeros(len(given), int), np.full(len(given), -np.inf)
        middle = self.memory.mean if self.centred else np.zeros_like(self.memory.mean)
        gallery = unit_or_zero(self.memory.vectors - middle)
        for number, treat in enumerate(self.maps):
            mean = self.data.mean if self.centred and not number else middle
            found = unit_or_zero(treat(given) - mean) @ gallery.T
            best = found.argmax(1)
            top = found[np.arange(len(given)), best]
            rows, scores = np.where(top > scores, best, rows), np.maximum(top, scores)
        raw = (given * self.memory.vectors[rows]).sum(1)
        said = [self.memory.texts[int(row)] for row in rows]
        found = [Decoded(text, float(score)) for text, score in zip(said, raw, strict=True)]
        return evidence_of(found, given, self.text) if self.evidence else found


def open_nearest(text: Encoder, data: Unpaired, options: DecodeOptions) -> Retrieval:
    """The nearest sentence, both sides less their means; treatments are not used.

    Source: CLIPRe (Su et al. 2022, MAGIC, section 4.1), with the means removed.
    """
    memory, maps = options.sentences(text), [fitted("none", None, data)]
    return Retrieval(text, memory, data, maps, True, options.evidence)


def open_memory(text: Encoder, data: Unpaired, options: DecodeOptions) -> Retrieval:
    """The sentence nearest to what the treatments, unnamed the projection, make of each."""
    memory = options.sentences(text)
    plain = all(name == "none" for name, _ in options.treatments)
    maps = [fitted("projection", None, data)] if plain else options.maps(data)
    return Retrieval(text, memory, data, maps, False, options.evidence)
