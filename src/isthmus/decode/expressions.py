"""Sums of items, written down: ``photo.jpg + 0.5 * bark.wav - 'a dog'``.

    expression = ["-"] term { ("+" | "-") term }
    term       = [number "*"] operand
    operand    = 'text' | "text" | path | id@index

A plus or minus that joins terms stands between spaces, so that names of files may hold them. In
quotes a text may hold anything; its own kind of quote, and a backslash, after a backslash. What has
no quotes is a file, or the item of an index: its path in the folder that was indexed, ``@``, and
the index.
"""

import re

from isthmus.records import dataclass
from isthmus.types import RequestError

QUOTES = {"'": "'", '"': '"', "‘": "’", "“": "”"}
_WEIGHT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*\*\s*")
_SPECIAL = re.compile(r"[\\']")
_JOIN = re.compile(r"\s+([+-])\s+")
MOST = 32
"""Terms of an expression."""


@dataclass(frozen=True)
class Term:
    """One item of a sum."""

    weight: float
    """Below 0 where it is taken away."""
    operand: str
    quoted: bool
    """Whether it is a text; otherwise a file or ``id@index``."""

    @property
    def item(self) -> tuple[str, str]:
        """Id and index of ``id@index``; the index is empty of a file."""
        name, at, index = self.operand.rpartition("@")
        return (name, index) if at and name and index else (self.operand, "")

    def __str__(self) -> str:
        sign, size = "-" if self.weight < 0 else "+", abs(self.weight)
        shown = "'" + _SPECIAL.sub(r"\\\g<0>", self.operand) + "'" if self.quoted else self.operand
        return f"{sign} {shown}" if size == 1 else f"{sign} {size:g} * {shown}"


def parse(text: str) -> tuple[Term, ...]:
    """The terms of an expression, in order.

    Raises:
        RequestError: nothing in it, a quote that is never closed, something behind a quote that is
            no plus or minus, a term that is missing, or more than 32 of them.

    Example:
        >>> [str(one) for one in parse("a.jpg + 0.5 * b.wav - 'a dog'")]
        ['+ a.jpg', '+ 0.5 * b.wav', "- 'a dog'"]
    """
    rest, sign, found = text.strip(), 1.0, list[Term]()
    if rest.startswith(("- ", "+ ")):
        sign, rest = -1.0 if rest[0] == "-" else 1.0, rest[2:].lstrip()
    while True:
        if not rest:
            what = f"after {str(found[-1])[2:]!r} nothing stands" if found else "it is empty"
            raise RequestError(f"An expression is a sum of items, but {what}: {USAGE}")
        weight, rest = _weight(rest)
        operand, quoted, rest = _operand(rest)
        found.append(Term(sign * weight, operand, quoted))
        if len(found) > MOST:
            raise RequestError(f"An expression has at most {MOST} terms.")
        if not rest:
            return tuple(found)
        joined = _JOIN.match(rest) or _JOIN.match(rest + " ")
        if joined is None:
            raise RequestError(
                f"Between items stands + or - with spaces around, but after {operand!r} comes "
                f"{rest.strip()[:20]!r}: {USAGE}"
            )
        sign, rest = -1.0 if joined[1] == "-" else 1.0, rest[joined.end() :]


USAGE = "photo.jpg + 0.5 * bark.wav - 'a dog'."


def _weight(rest: str) -> tuple[float, str]:
    found = _WEIGHT.match(rest)
    if found is None:
        return 1.0, rest
    weight = float(found[1])
    if weight == 0:
        raise RequestError("A term of weight 0 says nothing: leave it out.")
    return weight, rest[found.end() :]


def _operand(rest: str) -> tuple[str, bool, str]:
    """A text in quotes, or what stands before the next sign."""
    if rest and rest[0] in QUOTES:
        return _quoted(rest)
    joined = _JOIN.search(f" {rest} ")
    end = max(0, joined.start() - 1) if joined else len(rest)
    if not rest[:end].strip():
        raise RequestError(f"An item is missing before {rest[:20]!r}: {USAGE}")
    return rest[:end].strip(), False, rest[end:]


def _quoted(rest: str) -> tuple[str, bool, str]:
    close, text, at = QUOTES[rest[0]], "", 1
    while at < len(rest) and rest[at] != close:
        at += rest[at] == "\\" and rest[at + 1 : at + 2] in (close, "\\")
        text += rest[at : at + 1]
        at += 1
    if at >= len(rest):
        raise RequestError(f"A quote is opened at {rest[:20]!r} and never closed: {USAGE}")
    if not text.strip():
        raise RequestError(f"A text in quotes is empty: {USAGE}")
    return text, True, rest[at + 1 :]
