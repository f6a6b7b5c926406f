"""Kinds of what a modality's vectors are of, where they lie, and how each is read.

A photograph and a drawing are both pictures, and lie in different parts of the default space. Its
kinds ship: means, and planes that part kinds of one modality. In any other space a modality is one
kind, whose mean is told by vectors of it.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors, unit
from isthmus.decode.memories import Memory, shipped
from isthmus.decode.retrieval import DecodeOptions, Decoder, checked
from isthmus.decode.treatments import Unpaired
from isthmus.decode.weights import FOLDER, network_for
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.store import read_tensors
from isthmus.types import Encoder, RequestError
from isthmus.types.decoded import Decoded

SAID = {
    "photo": ("photo",),
    "drawing": ("drawing", "photo", "thing", "babel"),
    "shape": ("shape", "photo", "babel"),
    "sound": ("sound",),
    "motion": ("motion", "drawing", "babel-motion"),
    "text": (),
}
"""Sentences of the memory that may be said of a kind."""
KINDS = {
    "image": ("photo", "drawing"),
    "mesh": ("shape",),
    "points": ("shape",),
    "voxels": ("shape",),
    "audio": ("sound",),
    "video": ("motion",),
    "text": ("text",),
}
"""Kinds of a modality's items."""
LEADS = {
    "drawing": "a drawing of",
    "shape": "a 3d model of",
    "sound": "the sound of",
    "motion": "a clip of",
}
"""How a sentence about one named thing of a kind begins."""
SCENES = ("photo",)
"""Kinds of which scenes are told."""
AS_THEY_ARE = ("photo", "text")
"""Kinds that the shipped decoder learned to read without a treatment."""


@dataclass(frozen=True, eq=False)
class Kind:
    """Where vectors of a kind lie."""

    name: str
    mean: Float[np.ndarray, " d"]
    """Of unit vectors."""
    plane: Float[np.ndarray, " d+1"]
    """The kind of a vector x is the one with the largest plane[:-1]·x + plane[-1]."""


@cache
def _shipped_kinds(space: str) -> Mapping[str, Sequence[Kind]]:
    """By modality; none in another space than the default one."""
    arrays, about = read_tensors(FOLDER / "kinds.safetensors")
    if about["space"] != space:
        return {}
    names: dict[str, list[str]] = json.loads(about["kinds"])
    plain = {key: np.asarray(x, np.float32) for key, x in arrays.items()}
    return {
        modality: [Kind(name, plain[f"{modality}/{name}/mean"], plain[f"{modality}/{name}/plane"])
                   for name in some]
        for modality, some in names.items()
    }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Reader:
    """A decoder of one modality: each vector is read as its kind wants."""

    text: Encoder
    kinds: Sequence[Kind]
    decoders: Sequence[Decoder]

    def decode(self, vectors: Vectors) -> list[Decoded]:
        """One text a vector, in order."""
        given = checked(vectors, self.text)
        kinds, found = self.kind_of(given), dict[int, Decoded]()
        for number, decoder in enumerate(self.decoders):
            rows = np.flatnonzero(kinds == number)
            if len(rows):
                found.update(zip(rows.tolist(), decoder.decode(given[rows]), strict=True))
        return [found[row] for row in range(len(given))]

    def kind_of(self, vectors: Vectors) -> Int[np.ndarray, " n"]:
        """The number of each unit vector's kind."""
        planes = np.stack([one.plane for one in self.kinds])
        return (vectors @ planes[:, :-1].T + planes[:, -1]).argmax(1)


def kinds_of(text: Encoder, modality: str) -> Sequence[Kind]:
    """The kinds of a modality that ship with a space; empty where none do."""
    return _shipped_kinds(text.space.id).get(modality, ())


def open_reader(
    text: Encoder,
    modality: str,
    others: Vectors | None = None,
    decoder: str = "",
    evidence: bool = False,
) -> Reader:
    """What reads a modality's vectors: the trained decoder of their space, else its memory.

    Args:
        text: the space's encoder of texts.
        modality: of the items whose vectors are read.
        others: any vectors of the modality, which tell where it lies; not needed where the space's
            kinds ship.
        decoder: a name in ``DECODERS``; empty for the best that there is.
        evidence: say what each word rests on.

    Raises:
        RequestError: it is not known where the modality lies.
    """
    kinds = kinds_of(text, modality)
    if not kinds:
        if others is None or not len(others):
            raise RequestError(
                f"Where {modality} items lie in the space {text.space.name} is not known: give "
                "vectors of some."
            )
        kinds = [Kind("", unit(others).mean(0), np.zeros(text.space.dim + 1, np.float32))]
    memory = shipped(text)
    chosen = decoder or ("captioner" if network_for(text.space.id) else "bridged")
    said = {name for kind in KINDS.get(modality, ()) for name in SAID[kind]}
    opened = [_opened(chosen, one, (text, memory, said), evidence) for one in kinds]
    return Reader(text, kinds, opened)


def _opened(
    decoder: str, kind: Kind, space: tuple[Encoder, Memory, set[str]], evidence: bool
) -> Decoder:
    from isthmus.decode import DECODERS

    text, memory, said = space
    treatments = ("none",) if kind.name in AS_THEY_ARE else ("mean shift",)
    options = DecodeOptions([(name, None) for name in treatments], SAID.get(kind.name, tuple(said)),
                            scenes=kind.name in SCENES, lead=LEADS.get(kind.name, ""),
                            evidence=evidence, memory=memory)  # fmt: skip
    data = Unpaired(memory.vectors, kind.mean[None])
    return find("decoders", DECODERS, decoder)(text, data, options)
