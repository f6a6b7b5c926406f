"""What a sentence must be like, kept at every token: length, words in it and not in it, grade.

Nothing is written first and thrown away after: a token after which the sentence could no longer
meet what is asked is not taken, and a word that must be there is put where the model finds it
likeliest, at the latest while there is room.
"""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from isthmus.decode.guided.reading import ENDS, ended, grade, sentences, syllables, words
from isthmus.records import dataclass
from isthmus.types import RequestError

GRADE_WITHIN = 1.5
"""Grades by which a text may differ from the one that is asked."""
_CAREFUL = 1.3
"""The same while it is written: the sentences after this one move it."""
_NATURAL = 1.4
"""Syllables of a word in plain English prose."""
_MOST, _LEAST = 2.2, 1.0
"""Syllables a word, the mean of a sentence, that a model can be held to."""
WORDS = (6, 24)
"""Of a sentence, if none are asked."""
_FAVOURED = 3.0
"""Added to the log probability of a favoured word."""
_DANGLING = {
    *("a", "an", "the", "and", "or", "but", "of", "in", "on", "at", "to", "for", "from", "with"),
    *("by", "as", "is", "was", "are", "were", "be", "been", "his", "her", "their", "its", "my"),
    *("your", "our", "that", "which", "who", "than", "into", "onto", "over", "under", "so", "very"),
    *("not", "no", "if", "when", "while", "he", "she", "it", "they", "we", "you", "i", "this"),
    *("these", "those", "had", "has", "have", "would", "could", "will", "can"),
}
"""Words that no sentence ends with."""
_PLAIN = re.compile(rf" ?[^\W_]+(?:['’\-][^\W_]*)?[,;:{ENDS}]?|['’\-][^\W_]*|[,;:{ENDS}]")


@dataclass(frozen=True)
class Constraints:
    """What each sentence must be like.

    Raises:
        RequestError: it contradicts itself.
    """

    words: tuple[int, int] = WORDS
    """Least and most words of a sentence."""
    require: tuple[str, ...] = ()
    """Words that must be in the sentence."""
    forbid: tuple[str, ...] = ()
    """Words that must not be in it."""
    grade: float | None = None
    """Flesch-Kincaid grade of the whole text."""
    favour: tuple[str, ...] = ()
    """Words of a style: taken rather than others, but not at any price."""

    def __post_init__(self) -> None:
        least, most = self.words
        if not 1 <= least <= most:
            raise RequestError(
                f"--words wants the least and the most words of a sentence, not {least} {most}."
            )
        for option, some in (("require", self.require), ("forbid", self.forbid)):
            if wrong := [one for one in some if words(one) != [one.strip()]]:
                raise RequestError(f"--{option} wants single words, not {wrong[0]!r}.")
        both = {one.lower() for one in self.require} & {one.lower() for one in self.forbid}
        if both:
            raise RequestError(f"{min(both)!r} cannot be both required and forbidden.")
        if len(self.require) > most:
            raise RequestError(
                f"{len(self.require)} required words do not fit into {most} words a sentence."
            )
        self._check_grade()

    def _check_grade(self) -> None:
        if self.grade is None:
            return
        least, most = self.words
        low, high = 0.39 * least + 11.8 * _LEAST - 15.59, 0.39 * most + 11.8 * _MOST - 15.59
        if not low - GRADE_WITHIN <= self.grade <= high + GRADE_WITHIN:
            raise RequestError(
                f"Sentences of {least} to {most} words read at grades {low:.0f} to {high:.0f}, "
                f"not {self.grade:g}: change --grade or --words."
            )

    @cached_property
    def forbidden(self) -> frozenset[str]:
        """The forbidden words in small letters."""
        return frozenset(one.lower() for one in self.forbid)

    @cached_property
    def favoured(self) -> frozenset[str]:
        """The favoured words in small letters."""
        return frozenset(one.lower() for one in self.favour)

    @property
    def dense(self) -> float:
        """Syllables a word that the grade wants at the length that suits it best."""
        if self.grade is None:
            return _NATURAL
        least, most = self.words
        length = min(most, max(least, (self.grade + 15.59 - 11.8 * _NATURAL) / 0.39))
        return min(_MOST, max(_LEAST, (self.grade + 15.59 - 0.39 * length) / 11.8))

    def missing(self, sentence: str) -> tuple[str, ...]:
        """Required words that are not in a sentence yet."""
        there = {one.lower() for one in words(sentence)}
        return tuple(one for one in self.require if one.lower() not in there)

    def fits(self, before: str, sentence: str) -> bool:
        """Whether a sentence that has ended is as it must be, behind the text before it."""
        count, least, most = len(words(sentence)), *self.words
        wrong = {one.lower() for one in words(sentence)} & self.forbidden
        plain = least <= count <= most and not wrong and not self.missing(sentence)
        return plain and (self.grade is None or self._near(f"{before} {sentence}"))

    def _near(self, text: str) -> bool:
        assert self.grade is not None
        return abs(grade(text) - self.grade) <= _CAREFUL

    def allows(self, before: str, sentence: str, piece: str) -> bool:
        """Whether a sentence may go on with a piece of text.

        Args:
            before: the text before the sentence.
            sentence: what is written of it.
            piece: what a token would add.
        """
        new = sentence + piece
        if piece[-1] in ENDS:
            tail = words(sentence)[-1:]
            loose = bool(tail) and tail[0].lower() in _DANGLING
            return ended(new) and not loose and self.fits(before, new.strip())
        begun, last = words(new), words(sentence)[-1:]
        if not begun:
            return bool(piece.strip()) and piece.lstrip()[0].isalnum()
        count, most = len(begun), self.words[1]
        if count > most or begun[-1].lower() in self.forbidden or _repeats(sentence, piece):
            return False
        if not self.require:
            return not (count == most and piece.strip().lower() in _DANGLING)
        grown = count == len(words(sentence)) and begun[-1:] != last
        if grown and last[0].lower() in {one.lower() for one in self.require}:
            return False
        needed = self.missing(new)
        if needed and most - count < len(needed) - any(
            one.lower().startswith(begun[-1].lower()) for one in needed
        ):
            return False
        return not (count == most and not needed and piece.strip().lower() in _DANGLING)

    def urgency(self, sentence: str) -> float:
        """How near its end a sentence is, 0 to 1: words that must be there are pressed by it."""
        least, most = self.words
        return min(1.0, len(words(sentence)) / max(1.0, (least + most) / 2))

    def pressure(self, before: str, sentence: str, piece: str) -> float:
        """What is added to a piece's log probability so that length and grade are reached in time.

        Nothing where neither is near: ends gain over the last words that are left, and a grade
        favours words of as many syllables as it needs.
        """
        count, most = len(words(sentence)), self.words[1]
        if piece[-1] in ENDS:
            return 4.0 * max(0.0, 1 - (most - count) / 4) + (2.0 if self.grade is not None else 0)
        styled = _FAVOURED * (piece.strip().lower() in self.favoured) if self.favour else 0.0
        if self.grade is None or not piece.startswith(" "):
            return styled
        return styled + self._towards(before, sentence, piece)

    def _towards(self, before: str, sentence: str, piece: str) -> float:
        assert self.grade is not None
        own, now = words(sentence), words(piece)
        if not now:
            return 0.0
        spoken = sum(map(syllables, own)) + sum(map(syllables, now))
        off = abs(spoken / (len(own) + len(now)) - self.dense)
        after = grade(f"{before} {sentence}{piece}")
        over = after - self.grade - _CAREFUL / 2 if len(own) >= self.words[0] else 0.0
        return -3.0 * off - 2.0 * max(0.0, over)


def suited(grade: float) -> tuple[int, int]:
    """Least and most words of a sentence that reads at a grade in plain English."""
    middle = max(5.0, min(34.0, (grade + 15.59 - 11.8 * _NATURAL) / 0.39))
    return max(3, round(middle - 6)), round(middle + 7)


def check_start(asked: Constraints, start: str) -> None:
    """Refuse an opening after which no sentence could be as it must be.

    Raises:
        RequestError: says what of it cannot be met.
    """
    if not words(start):
        raise RequestError("--start wants the first words of the text, not an empty one.")
    there = {one.lower() for one in words(start)} & asked.forbidden
    if there:
        raise RequestError(f"--start has the forbidden word {min(there)!r}.")
    last = sentences(start)[-1]
    count, most = len(words(last)), asked.words[1]
    if not ended(start) and count + max(1, len(asked.missing(last))) > most:
        raise RequestError(
            f"--start begins a sentence with {count} words, which leaves no room for more where "
            f"{most} are the most: change --words, or end the sentence."
        )


@lru_cache(maxsize=131_072)
def is_plain(piece: str) -> bool:
    """Whether a piece is letters, digits, a space or a plain mark, so that sentences stay whole."""
    return bool(piece) and "�" not in piece and bool(_PLAIN.fullmatch(piece))


def _repeats(sentence: str, piece: str) -> bool:
    """Whether a piece is a mark behind a mark, a space behind a space, or one apostrophe too many.

    A word has one apostrophe or hyphen at most: models go on with it for ever otherwise.
    """
    if not sentence:
        return False
    joined = words(sentence + piece)[-1]
    if sum(not one.isalnum() for one in joined) + (piece[-1] in "'’-") > 1 or len(joined) > 30:
        return True
    if piece[0].isalnum():
        return False
    return not sentence[-1].isalnum() and not (piece[0] == " " and sentence[-1] in ",;:")


def share_out(require: Sequence[str], sentences: int) -> list[tuple[str, ...]]:
    """Required words over the sentences of a text: the first to the first, and round again."""
    return [tuple(require[k::sentences]) for k in range(sentences)]
