"""Scores of texts whose items are drawn anew: intervals, and the difference of two systems."""

from typing import Any, ClassVar, TypeVar

import numpy as np
from jaxtyping import Float

from isthmus.measure.statistics import LEAST, chance, seeded
from isthmus.records import dataclass
from isthmus.types import Interval, Null, RequestError, Result

DRAWS = 999
"""Draws of items; 0.05 (DRAWS + 1) is whole."""
AT_ONCE = 50
"""Draws that are in memory together."""
NO_NULL = Null("none", note="read it against the texts of another system or of people")
METHOD = "query bootstrap over items, references fixed"

Statistics = Float[np.ndarray, "n k"]
"""What each item contributes to a score: the score is a function of the sums over items."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TextScore(Result):
    """A score of texts on the scale of 100: the mean over items of what ``statistics`` holds."""

    statistics: Statistics

    higher: ClassVar[str] = "better"

    @classmethod
    def at(cls, sums: Float[np.ndarray, "b k"], n: int) -> Float[np.ndarray, " b"]:
        """The score where the contributions of n items have these sums."""
        return sums[:, 0] / n

    @property
    def items(self) -> Float[np.ndarray, " n"]:
        """The score of each item alone."""
        return self.at(self.statistics, 1)


S = TypeVar("S", bound=TextScore)


def score(
    kind: type[S],
    name: str,
    statistics: Statistics,
    rng: np.random.Generator | None,
    null: Null,
    **fields: Any,
) -> S:
    """The score of these items with its interval; below ``LEAST`` items there is none.

    Args:
        kind: the result, which knows the score by its sums.
        name: as pages print it.
        statistics: (n, k) of each item.
        rng: draws the items; without it the seed is 0, so that systems share their draws.
        null: what the score is where there is nothing to find, or why there is no such thing.
        fields: what the result holds beside; an interval of another kind, too.
    """
    statistics = np.asarray(statistics, np.float64)
    n = len(statistics)
    if "interval" not in fields and n >= LEAST:
        low, high = np.quantile(kind.at(drawn_sums(statistics, seeded(rng)), n), [0.025, 0.975])
        fields["interval"] = Interval(float(low), float(high), METHOD)
    value = float(kind.at(statistics.sum(axis=0, keepdims=True), n)[0])
    return kind(name=name, value=value, n=n, null=null, statistics=statistics, **fields)


def drawn_sums(statistics: Statistics, rng: np.random.Generator) -> Float[np.ndarray, "b k"]:
    """Sums over as many items as there are, drawn with replacement, once for each draw."""
    n, found = len(statistics), list[np.ndarray]()
    for at in range(0, DRAWS, AT_ONCE):
        rows = rng.integers(n, size=(min(AT_ONCE, DRAWS - at), n))
        rows += n * np.arange(len(rows))[:, None]
        times = np.bincount(rows.ravel(), minlength=rows.size).reshape(rows.shape)
        found.append(times @ statistics)
    return np.concatenate(found)


@dataclass(frozen=True, eq=False, kw_only=True)
class TextDifference(Result):
    """How much better one system's texts score than another's on the same items."""

    first: float
    second: float

    paper = (
        "Koehn 2004, Statistical Significance Tests for Machine Translation Evaluation (paired "
        "bootstrap); p by swapping systems: Riezler & Maxwell 2005"
    )
    sentence = (
        "The first system scores {self.first:.2f} and the second {self.second:.2f} on the same "
        "items, a difference of {self.value:.2f}; items whose outputs are swapped at random give "
        "as large a difference with p = {self.null.p:.3g}."
    )


def text_difference(
    first: TextScore, second: TextScore, *, rng: np.random.Generator | None = None
) -> TextDifference:
    """Score of the first system minus that of the second, item by item on the same items.

    The interval draws items with both their outputs; idf weights of CIDEr stay what they are. The
    null swaps the outputs of both systems item by item.

    Args:
        first: a score, such as ``cider(predictions, references)``.
        second: the same score of another system on the same items in the same order.
        rng: without it the seed is 0.

    Raises:
        RequestError: two different scores, or of other numbers of items.

    Source: Koehn 2004 (paired bootstrap); Riezler & Maxwell 2005 (approximate randomisation).
    """
    check_comparable(first, second)
    rng, n, kind = seeded(rng), first.n, type(first)
    a, b = first.statistics, second.statistics
    interval = None
    if n >= LEAST:
        sums = drawn_sums(np.hstack([a, b]), rng)
        both = kind.at(sums[:, : a.shape[1]], n) - kind.at(sums[:, a.shape[1] :], n)
        low, high = np.quantile(both, [0.025, 0.975])
        interval = Interval(float(low), float(high), f"paired {METHOD}")
    swapped = rng.integers(2, size=(DRAWS, n)) @ (b - a)
    draws = kind.at(a.sum(axis=0) + swapped, n) - kind.at(b.sum(axis=0) - swapped, n)
    value = first.value - second.value
    null = chance("label", value, draws, "two", "the outputs of both systems swapped within items")
    return TextDifference(
        name=f"{first.name}, difference",
        value=value,
        n=n,
        interval=interval,
        null=null,
        first=first.value,
        second=second.value,
    )


def check_comparable(*scores: TextScore) -> None:
    """Refuse scores that are not the same score of the same number of items.

    Raises:
        RequestError: they are not; says which they are.
    """
    told = {(one.name, one.n, one.statistics.shape) for one in scores}
    if len(told) > 1:
        said = " and ".join(f"{one.name} of {one.n:,} items" for one in scores)
        raise RequestError(f"The same score of the same items is compared, not {said}.")
