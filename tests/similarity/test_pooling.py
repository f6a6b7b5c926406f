"""Pooling of a bag's parts: answers on paper, order of the parts, NumPy and torch alike."""

import numpy as np
import pytest

from isthmus.registry import find
from isthmus.similarity import POOLINGS, VECTOR_POOLINGS
from isthmus.similarity.pooling import (
    attention,
    confidence_weighted,
    max_of_scores,
    mean_of_scores,
    mean_of_vectors,
    most_confident,
)

SCORES = np.array([[1.0, 0.0, 0.2], [0.0, 0.0, 0.5]])
"""Of two queries and three parts."""


def test_answers_on_paper():
    parts = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    np.testing.assert_allclose(mean_of_vectors(parts), [1.0, 1.0])
    np.testing.assert_allclose(attention(parts, np.array([3.0, 1.0, 0.0])), [0.75, 0.25])
    np.testing.assert_allclose(mean_of_scores(SCORES), [0.4, 0.5 / 3])
    np.testing.assert_allclose(max_of_scores(SCORES), [1.0, 0.5])


def test_a_part_that_is_surer_of_its_query_counts_more():
    scale = np.log(3.0)  # odds of 3 to 1, of 1 to 1, and of sqrt(3)^0.6 to 1
    third = 3**0.3 / (1 + 3**0.3)
    weights = np.array([0.75, 0.5, third]) / (1.25 + third)
    np.testing.assert_allclose(confidence_weighted(SCORES, scale), SCORES @ weights)
    np.testing.assert_allclose(confidence_weighted(SCORES, 1e-9), mean_of_scores(SCORES))
    assert np.isfinite(confidence_weighted(SCORES, 1e6)).all()


def test_the_surest_parts_are_kept():
    np.testing.assert_allclose(most_confident(SCORES, keep=1), SCORES[:, 0])
    np.testing.assert_allclose(most_confident(SCORES, keep=2), SCORES[:, [0, 2]].mean(axis=1))
    np.testing.assert_allclose(most_confident(SCORES, keep=9), mean_of_scores(SCORES))


def test_the_names_that_bags_and_options_use():
    assert [*VECTOR_POOLINGS] == ["mean", "attention"]
    names = ["mean", "attention", "mean_score", "max", "confidence", "most_confident"]
    assert [*POOLINGS] == names


@pytest.mark.parametrize("name", POOLINGS)
def test_shape_order_and_torch(name):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    shape = (5, 3) if name in VECTOR_POOLINGS else (3, 5)
    values, weights, order = rng.normal(size=shape), rng.random(5), rng.permutation(5)
    axis, rule = shape.index(5), find("poolings", POOLINGS, name)
    more = [weights] if name == "attention" else []
    found = rule(values, *more)
    assert found.shape == (3,)
    mixed = rule(np.take(values, order, axis), *(one[order] for one in more))
    np.testing.assert_allclose(mixed, found, rtol=1e-12)
    there = rule(torch.asarray(values), *map(torch.asarray, more))
    np.testing.assert_allclose(there.numpy(), found, rtol=1e-12)
    alone = rule(np.take(values, [2], axis), *(one[[2]] for one in more))
    np.testing.assert_allclose(alone, np.take(values, 2, axis), rtol=1e-12)
