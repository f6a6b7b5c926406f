"""The requests of ``isthmus say`` and ``isthmus invert``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.decode.expressions import parse
from isthmus.decode.inversion.ways import WAYS
from isthmus.records import dataclass
from isthmus.registry import near
from isthmus.types import Common, RequestError

USUAL = ("decoder", "nearest", "concepts", "corrector")
"""Ways that work in any space."""


def check_ways(ways: tuple[str, ...]) -> None:
    """Raises RequestError for a way that there is not."""
    for one in ways:
        if one not in WAYS:
            raise RequestError(f"There is no way {one!r} to say a vector; {near(one, WAYS)}")
    if not ways:
        raise RequestError(f"--ways wants one or more of {', '.join(WAYS)}.")


@dataclass(frozen=True)
class SayRequest:
    """Say what a sum of items means: "photo.jpg + bark.wav - 'a dog'"."""

    expression: Positional[str]
    """Items with + and - between them, each with spaces around. In quotes a text; else a file of
    any modality, or id@index. A number and * before an item weigh it: 0.5 * bark.wav."""
    space: str = "mini"
    """Space whose vectors are added (see: isthmus spaces)."""
    ways: tuple[str, ...] = USUAL
    """How it is said: decoder (a sentence), nearest (the nearest sentence of the memory), concepts
    (the nearest names), corrector (a guess corrected word by word), prompt (words by gradient, PEZ;
    hf: and openclip: only), search (a language model's sentence; extra speak)."""
    where: bool = False
    """Say in which part of the file each word is seen: a box, seconds, faces. For an expression of
    one file alone."""
    common: Common = field(default_factory=Common)

    def __post_init__(self) -> None:
        terms = parse(self.expression)
        check_ways(self.ways)
        if self.where and (len(terms) > 1 or any(x.quoted for x in terms)):
            raise RequestError(
                "--where wants an expression of one file, in which words can be looked for; leave "
                "it out of sums and of texts."
            )


@dataclass(frozen=True)
class InvertRequest:
    """Say what vectors mean: of a saved set, an array file, or a folder of arrays."""

    vectors: Positional[Path]
    """A saved set (isthmus embed), a .npy, .npz or .safetensors file, or the like."""
    space: str = "mini"
    """Space that they are of (see: isthmus spaces)."""
    modality: str = ""
    """Whose vectors they are (default: what a saved set says, else texts); it tells where they
    lie."""
    ways: tuple[str, ...] = USUAL
    """How they are said (see: isthmus say --help)."""
    most: int = 20
    """Vectors that are said, from the first on, 1 or more."""
    common: Common = field(default_factory=Common)

    def __post_init__(self) -> None:
        check_ways(self.ways)
        if self.most < 1:
            raise RequestError(f"At least one vector must be said, not {self.most}.")
