"""Words, sentences and syllables of a text, and the school grade that reads it.

Grade: Kincaid, Fishburne, Rogers and Chissom 1975, ``0.39 w/s + 11.8 y/w - 15.59`` of w words, s
sentences and y syllables. Syllables are counted by rule, for English: one a group of vowels, none
for an e at the end that is mute (cake, cakes, caked; not table, boxes, wanted), one more for
neighbouring vowels that are spoken apart (radio, idea, going, science; not nation, people); one at
least.
"""

import re
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
"""Letters and digits, with apostrophes and hyphens inside."""
ENDS = ".!?。！？"
"""Marks that end a sentence."""
_CLOSED = re.compile(rf"[{ENDS}]+[\"'”’)\]]*$")
_PARTED = re.compile(rf"(?<=[{ENDS}])\s+|(?<=[{ENDS}][\"'”’)\]])\s+")
_SHORT = {"mr", "mrs", "ms", "dr", "st", "prof", "vs", "etc", "e.g", "i.e", "no", "jr", "sr"}
_VOWELS = re.compile(r"[aeiouyà-öø-ÿ]+")
_MUTE = re.compile(
    r"[^aeiouyl]e$|[aeiouy]le$|[^aeiouytdl]ed$|[aeiouy]led$|[^aeiouylszxcgh]es$|[aeiouy]les$|[^cs]hes$"
)
"""An e at the end that is not spoken."""
_APART = re.compile(
    r"(?<![cts])ia|io(?!n|us)|(?<![cgstx])(?<!ll)io(?:n|us)|scien|eo(?!p)|(?<=[aeiouy])ing\b|iet"
    r"|(?<![ct])ien|crea(?:t|ti)|poe|(?<![gq])ue[lt]|(?<=[aeiouy][^aeiouy])ea\b|(?<!q)ui[nd]\b"
)
"""Neighbouring vowels that are two syllables."""


def words(text: str) -> list[str]:
    """The words of a text, in order."""
    return WORD.findall(text)


@lru_cache(maxsize=65_536)
def syllables(word: str) -> int:
    """Syllables of a word by rule, 1 or more.

    Example:
        >>> [syllables(one) for one in ("cat", "table", "walked", "wanted", "idea", "nation")]
        [1, 2, 1, 2, 3, 2]
    """
    plain = word.lower().replace("’", "").replace("'", "")
    if "-" in plain:
        return sum(syllables(part) for part in plain.split("-") if part)
    groups = len(_VOWELS.findall(plain)) + len(_APART.findall(plain))
    return max(1, groups - bool(_MUTE.search(plain)))


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its marks; the last may have none."""
    found = list[str]()
    for part in _PARTED.split(text.strip()):
        if found and _shortened(found[-1]):
            found[-1] += f" {part}"
        elif part.strip():
            found.append(part.strip())
    return found


def ended(text: str) -> bool:
    """Whether a text ends with a sentence, not in the middle of one."""
    return bool(_CLOSED.search(text.rstrip())) and not _shortened(text.rstrip())


def unfinished(text: str) -> str:
    """The sentence that a text has begun and not ended; empty where it ended."""
    found = sentences(text)
    return "" if not found or ended(text) else found[-1]


def _shortened(text: str) -> bool:
    """Whether the point at its end belongs to a word such as Mr."""
    if not text.endswith("."):
        return False
    last = text.rstrip(".").rpartition(" ")[2].lower().strip("\"'“‘(")
    return last in _SHORT or (len(last) == 1 and last not in "ai" and last.isalpha())


def grade(text: str) -> float:
    """Flesch-Kincaid grade of a text of one word or more; an unended sentence counts as one."""
    found = words(text)
    if not found:
        return 0.0
    parts = max(1, len(sentences(text)))
    spoken = sum(map(syllables, found))
    return 0.39 * len(found) / parts + 11.8 * spoken / len(found) - 15.59
