"""Attention learns which parts of a bag tell its class."""

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.similarity.pooling import attention, mean_of_vectors
from isthmus.transform.attention import Attention, fit_attention
from isthmus.types import RequestError

MARK, D = 7, 8


def bags(count, seed):
    """One part in three shows the class and carries a mark; the others show another class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    found = []
    for label in labels:
        parts = np.eye(D)[(label + rng.integers(1, 3, 3)) % 3]
        true = rng.integers(3)
        parts[true] = np.eye(D)[label] + np.eye(D)[MARK]
        found.append(unit(parts + 0.05 * rng.normal(size=(3, D))))
    return found, labels


CLASSES = np.eye(D)[:3]


def share(pooled, labels):
    found = [(CLASSES @ one).argmax() for one in pooled]
    return float(np.mean(found == labels))


def test_the_part_that_tells_is_found_on_bags_never_seen():
    found = fit_attention(*bags(60, 0), CLASSES)
    unseen, labels = bags(200, 1)
    pooled = [attention(parts, found(parts)) for parts in unseen]
    assert share(pooled, labels) == 1.0
    assert share(map(mean_of_vectors, unseen), labels) < 0.8
    assert np.argmax(found.query) == MARK
    weights = found(unseen[0])
    assert weights.shape == (3,)
    assert weights.sum() == pytest.approx(1)


def test_the_zero_query_is_the_mean_and_a_heavy_ridge_keeps_it():
    parts = bags(1, 2)[0][0]
    flat = Attention(np.zeros(D, np.float32))
    np.testing.assert_allclose(attention(parts, flat(parts)), mean_of_vectors(parts), rtol=1e-6)
    held = fit_attention(*bags(30, 0), CLASSES, ridge=1e6)
    assert np.abs(held.query).max() < 1e-4


def test_no_other_query_is_better():
    some, labels = bags(40, 3)
    best = fit_attention(some, labels, CLASSES, scale=5.0, ridge=0.01)

    def loss(query):
        total = 0.01 * float(query @ query)
        for parts, label in zip(some, labels, strict=True):
            weights = np.exp(parts @ query)
            logits = 5.0 * CLASSES @ (weights / weights.sum() @ parts)
            total += float(np.log(np.exp(logits).sum()) - logits[label]) / len(some)
        return total

    rng = np.random.default_rng(0)
    least = loss(best.query.astype(float))
    for _ in range(20):
        assert loss(best.query + 0.05 * rng.normal(size=D)) > least


def test_bags_may_differ_in_size_and_their_order_does_not_matter():
    some, labels = bags(30, 4)
    some[0] = some[0][:1]
    found = fit_attention(some, labels, CLASSES)
    turned = fit_attention(some[::-1], labels[::-1], CLASSES)
    np.testing.assert_allclose(found.query, turned.query, atol=1e-3)


@pytest.mark.parametrize(
    ("some", "labels", "message"),
    [
        ([], [], "0 bags and 0 labels"),
        ([np.eye(D)], [0, 1], "1 bags and 2 labels"),
        ([np.empty((0, D))], [0], "one part or more"),
        ([np.eye(D)], [3], "rows of the 3 classes"),
    ],
)
def test_what_cannot_be_fitted_is_refused(some, labels, message):
    with pytest.raises(RequestError, match=message):
        fit_attention(some, labels, CLASSES)
