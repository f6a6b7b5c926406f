"""Which words lie in a cloud of vectors, one after the other, and which in a subspace?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors
from isthmus.measure.statistics import (
    DRAWS,
    SetLike,
    as_set,
    chance,
    check_whole,
    holm,
    jackknife,
    membership,
    named_words,
    random_basis,
    seeded,
    with_and_without_runs,
)
from isthmus.types import Axes, RequestError, Result, Subspace, axes_or_new


@dataclass(frozen=True, eq=False, kw_only=True)
class TextSpan(Result):
    """Share of the variance of vectors in the span of the chosen words' directions."""

    chosen: tuple[str, ...]
    """Words in the order in which they were chosen."""
    shares: Float[np.ndarray, " k"]
    """Share of the variance in the span of the first one, two, ... words."""
    paper = (
        "Gandelsman, Efros & Steinhardt, Interpreting CLIP's Image Representation via Text-Based "
        "Decomposition, ICLR 2024, algorithm 1 (TextSpan); null: the vocabulary turned at random."
    )

    @property
    def about(self) -> str:
        """The words and what they hold."""
        return (
            f"{', '.join(self.chosen)} span {self.value:.1%} of the variance; as many words of a "
            f"vocabulary turned at random span {self.null.mean:.1%}."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Share by number of words."""
        ax = axes_or_new(ax)
        ax.plot(np.arange(1, len(self.shares) + 1), self.shares, "o-", label=self.name)
        ax.axhline(self.null.mean, color="0.6", ls="--", label="turned vocabulary, all words")
        ax.set(xlabel="words", ylabel="share of the variance")
        return ax


def text_span(
    a: SetLike,
    words: Vectors,
    names: Sequence[str],
    *,
    count: int = 5,
    rng: np.random.Generator | None = None,
) -> TextSpan:
    """Choose words greedily: each is the one whose direction holds most of what is left.

    Args:
        a: (n, d), vectors, such as the views of an object; their mean is taken away.
        words: (v, d), vectors of the vocabulary in the same space; their mean is taken away.
        names: the vocabulary, as many.
        count: words to choose.
        rng: rotates the vocabulary for the null; None is seed 0.

    Raises:
        RequestError: names that are not as many as words, fewer words than asked, or equal vectors.

    Source: Gandelsman et al. 2024, algorithm 1.
    """
    items, rng = as_set(a), seeded(rng)
    sides = items.unit.astype(np.float64), named_words(items, words, names)
    if check_whole(count, "Words are chosen") > len(names):
        raise RequestError(f"{count} words are to be chosen, but there are {len(names)}.")
    x, y = (side - side.mean(axis=0) for side in sides)
    if (x**2).sum() < 1e-12:
        raise RequestError("All vectors are equal: there is no variance that words could span.")
    order, shares = greedy(x, y, count)
    spanned = [greedy(part, y, count)[1][-1] for part in with_and_without_runs(x)]
    value, _, interval = jackknife(spanned, debias=False)
    # rows count by their second moments alone, which the triangle has in d rows
    small = np.linalg.qr(x, mode="r") if len(x) > x.shape[1] else x
    turns = (random_basis(x.shape[1], x.shape[1], rng) for _ in range(DRAWS))
    draws = np.array([greedy(small @ turn, y, count)[1][-1] for turn in turns])
    return TextSpan(
        name="variance spanned by words",
        value=value,
        n=len(x),
        interval=interval,
        null=chance("reference law", value, draws, note="the vocabulary turned at random"),
        chosen=tuple(str(names[word]) for word in order),
        shares=shares,
    )


def greedy(
    x: Vectors, words: Float[np.ndarray, "v d"], count: int
) -> tuple[list[int], Float[np.ndarray, " k"]]:
    """Rows of the chosen words, and the share of the squared lengths of x in their span."""
    left, y = x, words
    chosen, shares = [], np.empty(count)
    for number in range(count):
        length = np.linalg.norm(y, axis=1)
        usable = length > 1e-6 * np.linalg.norm(words, axis=1).max()
        held = ((y @ left.T) ** 2).sum(axis=1) / np.maximum(length, 1e-12) ** 2
        best = int(np.where(usable, held, -1).argmax())
        direction = y[best] / max(float(length[best]), 1e-12)
        left, y = (rows - np.outer(rows @ direction, direction) for rows in (left, y))
        shares[number] = 1 - float((left**2).sum()) / float((x**2).sum())
        chosen.append(best)
    return chosen, shares


def words_within(
    subspace: Subspace, words: Vectors, names: Sequence[str], count: int = 5
) -> list[tuple[str, float, float]]:
    """The words that lie most in a subspace: name, share of squared length inside, adjusted p.

    Words are centred on their mean. p is that of a random direction, adjusted for the number of
    words by Holm's method.

    Args:
        subspace: of the space that the words live in; its origin does not count.
        words: (v, d).
        names: as many.
        count: words to return.

    Raises:
        RequestError: names that are not as many as words.
    """
    if len(names) != len(words):
        raise RequestError(f"Every word has a name: {len(words)} words, {len(names)} names.")
    y = np.asarray(words, dtype=np.float64)
    found = membership(y - y.mean(axis=0), Subspace(subspace.basis, np.zeros(y.shape[1])))
    rows = zip(map(str, names), found.share.tolist(), holm(found.p).tolist(), strict=True)
    return sorted(rows, key=lambda row: -row[1])[:count]
