"""Labels dealt anew stay with whole objects."""

import numpy as np
import pytest

from isthmus.measure.statistics.labels import labelled, names_of, permuted_labels
from isthmus.types import EmbeddingSet, RequestError


def test_objects_of_one_label_trade_it_whole():
    objects = np.repeat(np.arange(8), 3)
    truth = objects % 2
    draws = permuted_labels(truth, objects, np.random.default_rng(0), 50)
    by_object = draws.reshape(50, 8, 3)
    assert (by_object == by_object[:, :, :1]).all()
    assert (by_object[:, :, 0].sum(axis=1) == 4).all()
    assert (draws != truth).any()


def test_labels_within_an_object_trade_places_inside_it():
    objects = np.array([0, 1, 0, 1, 0, 1])
    truth = np.array([0, 0, 1, 1, 2, 3])
    draws = permuted_labels(truth, objects, np.random.default_rng(0), 50)
    assert (np.sort(draws[:, [0, 2, 4]]) == [0, 1, 2]).all()
    assert (np.sort(draws[:, [1, 3, 5]]) == [0, 1, 3]).all()
    assert len(np.unique(draws, axis=0)) > 10


def test_numbers_are_names_too():
    items = EmbeddingSet.from_rows(np.eye(3), "image")
    assert names_of(items, np.array([7, 8, 7])).tolist() == ["7", "8", "7"]
    with pytest.raises(RequestError, match="3 image items and 2 labels"):
        names_of(items, [1, 2])


def test_many_items_are_sampled_by_whole_objects(monkeypatch):
    monkeypatch.setattr("isthmus.measure.statistics.labels.MOST_QUERIES", 10)
    objects = np.repeat(np.arange(10), 2)
    found = labelled(np.eye(20), objects, objects, np.random.default_rng(0))
    assert len(found.items) == 10
    assert np.bincount(found.objects).tolist() == [2] * 5
    assert [int(name) // 2 for name in found.items.ids] == [int(name) for name in found.names]
