"""What a vector says: a text, how near it comes to the vector, and what each word rests on."""

from collections.abc import Sequence
from typing import Any

from isthmus.records import dataclass
from isthmus.types.bags import Place
from isthmus.types.results import plain


@dataclass(frozen=True)
class Evidence:
    """What one word of a text rests on."""

    word: str
    drop: float
    """How far the text's score falls when the word is left out; below 0 where it rises."""
    place: Place | None = None
    """The part of the item that carries the word, where that was looked for."""


@dataclass(frozen=True)
class Decoded:
    """A text that was read out of a vector."""

    text: str
    score: float
    """Cosine of the vector of the text, embedded again, with the vector that it was read from."""
    evidence: Sequence[Evidence] = ()
    """A word each, in the order of the text; empty where it was not asked for."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        told = [
            {key: value for key, value in plain(one).items() if value is not None}
            for one in self.evidence
        ]
        for one in told:
            if "place" in one:
                one["place"] = {key: x for key, x in one["place"].items() if x is not None}
        return {"caption": self.text, "score": self.score, "evidence": told}
