"""What every similarity and every measure must satisfy, also a third party's."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from isthmus.types import Result


def check_similarity(similarity: Callable[[Any, Any], Any], dim: int = 8) -> None:
    """Assert that a similarity keeps its contract on NumPy arrays.

    (n, d) and (m, d) give (n, m); the pairs of rows decide, not their places; on the sphere no row
    is closer than itself; very small and very large vectors stay finite in float32.

    Raises:
        AssertionError: a clause is broken; says which.
    """
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(5, dim)), rng.normal(size=(7, dim))
    scores = np.asarray(similarity(a, b))
    assert scores.shape == (5, 7), f"(5, d) and (7, d) must give (5, 7), not {scores.shape}."
    turned = np.asarray(similarity(a[::-1], b[::-1]))
    assert np.allclose(turned, scores[::-1, ::-1]), "Reordered rows must give reordered scores."
    sphere = b / np.linalg.norm(b, axis=1, keepdims=True)
    closest = np.asarray(similarity(sphere, sphere)).argmax(axis=1)
    assert (closest == np.arange(7)).all(), "On the sphere no row may be closer than itself."
    extremes = np.outer([1e-10, 1.0, 1e10], np.ones(dim)).astype(np.float32)
    assert np.isfinite(np.asarray(similarity(extremes, extremes))).all(), "Extremes must be finite."


def check_measure(measure: Callable[[np.random.Generator], Result]) -> None:
    """Assert that a measure's result is whole: it prints, saves, explains and cites itself.

    Args:
        measure: the measure with its data bound, waiting for a generator:
            ``lambda rng: uniformity(vectors, rng=rng)``.

    Raises:
        AssertionError: a clause is broken; says which.
    """
    first, again = (measure(np.random.default_rng(0)) for _ in range(2))
    assert isinstance(first, Result), f"A measure returns a Result, not {type(first).__name__}."
    text = json.dumps(first.to_dict(), allow_nan=False)
    assert text == json.dumps(again.to_dict(), allow_nan=False), "The same seed, the same numbers."
    assert "\n" not in str(first), "A result prints one line."
    assert first.n > 0, "A result says how many objects it rests on."
    assert first.null.note != "not declared", "A measure declares its null, or why it has none."
    assert len(first.about) > 40, "A result reads its value in a sentence."
    assert len(first.cite()) > 30, "A measure cites its source."
    if first.null.draws:
        assert 0 < first.null.p <= 1, "p is (1 + b)/(1 + B)."
        share = 0.05 * (first.null.draws + 1)
        assert abs(share - round(share)) < 1e-9, f"0.05 (B + 1) is whole, not {share}."
