"""What every similarity must satisfy, also a third party's."""

from collections.abc import Callable
from typing import Any

import numpy as np


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
