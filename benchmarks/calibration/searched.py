"""Spaces to calibrate retrieval and classification on."""

from functools import cache
from typing import Any

import numpy as np

from benchmarks.calibration.spaces import joint
from isthmus.types import EmbeddingSet, Links

WHOLE = 4_000
"""Objects of the fixed galleries; queries are a sample of them."""

CLASSES = 5


def asked(
    rng: np.random.Generator, n: int, d: int, noise: float = 0.5
) -> tuple[EmbeddingSet, EmbeddingSet, Links]:
    """Random objects of a fixed space as queries; its other items are distractors.

    The gallery is the same in every trial, as the query bootstrap takes it to be.
    """
    a, b = fixed(d, noise)
    rows = rng.choice(WHOLE, size=n, replace=False)
    return a, b, Links((str(row), str(row)) for row in rows)


def faintly_asked(
    rng: np.random.Generator, n: int, d: int
) -> tuple[EmbeddingSet, EmbeddingSet, Links]:
    """The same with so much noise that half of the queries find their item beyond place 40."""
    return asked(rng, n, d, noise=1.0)


@cache
def fixed(d: int, noise: float) -> tuple[EmbeddingSet, EmbeddingSet]:
    """The same modalities in every trial, half in each other, several noises apart."""
    rng = np.random.default_rng(7)
    content = rng.normal(size=(WHOLE, d))
    first, second = (content + noise * rng.normal(size=(WHOLE, d)) for _ in range(2))
    offset = np.zeros(d)
    offset[0] = 0.5
    return (
        EmbeddingSet.from_rows(first.astype(np.float32), "a"),
        EmbeddingSet.from_rows((second + offset).astype(np.float32), "b"),
    )


def mislabelled(rng: np.random.Generator, n: int, d: int) -> tuple[Any, ...]:
    """Labels of uneven frequency that mean nothing, and class vectors (*label*)."""
    frequent = np.arange(1, CLASSES + 1) / np.arange(1, CLASSES + 1).sum()
    labels = rng.choice(CLASSES, size=n, p=frequent)
    return joint(rng, n, d)[0], labels, centres(d)


def labelled(rng: np.random.Generator, n: int, d: int) -> tuple[Any, ...]:
    """Classes around fixed centres that overlap, so that about one item in four is mistaken."""
    labels = rng.choice(CLASSES, size=n)
    return centres(d)[labels] + 1.6 * rng.normal(size=(n, d)), labels, centres(d)


def centres(d: int) -> np.ndarray:
    """The same class vectors in every trial."""
    return np.random.default_rng(8).normal(size=(CLASSES, d))
