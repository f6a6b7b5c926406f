"""Learned concepts: atoms of a sparse autoencoder (TopK), each named after a word."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors, unit, unit_or_zero
from isthmus.measure.concepts.splice import Concepts, mean_over_vectors
from isthmus.measure.statistics import SAMPLE, SetLike, as_set, named_words, seeded
from isthmus.records import dataclass
from isthmus.types import Null, RequestError

BATCH, RATE = 256, 3e-3
EPOCHS = 40
HELD_OUT = 0.2
LEAST = 50


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Atoms that vectors are sparse sums of: x = middle + code @ atoms, at most ``k`` a vector."""

    middle: Float[np.ndarray, " d"]
    atoms: Float[np.ndarray, "m d"]
    """Of length 1."""
    readers: Float[np.ndarray, "m d"]
    """The encoder: how much of each atom is in a vector, before all but k are left out."""
    k: int

    def encode(self, x: Vectors) -> Float[np.ndarray, "n m"]:
        """Codes, 0 or more, at most k of a row above 0."""
        return topk((np.asarray(x, np.float64) - self.middle) @ self.readers.T, self.k)

    def decode(self, code: Float[np.ndarray, "n m"]) -> Vectors:
        """The vectors of codes."""
        return self.middle + code @ self.atoms


@dataclass(frozen=True, eq=False, kw_only=True)
class LearnedConcepts(Concepts):
    """Mean cosine of held-out vectors and the sums of learned atoms that stand for them."""

    dictionary: Dictionary
    held_out: Int[np.ndarray, " h"]
    """Rows that no atom was learned from; the value is theirs."""
    sureness: Float[np.ndarray, " m"]
    """Cosine of each atom and the word it is named after."""
    paper = (
        "Gao et al., Scaling and evaluating sparse autoencoders, 2024, equation 3; names as Rao et "
        "al., Discover-then-Name, ECCV 2024; null: a Gaussian of the same mean and covariance."
    )

    @property
    def about(self) -> str:
        """How well learned atoms stand for vectors they never saw."""
        return (
            f"Held-out vectors are sums of {self.used:.1f} of {len(self.names)} learned atoms, at "
            f"a cosine of {self.value:.3f}; atoms learned on a Gaussian of the same covariance "
            f"give {self.null.mean:.3f}."
        )


def learned_concepts(
    a: SetLike,
    words: Vectors,
    names: Sequence[str],
    *,
    size: tuple[int, int] = (256, 8),
    groups: Sequence[Any] | np.ndarray | None = None,
    rng: np.random.Generator | None = None,
) -> LearnedConcepts:
    """Learn atoms of which vectors are sparse sums, and name each after the nearest word.

    A fifth of the vectors is held out; the value, its interval and the null are theirs. Words and
    vectors are centred on their own means, as modalities lie apart. Of more than 5,000 vectors as
    many are drawn. Equal seeds give equal atoms.

    Args:
        a: (n, d), the vectors, such as of images; n >= 50.
        words: (v, d), vectors of the vocabulary in the same space.
        names: the vocabulary, as many.
        size: atoms to learn, and how many a vector is made of at most.
        groups: of each vector, such as its object; a group is held out as a whole.
        rng: draws the first atoms, batches and the held-out vectors; None is seed 0.

    Raises:
        RequestError: too few vectors, no such size, or names that are not as many as words.

    Source: Gao et al. 2024, equation 3.
    """
    items, rng = as_set(a), seeded(rng)
    x, y = items.unit.astype(np.float64), unit(named_words(items, words, names), np.float64)
    _check(len(x), size)
    seen, held = _split(len(x), groups, rng)
    dictionary = fit_dictionary(x[seen], *size, rng)
    cosines, code = _cosines(dictionary, x), dictionary.encode(x)
    near = dictionary.atoms @ unit_or_zero(y - y.mean(axis=0), np.float64).T
    return LearnedConcepts(
        name="cosine of sums of learned atoms",
        value=float(cosines[held].mean()),
        n=len(held),
        interval=mean_over_vectors(cosines[held]),
        null=_of_a_gaussian(x[seen], x[held], size, rng),
        names=tuple(str(names[word]) for word in near.argmax(axis=1)),
        weights=code,
        cosines=cosines,
        used=float((code > 0).sum(axis=1).mean()),
        dictionary=dictionary,
        held_out=held,
        sureness=near.max(axis=1),
    )


def _check(vectors: int, size: tuple[int, int]) -> None:
    if vectors < LEAST or np.shape(size) != (2,) or not 1 <= size[1] <= size[0]:
        raise RequestError(
            f"Atoms are learned from {LEAST} vectors or more, and 1 to all of them make a vector; "
            f"these are {vectors} vectors and a size (atoms, of which make a vector) of {size}."
        )


def _of_a_gaussian(
    seen: Vectors, held: Float[np.ndarray, "h d"], size: tuple[int, int], rng: np.random.Generator
) -> Null:
    """The same on a cloud of the same mean and covariance that is a sum of nothing sparse."""
    x = np.concatenate([held, seen])
    middle = x.mean(axis=0)
    cloud = middle + rng.normal(size=(len(x), len(x))) @ (x - middle) / np.sqrt(len(x) - 1)
    fitted = fit_dictionary(cloud[len(held) :], *size, rng)
    value = float(_cosines(fitted, cloud[: len(held)]).mean())
    return Null("reference law", value, note="a Gaussian of the same mean and covariance")


def _split(
    n: int, groups: Sequence[Any] | np.ndarray | None, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from and held-out rows; a group is on one side as a whole."""
    names = [str(group) for group in groups] if groups is not None else np.arange(n)
    if len(names) != n:
        raise RequestError(f"Every vector has a group: {n} vectors, {len(names)} groups.")
    _, group = np.unique(names, return_inverse=True)
    draw = rng.permutation(int(group.max()) + 1)[group]
    order = np.argsort(draw, kind="stable")[:SAMPLE]
    held = draw[order] < draw[order[int(HELD_OUT * len(order))]]
    if not held.any():
        raise RequestError("A fifth of the vectors is held out, but a single group holds them all.")
    return order[~held], order[held]


def fit_dictionary(
    x: Vectors, atoms: int, k: int, rng: np.random.Generator, epochs: int = EPOCHS
) -> Dictionary:
    """A TopK autoencoder by Adam; atoms that no vector of an epoch used begin anew.

    An atom begins at a vector drawn among those that are reconstructed worst (Bricken et al.
    2023, "Towards Monosemanticity").
    """
    x = np.asarray(x, np.float64)
    mean = x.mean(axis=0)
    scale = float(np.sqrt(((x - mean) ** 2).sum(axis=1).mean())) or 1.0
    away = (x - mean) / scale
    first = away[rng.integers(len(x), size=atoms)]
    decoder = unit(first + rng.normal(0, 0.01, first.shape), np.float64)
    parts = [decoder, decoder.copy(), np.zeros((1, x.shape[1]))]
    state = [np.zeros((2, *part.shape)) for part in parts]
    step, batches = 0, max(1, len(x) // BATCH)
    for epoch in range(epochs):
        used, error = np.zeros(atoms, bool), np.zeros(len(x))
        rate = RATE * min(1.0, 2 * (1 - epoch / epochs))
        for batch in np.array_split(rng.permutation(len(x)), batches):
            step += 1
            code, wrong, gradients = _gradients(away[batch], parts, k)
            used |= (code > 0).any(axis=0)
            error[batch] = (wrong**2).sum(axis=1)
            for part, kept, gradient in zip(parts, state, gradients, strict=True):
                _adam(part, kept, gradient, step, rate)
            parts[0][:] = unit(parts[0], np.float64)
        if not used.all() and epoch < epochs - 5:
            odds = (error + 1e-12) / (error + 1e-12).sum()
            fresh = rng.choice(len(x), int((~used).sum()), p=odds)
            parts[0][~used] = parts[1][~used] = unit_or_zero(away[fresh], np.float64)
            state[0][:, ~used] = state[1][:, ~used] = 0
    return Dictionary(mean + scale * parts[2][0], parts[0], parts[1], k)


def _gradients(
    x: np.ndarray, parts: list[np.ndarray], k: int
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    """Codes, the error of their vectors, and the gradients of half its mean square."""
    decoder, encoder, middle = parts
    code = topk((x - middle) @ encoder.T, k)
    wrong = middle + code @ decoder - x
    back = (wrong @ decoder.T) * (code > 0)
    of_middle = (wrong - back @ encoder).mean(axis=0, keepdims=True)
    return code, wrong, (code.T @ wrong / len(x), back.T @ (x - middle) / len(x), of_middle)


def topk(code: Float[np.ndarray, "n m"], k: int) -> Float[np.ndarray, "n m"]:
    """The k largest of each row where they are above 0, and 0 elsewhere."""
    found = np.zeros_like(code)
    rows = np.argpartition(-code, k - 1, axis=1)[:, :k]
    np.put_along_axis(found, rows, np.maximum(np.take_along_axis(code, rows, axis=1), 0), axis=1)
    return found


def _adam(part: np.ndarray, kept: np.ndarray, gradient: np.ndarray, step: int, rate: float) -> None:
    kept[0] += 0.1 * (gradient - kept[0])
    kept[1] += 0.001 * (gradient**2 - kept[1])
    mean, square = kept[0] / (1 - 0.9**step), kept[1] / (1 - 0.999**step)
    part -= rate * mean / (np.sqrt(square) + 1e-8)


def _cosines(dictionary: Dictionary, x: Vectors) -> Float[np.ndarray, " n"]:
    """Cosine of each centred vector and its sum of atoms."""
    made = dictionary.decode(dictionary.encode(x)) - dictionary.middle
    away = x - dictionary.middle
    return (unit_or_zero(made, np.float64) * unit_or_zero(away, np.float64)).sum(axis=1)
