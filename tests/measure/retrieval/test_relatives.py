"""Retrieval within a modality: known answers, objects that do not find themselves, refusals."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.measure.retrieval import relatives
from isthmus.measure.statistics import wilson_interval
from isthmus.types import EmbeddingSet, RequestError
from tests.measure.retrieval_spaces import labelled_cloud


def by_hand(x, labels, objects):
    """Sorted lists, item by item."""
    hits, recalls, gains, precisions = [], [], [], []
    for own in range(len(x)):
        others = [row for row in range(len(x)) if objects[row] != objects[own]]
        order = sorted(others, key=lambda row: -x[row] @ x[own])
        same = np.array([labels[row] == labels[own] for row in order])
        if not same.any():
            continue
        places = np.flatnonzero(same) + 1
        hits.append([same[:k].any() for k in (1, 5, 10)])
        recalls.append([same[:k].sum() / same.sum() for k in (1, 5, 10)])
        worth = 1 / np.log2(np.arange(2, 7))
        gains.append((same[:5] * worth).sum() / worth[: same.sum()].sum())
        precisions.append(np.mean(np.arange(1, len(places) + 1) / places))
    return [np.mean(one, axis=0) for one in (hits, recalls, gains, precisions)]


@pytest.mark.parametrize("views", [1, 3])
def test_numbers_are_those_of_sorted_lists(views):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 6)).astype(np.float32)
    labels = [*map(str, rng.integers(7, size=60)[: 60 // views].repeat(views))]
    objects = np.arange(60) // views
    labels[:views] = ["alone"] * views  # searched, and not asked
    a = EmbeddingSet.from_rows(x, "mesh")
    found = measure.class_retrieval(a, labels, objects=objects)
    hits, recalls, gain, precision = by_hand(a.unit, labels, objects)
    np.testing.assert_allclose(found.hits, hits)
    np.testing.assert_allclose(found.recalls, recalls)
    assert found.value == found.hits[0]
    assert found.ndcg5 == pytest.approx(gain)
    assert found.mean_average_precision == pytest.approx(precision)
    assert found.queries == 60 - views * (1 if views == 1 else 3)  # two classes more are of one
    assert found.n == found.queries // views


def test_views_of_an_object_do_not_find_each_other():
    rng = np.random.default_rng(2)
    objects = np.repeat(np.arange(60), 6)
    x = rng.normal(size=(60, 32))[objects] + 0.05 * rng.normal(size=(360, 32))
    labels = rng.choice(["heads", "tails"], 60)[objects]
    assert measure.class_retrieval(x, labels).value == 1
    honest = measure.class_retrieval(x, labels, objects=objects)
    assert honest.null.low <= honest.value <= honest.null.high and honest.n == 60


def test_equal_vectors_score_chance_and_separate_classes_all():
    same = measure.class_retrieval(np.ones((40, 4)), ["a", "b"] * 20)
    assert same.value == pytest.approx(19 / 39)
    assert same.null.mean == pytest.approx(19 / 39)
    a, labels, _ = labelled_cloud(0, noise=0.1)
    found = measure.class_retrieval(a, labels)
    assert found.value == found.ndcg5 == 1 == pytest.approx(found.mean_average_precision)
    assert found.null.p == pytest.approx(0.005)
    kinds = np.bincount(np.unique(labels, return_inverse=True)[1])
    chance = (kinds * (kinds - 1)).sum() / (120 * 119)
    assert found.null.mean == pytest.approx(chance, abs=0.02)


def test_of_very_many_items_whole_objects_ask(monkeypatch):
    a, labels, _ = labelled_cloud(0, noise=2.0)
    whole = measure.class_retrieval(a, labels)
    monkeypatch.setattr(relatives, "MOST_RELEVANT", 1_000)
    some = measure.class_retrieval(a, labels)
    assert some.queries < whole.queries == 120 and some.candidates == 119
    assert some.value == pytest.approx(whole.value, abs=0.3)


def test_a_class_has_two_objects():
    a, _, _ = labelled_cloud()
    with pytest.raises(RequestError, match="no class has two objects"):
        measure.class_retrieval(a, list(a.ids))
    with pytest.raises(RequestError, match="no class has two objects"):
        measure.class_retrieval(a, ["one"] * 120, objects=["x"] * 120)


def test_each_others_nearest_are_one_toss():
    """Fifty pairs far apart, of which some are of one class: both of a pair are right, or none."""
    rng = np.random.default_rng(0)
    x = np.repeat(rng.normal(size=(50, 40)), 2, axis=0) + 0.01 * rng.normal(size=(100, 40))
    same = np.arange(50) < 20
    first = rng.choice(["a", "b"], 50)
    second = np.where(same, first, np.where(first == "a", "b", "a"))
    found = measure.class_retrieval(x, np.stack([first, second], axis=1).ravel())
    assert found.value == 0.4 and found.n == 100
    around = wilson_interval(same.astype(float))
    assert [found.interval.low, found.interval.high] == pytest.approx([around.low, around.high])
