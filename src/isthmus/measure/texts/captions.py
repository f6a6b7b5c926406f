"""Captions of items and their references as tokens, and how often each n-gram stands in each."""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain

import numpy as np
from jaxtyping import Float, Int

from isthmus.measure.texts.tokens import words
from isthmus.records import a_kind, dataclass, short
from isthmus.types import RequestError

ORDERS = 4
"""n-grams of 1 to so many words are counted."""

Tokens = Sequence[str]
"""The words of one text."""


@dataclass(frozen=True, eq=False)
class Grams:
    """How often each text holds each n-gram of one order, sorted by text, then by n-gram."""

    text: Int[np.ndarray, " m"]
    """Number of the text."""
    gram: Int[np.ndarray, " m"]
    """Number of the n-gram, below ``kinds``."""
    count: Int[np.ndarray, " m"]
    """1 or more."""
    kinds: int
    """Different n-grams of all texts."""

    def looked_up(
        self, text: Int[np.ndarray, " q"], gram: Int[np.ndarray, " q"]
    ) -> tuple[Int[np.ndarray, " h"], Int[np.ndarray, " h"]]:
        """Which queries (a text and an n-gram) there are, and at which row each of these is."""
        keys, wanted = self.text * self.kinds + self.gram, text * self.kinds + gram
        row = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
        hit = np.flatnonzero(keys[row] == wanted) if len(keys) else np.zeros(0, np.int64)
        return hit, row[hit]

    def of(self, low: int, high: int) -> "Grams":
        """Only the texts of these numbers, the last not among them."""
        rows = slice(*np.searchsorted(self.text, [low, high]))
        return Grams(self.text[rows], self.gram[rows], self.count[rows], self.kinds)


def grams(texts: Sequence[Tokens], orders: int = ORDERS) -> list[Grams]:
    """The n-grams of every text, of 1, 2, ... words."""
    numbers: dict[str, int] = {}
    flat = chain.from_iterable(texts)
    word = np.fromiter((numbers.setdefault(one, len(numbers)) for one in flat), np.int64)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    text = np.repeat(np.arange(len(texts)), lengths)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(word))
    found, gram, kinds, start = list[Grams](), word, len(numbers), np.arange(len(word))
    for order in range(1, orders + 1):
        if order > 1:
            stays = left[start] >= order
            start = start[stays]
            pairs = gram[stays] * len(numbers) + word[start + order - 1]
            known, gram = np.unique(pairs, return_inverse=True)
            kinds = len(known)
        keys, count = np.unique(text[start] * kinds + gram, return_counts=True)
        found.append(Grams(keys // max(kinds, 1), keys % max(kinds, 1), count, kinds))
    return found


@dataclass(frozen=True, eq=False)
class Captions:
    """A prediction an item, and one or more references of each: all as words."""

    predictions: tuple[tuple[str, ...], ...]
    references: tuple[tuple[tuple[str, ...], ...], ...]

    def __post_init__(self) -> None:
        if len(self.predictions) != len(self.references):
            raise RequestError(
                f"A prediction and its references for each item: these are "
                f"{len(self.predictions):,} predictions and references of "
                f"{len(self.references):,} items."
            )
        if not self.predictions:
            raise RequestError("There is no prediction to score: one item or more is needed.")
        bare = [number for number, some in enumerate(self.references) if not some]
        if bare:
            raise RequestError(
                f"{len(bare):,} of {len(self.references):,} items have no reference, the first at "
                f"place {bare[0]}: leave them out, or give them one."
            )

    @classmethod
    def of(cls, predictions: Sequence[str], references: Sequence[Sequence[str]]) -> "Captions":
        """Captions of plain texts.

        Args:
            predictions: a text an item.
            references: the texts that people gave the same items, one or more an item.

        Raises:
            RequestError: another number of references than of predictions, an item without a
                reference, or something that is no text.
        """
        whose = (("Predictions", predictions), *(("References", one) for one in references))
        for what, some in whose:
            if isinstance(some, str):
                raise RequestError(f"{what} are a list of texts, not one text ({short(some)}).")
        cut = [tokens_of(one) for one in predictions]
        return cls(tuple(cut), tuple(tuple(map(tokens_of, some)) for some in references))

    def __len__(self) -> int:
        return len(self.predictions)

    @cached_property
    def texts(self) -> list[tuple[str, ...]]:
        """All predictions, then all references."""
        return [*self.predictions, *chain.from_iterable(self.references)]

    @cached_property
    def owner(self) -> Int[np.ndarray, " r"]:
        """The item of each reference."""
        return np.repeat(np.arange(len(self)), [len(some) for some in self.references])

    @cached_property
    def lengths(self) -> Int[np.ndarray, " t"]:
        """Words of each of ``texts``."""
        return np.array([len(one) for one in self.texts])

    @cached_property
    def grams(self) -> list[Grams]:
        """n-grams of ``texts``, by order."""
        return grams(self.texts)

    def sides(self, order: int) -> tuple[Grams, Grams]:
        """n-grams of the predictions, and of the references (whose texts count from 0)."""
        both, n = self.grams[order - 1], len(self)
        after = both.of(n, len(self.texts))
        return both.of(0, n), Grams(after.text - n, after.gram, after.count, both.kinds)


def tokens_of(text: object) -> tuple[str, ...]:
    """The words of a text.

    Raises:
        RequestError: it is none.
    """
    if not isinstance(text, str):
        raise RequestError(f"A caption is a text, not {a_kind(text)} ({short(text)}).")
    return tuple(words(text))


def by_item(
    values: Float[np.ndarray, " r"], owner: Int[np.ndarray, " r"], n: int
) -> Float[np.ndarray, " n"]:
    """Mean over the references of each item."""
    return np.bincount(owner, values, n) / np.bincount(owner, minlength=n)
