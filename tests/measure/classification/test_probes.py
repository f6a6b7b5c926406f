"""Probes: separable classes, noise, whole objects held out, the linear algebra itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import measure
from isthmus.measure.classification.probes import answers, least_squares, prototypes, trial
from isthmus.types import EmbeddingSet, Interval, RequestError
from tests.measure.retrieval_spaces import labelled_cloud

PROBES = ("linear_probe", "knn_probe", "prototype_probe")


@pytest.mark.parametrize("name", PROBES)
def test_separate_classes_are_read_and_noise_is_not(name):
    a, labels, _ = labelled_cloud(0, noise=0.2)
    found = getattr(measure, name)(a, labels)
    assert found.value == 1
    assert found.null.p == pytest.approx(0.005)
    assert (found.items, found.trained_on) == (40, 80)
    rng = np.random.default_rng(1)
    noise = getattr(measure, name)(rng.normal(size=(300, 8)), rng.choice(list("abc"), 300))
    assert noise.value in noise.interval
    assert noise.null.mean in noise.interval
    assert noise.null.p > 0.05


@pytest.mark.parametrize("name", PROBES)
def test_whole_objects_are_held_out(name):
    # every object is a cluster of its own and its label a coin: nothing can be learned, but a
    # probe that saw other views of the object would know it
    rng = np.random.default_rng(2)
    objects = np.repeat(np.arange(60), 12)
    vectors = rng.normal(size=(60, 32))[objects] + 0.05 * rng.normal(size=(720, 32))
    labels = rng.choice(["heads", "tails"], 60)[objects]
    leaking = getattr(measure, name)(vectors, labels)
    honest = getattr(measure, name)(vectors, labels, objects=objects)
    assert leaking.null.p < 0.05
    assert honest.value in Interval(honest.null.low, honest.null.high, "null")
    assert honest.n == 20


def test_opposite_quadrants_are_read_by_neighbours_and_not_by_a_line():
    angle = np.random.default_rng(3).uniform(0, 2 * np.pi, 600)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    labels = np.where(circle.prod(axis=1) > 0, "even", "odd")
    assert measure.knn_probe(circle, labels).value > 0.95
    assert measure.linear_probe(circle, labels).value < 0.75


@pytest.mark.parametrize("name", PROBES)
@given(seed=st.integers(0, 30), scale=st.floats(0.1, 10))
@settings(max_examples=4, deadline=None)
def test_rotation_scale_and_names_of_classes_change_nothing(name, seed, scale):
    a, labels, _ = labelled_cloud(seed, noise=1.5)
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(16, 16)))[0]
    moved = EmbeddingSet.from_rows((scale * a.vectors @ turn).astype(np.float32), "image")
    before = getattr(measure, name)(a, labels)
    after = getattr(measure, name)(moved, [f"a {label}" for label in labels])
    # rounding may flip one close call among 40
    assert after.value == pytest.approx(before.value, abs=0.026)


def test_least_squares_is_scikit_learns_ridge():
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(50, 7)), rng.integers(3, size=50)
    mean_eigenvalue = np.linalg.eigvalsh((x - x.mean(0)).T @ (x - x.mean(0))).mean()
    fit = least_squares(x, y, 3, (0.3,))[0]
    model = Ridge(alpha=0.3 * mean_eigenvalue).fit(x, np.eye(3)[y])
    np.testing.assert_allclose(answers(fit, x), model.predict(x), atol=1e-5)


def test_prototypes_are_mean_directions():
    x = np.array([[1.0, 0], [0.6, 0.8], [0, -1]])
    scores = prototypes(x, np.array([0, 0, 1]), np.array([[0.0, 1]]))
    mean = np.array([0.8, 0.4]) / np.hypot(0.8, 0.4)
    np.testing.assert_allclose(scores, [[mean[1], -1]], rtol=1e-6)


def test_a_class_that_training_never_saw_is_wrong_not_lost():
    a, labels, _ = labelled_cloud(5, n=30, noise=0.1)
    rng = np.random.default_rng(0)
    unseen = trial(a, labels, None, np.random.default_rng(0))
    alone = a.ids.index(a.ids[int(np.flatnonzero(np.isin(a.unit, unseen.held_out).all(1))[0])])
    renamed = ["single" if row == alone else label for row, label in enumerate(labels)]
    found = measure.prototype_probe(a, renamed, rng=rng)
    assert "single" in found.classes
    assert found.recalls[found.classes.index("single")] == 0
    assert found.value == pytest.approx(0.9)


@pytest.mark.parametrize("name", PROBES)
def test_there_must_be_something_to_learn_and_to_ask(name):
    a, _, _ = labelled_cloud()
    with pytest.raises(RequestError, match="label several objects alike"):
        getattr(measure, name)(a, ["one"] * 120)
    with pytest.raises(RequestError, match="label several objects alike"):
        getattr(measure, name)(a, list(a.ids))
    with pytest.raises(RequestError, match="Every row needs one object"):
        getattr(measure, name)(a, ["one", "two"] * 60, objects=["x"])


def test_a_vote_needs_a_neighbour():
    a, labels, _ = labelled_cloud()
    with pytest.raises(
        RequestError, match="A vote is of k neighbours: a whole number, 1 or more, not 0"
    ):
        measure.knn_probe(a, labels, k=0)


def test_labels_that_are_probed_together_do_not_see_each_other():
    """Each labelling has a threshold of its own, halfway between its classes."""
    from isthmus.measure.classification.modality_probes import _right

    rng = np.random.default_rng(2)
    z = rng.normal(size=(240, 4)).astype(np.float32)
    few = z[:, 0] > 0.9  # unequal classes: the threshold is not at the middle of all rows
    labels = np.stack([few, z[:, 1] > 0, rng.random(240) < 0.5])
    first = np.arange(240) % 2 == 0
    alone = np.concatenate([_right(z, first, one[None]) for one in labels])
    np.testing.assert_array_equal(_right(z, first, labels), alone)


def test_a_few_of_each_class_by_every_choice_there_is():
    """One of each: the mean over all choices of training objects, of which twenty are drawn."""
    a, labels, _ = labelled_cloud(6, n=90, noise=0.8)
    found = measure.few_shot(a, labels, shots=1, rng=np.random.default_rng(0))
    own = trial(a, labels, None, np.random.default_rng(0))
    rng, right, classes = np.random.default_rng(1), [], np.unique(own.y)
    for _ in range(400):
        rows = [rng.choice(np.flatnonzero(own.y == one)) for one in classes]
        right.append(((own.held_out @ own.x[rows].T).argmax(axis=1) == own.task.truth).mean())
    assert found.value == pytest.approx(np.mean(right), abs=0.04)
    assert (found.trained_on, found.items) == (len(classes), 30)
    more = measure.few_shot(a, labels, rng=np.random.default_rng(0))
    assert len(classes) < more.trained_on <= 5 * len(classes) and more.value > found.value + 0.05
    every = measure.few_shot(a, labels, shots=60, rng=np.random.default_rng(0))
    assert every.value == measure.prototype_probe(a, labels, rng=np.random.default_rng(0)).value
    assert "drawn 20 times" in every.about


def test_few_shots_count_objects_and_not_their_views():
    rng = np.random.default_rng(2)
    objects = np.repeat(np.arange(60), 4)
    vectors = rng.normal(size=(60, 32))[objects] + 0.05 * rng.normal(size=(240, 32))
    labels = rng.choice(["heads", "tails"], 60)[objects]
    honest = measure.few_shot(vectors, labels, shots=3, objects=objects)
    assert honest.trained_on == 2 * 3 * 4 and honest.n == 20
    assert honest.value in Interval(honest.null.low, honest.null.high, "null")
    with pytest.raises(RequestError, match="a whole number, 1 or more, not 0"):
        measure.few_shot(vectors, labels, shots=0)
