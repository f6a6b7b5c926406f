"""Clusters against labels: values of scikit-learn, perfect and meaningless labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import measure
from isthmus.measure.classification.clusters import v_measure
from isthmus.types import RequestError
from tests.measure.retrieval_spaces import labelled_cloud


@given(
    truth=st.lists(st.integers(0, 3), min_size=2, max_size=30),
    seed=st.integers(0, 100),
)
@settings(max_examples=40, deadline=None)
def test_v_measure_is_scikit_learns(truth, seed):
    from sklearn.metrics import homogeneity_completeness_v_measure

    truth = np.array(truth)
    cluster = np.random.default_rng(seed).integers(4, size=len(truth))
    expected = homogeneity_completeness_v_measure(truth, cluster)
    found = v_measure(truth, cluster)
    assert found == pytest.approx(expected, abs=1e-9)


def test_separate_classes_agree_fully_and_meaningless_labels_as_chance():
    a, labels, _ = labelled_cloud(0, noise=0.1)
    found = measure.cluster_agreement(a, labels)
    assert found.value == pytest.approx(1)
    assert (found.homogeneity, found.completeness) == pytest.approx((1, 1))
    dealt = np.random.default_rng(0).permutation(labels)
    chance = measure.cluster_agreement(a, dealt)
    assert chance.value == pytest.approx(chance.null.mean, abs=0.06)
    assert chance.null.p > 0.05
    assert chance.value in chance.interval


def test_all_vectors_equal_agree_in_nothing():
    with pytest.warns(match="distinct clusters"):
        found = measure.cluster_agreement(np.ones((30, 4)), list("abc") * 10)
    assert (found.value, found.null.mean) == (0, 0)


def test_one_class_is_nothing_to_agree_with():
    with pytest.raises(RequestError, match="two classes or more"):
        measure.cluster_agreement(np.eye(4), ["same"] * 4)
