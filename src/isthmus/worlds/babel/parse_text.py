"""Reading a caption back: exactly the facts that it states, no more."""

import re
from typing import Any

from isthmus.types import RequestError
from isthmus.worlds.babel import render_text as words
from isthmus.worlds.babel.facts import Facts, Group

_VIEWS = words.meanings(words.VIEWS)
_STYLES = words.meanings(words.STYLES)
_COUNTS = words.meanings({**words.COUNTS, 1: (*words.COUNTS[1], "an")})
_ADJECTIVES = {
    word: (fact, value)
    for fact, table in words.ADJECTIVES.items()
    for word, value in words.meanings(table).items()
}
_NOUNS = {
    form: (shape, form == plural)
    for shape, nouns in words.NOUNS.items()
    for singular, plural in nouns
    for form in (singular, plural)
}
"""Each noun with its shape and whether it is a plural."""
_PHRASE = re.compile(
    rf"(?P<count>{'|'.join(_COUNTS)}) (?P<adjectives>.*? ?)(?P<noun>{'|'.join(_NOUNS)})"
)


_RELATIONS = [
    (re.compile(re.sub(r"\\{(a|b)\\}", r"(?P<\1>.+)", re.escape(template))), relation)
    for template, relation in words.meanings(words.RELATIONS).items()
]


def parse(text: str) -> Facts:
    """The facts that a caption of babel states; what it does not say is None.

    Raises:
        RequestError: the text is not a caption of babel; names the part that was not understood.
    """
    said = text.strip().rstrip(".").lower()
    view, said = _take(said, _VIEWS)
    said = said.strip(", ")
    style, said = _take(said, _STYLES)
    if style is None:
        said = said.removeprefix(next(word for word in words.PLAIN if said.startswith(word)))
    first, second, relation = _split(said.strip())
    groups = tuple(_group(part) for part in (first, second) if part is not None)
    return Facts(groups, relation, view, style)


def _take(said: str, phrases: dict[str, Any]) -> tuple[Any, str]:
    for phrase, value in phrases.items():
        if phrase in said:
            return value, said.replace(phrase, "", 1)
    return None, said


def _split(said: str) -> tuple[str, str | None, str | None]:
    """First group, second group and relation; the longest template that fits is meant."""
    for pattern, relation in _RELATIONS:
        if match := pattern.fullmatch(said):
            return match["a"], match["b"], relation
    return said, None, None


def _group(phrase: str) -> Group:
    match = _PHRASE.fullmatch(phrase)
    if match is None:
        raise RequestError(f"Not a caption of babel: {phrase!r} names no count and thing.")
    count, (shape, plural) = _COUNTS[match["count"]], _NOUNS[match["noun"]]
    if plural != (count != 1):
        raise RequestError(f"Not a caption of babel: count and noun disagree in {phrase!r}.")
    facts: dict[str, Any] = {"shape": shape, "count": count}
    for word in match["adjectives"].split():
        fact, value = _ADJECTIVES.get(word, ("", None))
        if not fact or fact in facts:
            raise RequestError(f"Not a caption of babel: {word!r} says nothing new in {phrase!r}.")
        facts[fact] = value
    return Group(**facts)
