"""Which words is a vector made of? A sparse, non-negative sum of a vocabulary (SpLiCE)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vector, Vectors, unit, unit_or_zero
from isthmus.measure.statistics import (
    SetLike,
    as_set,
    mean_interval,
    named_words,
    random_basis,
    seeded,
)
from isthmus.types import Axes, Interval, Null, RequestError, Result, axes_or_new, check_kind

PENALTY = 0.25
"""Weight of the sum of coefficients, for unit vectors."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Concepts(Result):
    """Mean cosine of vectors and the sums of words that stand for them."""

    names: tuple[str, ...]
    """The vocabulary."""
    weights: Float[np.ndarray, "n v"]
    """How much of each word is in each vector, 0 or more."""
    cosines: Float[np.ndarray, " n"]
    """Of each centred vector and its sum of words."""
    used: float
    """Mean number of words a vector."""
    paper = (
        "Bhalla et al., Interpreting CLIP with Sparse Linear Concept Embeddings (SpLiCE), NeurIPS "
        "2024, equation 3; null: the vocabulary turned at random, with the same penalty."
    )
    sentence = (
        "A vector is a sum of {self.used:.1f} words on average, at a cosine of "
        "{self.value:.3f}; a vocabulary turned at random gives {self.null.mean:.3f}."
    )

    def top(self, row: int, count: int = 5) -> list[tuple[str, float]]:
        """The heaviest words of a vector."""
        order = np.argsort(-self.weights[row], kind="stable")[:count]
        return [(self.names[w], float(self.weights[row, w])) for w in order if self.weights[row, w]]

    def plot(self, ax: Axes | None = None) -> Axes:
        """The heaviest words over all vectors."""
        ax = axes_or_new(ax)
        mean = self.weights.mean(axis=0)
        order = np.argsort(-mean, kind="stable")[:12]
        ax.barh([self.names[w] for w in order], mean[order])
        ax.invert_yaxis()
        ax.set_xlabel("mean weight")
        return ax


def sparse_concepts(
    a: SetLike,
    words: Vectors,
    names: Sequence[str],
    *,
    penalty: float = PENALTY,
    means: tuple[Vector, Vector] | None = None,
    rng: np.random.Generator | None = None,
) -> Concepts:
    """Write vectors as sparse sums of words.

    Both sides are centred, as what all have in common needs no words, and brought to length 1;
    then min |z - w C|² / 2 + penalty · sum(w), w >= 0.

    Args:
        a: (n, d), the vectors, such as of images.
        words: (v, d), vectors of the vocabulary in the same space.
        names: the vocabulary, as many.
        penalty: larger gives fewer words.
        means: of vectors and of words, of more of them; None takes their own.
        rng: rotates the vocabulary for the null; None is seed 0.

    Raises:
        RequestError: names that are not as many as words, or a penalty that is not positive.

    Source: Bhalla et al. 2024, equation 3.
    """
    items, rng = as_set(a), seeded(rng)
    x, y = items.unit.astype(np.float64), unit(named_words(items, words, names), np.float64)
    check_kind(penalty, int | float | np.number, "The penalty is a number above 0")
    if not penalty > 0:
        raise RequestError(f"The penalty is a number above 0, not {penalty}.")
    first, second = means if means is not None else (x.mean(axis=0), y.mean(axis=0))
    z, dictionary = (unit_or_zero(rows, np.float64) for rows in (x - first, y - second))
    weights, cosines = _sums(z, dictionary, penalty)
    _, chance = _sums(z, dictionary @ random_basis(x.shape[1], x.shape[1], rng), penalty)
    return Concepts(
        name="cosine of sums of words",
        value=float(cosines.mean()),
        n=len(x),
        interval=mean_over_vectors(cosines),
        null=Null("reference law", float(chance.mean()), note="the vocabulary turned at random"),
        names=tuple(map(str, names)),
        weights=weights,
        cosines=cosines,
        used=float((weights > 0).sum(axis=1).mean()),
    )


def mean_over_vectors(cosines: Float[np.ndarray, " n"]) -> Interval | None:
    """Student's interval of the mean; none of one vector."""
    return mean_interval(cosines, "mean over vectors, Student's t") if len(cosines) > 1 else None


def _sums(
    z: Vectors, dictionary: Float[np.ndarray, "v d"], penalty: float
) -> tuple[Float[np.ndarray, "n v"], Float[np.ndarray, " n"]]:
    """Weights, and the cosine of each vector and its sum; 0 where no word is used."""
    from sklearn.decomposition import sparse_encode

    found = sparse_encode(z, dictionary, algorithm="lasso_cd", alpha=penalty, positive=True)
    weights = np.asarray(found, dtype=np.float64)
    return weights, (unit_or_zero(weights @ dictionary, np.float64) * z).sum(axis=1)
