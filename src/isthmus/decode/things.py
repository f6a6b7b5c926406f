"""Which things a photograph's vector speaks of: a linear reader for each of some hundred nouns.

The readers were fitted on what the default space would make of photographs that captions tell of
(``isthmus.train.decoders.photographed``); no picture with a label was used.
"""

import json
from collections.abc import Sequence
from functools import cache, cached_property

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors
from isthmus.decode.evidence import bare
from isthmus.decode.weights import FOLDER, plain_arrays
from isthmus.records import dataclass
from isthmus.store import read_tensors

PERSONS = frozenset(
    str.split(
        "man men woman women person people boy boys girl girls child children baby kid "
        "kids guy lady player players rider skier skiers surfer skateboarder family"
    )
)
PARTS = frozenset(
    str.split(
        "group couple bunch lot top side front back middle area scene view day picture "
        "photo image kind type edge corner pair piece number background foreground"
    )
)
"""Nouns that are no things to be seen."""


@dataclass(frozen=True, eq=False)
class Things:
    """Nouns, and a reader of unit vectors for each."""

    names: Sequence[str]
    weights: Float[np.ndarray, "c d"]
    bias: Float[np.ndarray, " c"]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each noun and of its plural."""
        plurals = {name + end: i for end in ("s", "es") for i, name in enumerate(self.names)}
        return {**plurals, **{name: i for i, name in enumerate(self.names)}}

    def chances(self, vectors: Vectors) -> Float[np.ndarray, "n c"]:
        """How likely a caption of each unit vector names each thing."""
        return 1 / (1 + np.exp(-(vectors @ self.weights.T + self.bias)))

    def named(self, text: str) -> list[int]:
        """Numbers of the things that a text names."""
        found = (self.numbers.get(bare(word)) for word in text.split())
        return sorted({number for number in found if number is not None})

    def count(self, text: str) -> int:
        """Nouns of a text: things, persons and parts of a scene."""
        words = [bare(word) for word in text.split()]
        return sum(word in self.numbers or word in PERSONS or word in PARTS for word in words)

    def hit(self, text: str, chances: Float[np.ndarray, " c"]) -> float:
        """How likely one of the things that a text names is right, were they independent."""
        return float(1 - np.prod(1 - chances[self.named(text)]))

    def likeliest(self, chances: Float[np.ndarray, "n c"], many: int) -> Int[np.ndarray, "n k"]:
        """Numbers of the likeliest things of each vector."""
        return np.argsort(-chances, axis=1, kind="stable")[:, :many]


@cache
def things_in(space: str) -> Things | None:
    """The readers that ship, if they were fitted in the space of this id."""
    arrays, about = read_tensors(FOLDER / "things.safetensors")
    if about["space"] != space:
        return None
    plain = plain_arrays(arrays)
    return Things(json.loads(about["names"]), plain["weights"], plain["bias"])
