"""Zero-shot classification: answers by hand, prompts averaged, chance, refusals."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import measure
from isthmus.types import EmbeddingSet, RequestError, Space, SpaceMismatchError
from isthmus.view.prompts import prompts
from tests.measure.retrieval_spaces import labelled_cloud


def test_prompts_are_every_name_in_every_template():
    found = prompts(["cat", "red fox"], ["a {}.", "{} or {}"])
    assert found == {
        "cat": ("a cat.", "cat or cat"),
        "red fox": ("a red fox.", "red fox or red fox"),
    }
    with pytest.raises(RequestError, match="'a photo' has none"):
        prompts(["cat"], ["a photo"])
    with pytest.raises(RequestError, match="here: 0 templates"):
        prompts(["cat"], [])
    with pytest.raises(RequestError, match="'cat' comes twice"):
        prompts(["cat", "cat"], ["a {}"])


def test_answers_by_hand():
    items = np.array([[1.0, 0.1], [0.2, 1], [1, 0], [0, 1]])
    texts = EmbeddingSet.from_rows(np.array([[1.0, 0], [0, 1]]), "text", ["cat", "dog"])
    found = measure.zero_shot(items, ["cat", "cat", "dog", "dog"], texts)
    assert found.value == 0.5
    assert found.classes == ("cat", "dog")
    np.testing.assert_array_equal(found.confusion, [[1, 1], [1, 1]])
    unequal = measure.zero_shot(items[[0, 0, 0, 2]], ["cat", "cat", "cat", "dog"], texts)
    assert (unequal.value, unequal.class_recall) == (0.75, 0.5)
    assert unequal.recalls == (1, 0)
    assert unequal.worst == (("dog", "cat", 1.0),)


def test_prompts_of_a_class_are_averaged_as_unit_vectors():
    items = np.array([[1.0, 1], [0, 1]])
    # lengths must not count: the mean of the unit vectors of a is at 45 degrees
    classes = {"a": np.array([[100.0, 0], [0, 1]]), "b": np.array([[-1.0, 2]])}
    assert measure.zero_shot(items, ["a", "b"], classes).value == 1


@given(seed=st.integers(0, 30))
@settings(max_examples=5, deadline=None)
def test_it_agrees_with_scikit_learn(seed):
    from sklearn.metrics import balanced_accuracy_score, confusion_matrix, top_k_accuracy_score

    a, labels, centres = labelled_cloud(seed, noise=2.0)
    found = measure.zero_shot(a, labels, centres)
    scores = a.unit @ centres.unit.T
    answers = [centres.ids[row] for row in scores.argmax(axis=1)]
    expected = top_k_accuracy_score(labels, scores, k=5, labels=list(centres.ids))
    assert found.top5 == pytest.approx(expected)
    assert found.class_recall == pytest.approx(balanced_accuracy_score(labels, answers))
    table = confusion_matrix(labels, answers, labels=list(centres.ids))
    np.testing.assert_array_equal(found.confusion, table)


def test_all_vectors_equal_score_chance():
    texts = EmbeddingSet.from_rows(np.ones((10, 4)), "text", list("abcdefghij"))
    found = measure.zero_shot(np.ones((30, 4)), list("abc") * 10, texts)
    assert found.value == pytest.approx(0.1)
    assert found.top5 == pytest.approx(0.5)
    assert found.null.mean == pytest.approx(0.1)
    assert found.null.p == 1


def test_labels_may_come_by_id_and_items_in_any_order():
    a, labels, centres = labelled_cloud(1)
    by_id = dict(zip(a.ids, labels, strict=True))
    mixed = a.take(reversed(a.ids))
    assert measure.zero_shot(mixed, by_id, centres).value == pytest.approx(
        measure.zero_shot(a, labels, centres).value
    )


def test_chance_follows_how_often_each_class_is_answered():
    # nine of ten items are cats and everything is called a cat
    items, texts = np.tile([1.0, 0.1], (50, 1)), {"cat": np.eye(2)[:1], "dog": np.eye(2)[1:]}
    found = measure.zero_shot(items, ["cat"] * 45 + ["dog"] * 5, texts)
    assert found.value == pytest.approx(0.9)
    assert found.null.mean == pytest.approx(0.9)
    assert found.null.p == 1


def test_views_of_one_object_widen_the_interval():
    a, labels, centres = labelled_cloud(2, n=40, noise=2.5)
    views = EmbeddingSet.from_rows(np.repeat(a.vectors, 5, axis=0), "image")
    many = [label for label in labels for _ in range(5)]
    objects = [row // 5 for row in range(200)]
    as_rows = measure.zero_shot(views, many, centres)
    as_objects = measure.zero_shot(views, many, centres, objects=objects)
    assert as_objects.n == 40
    assert as_objects.value == as_rows.value
    width = [found.interval.high - found.interval.low for found in (as_rows, as_objects)]
    assert width[1] > 1.7 * width[0]


def test_requests_that_cannot_be_met():
    a, labels, centres = labelled_cloud(0)
    with pytest.raises(RequestError, match="the first is 'owl'"):
        measure.zero_shot(a, ["owl", *labels[1:]], centres)
    with pytest.raises(RequestError, match="120 image items and 119 labels"):
        measure.zero_shot(a, labels[1:], centres)
    with pytest.raises(RequestError, match="the first is '3'"):
        measure.zero_shot(a, {name: "c0" for name in a.ids if name != "3"}, centres)
    with pytest.raises(RequestError, match="two or more classes"):
        measure.zero_shot(a, labels, {"c0": centres.vectors[:1]})
    other = EmbeddingSet(centres.vectors, centres.ids, "text", Space("other", "other", 16))
    for classes in (other, {name: other.take([name]) for name in other.ids}):
        with pytest.raises(SpaceMismatchError, match="'other'"):
            measure.zero_shot(a, labels, classes)


def test_the_result_is_json_with_names():
    a, labels, centres = labelled_cloud(3, noise=3.0)
    found = measure.zero_shot(a, labels, centres)
    table = json.loads(json.dumps(found.to_dict()))["confusion"]
    assert sum(count for *_, count in table) == 120
    assert {name for name, _, _ in table} == set(labels)
    assert "by chance" in found.about
    assert found.worst[0][0] in found.about


def test_few_classes_are_drawn_as_a_table_and_many_as_bars():
    from matplotlib.figure import Figure

    a, labels, centres = labelled_cloud(3, noise=3.0)
    ax = measure.zero_shot(a, labels, centres).plot(Figure().subplots())
    assert ax.images[0].get_array().shape == (6, 6)
    rng = np.random.default_rng(0)
    many = {f"n{row}": rng.normal(size=(1, 16)) for row in range(40)}
    found = measure.zero_shot(
        rng.normal(size=(80, 16)), [f"n{row % 40}" for row in range(80)], many
    )
    assert len(found.plot(Figure().subplots()).patches) == len(found.worst) == 10


def test_copies_of_an_item_are_one_object_and_change_no_interval():
    items, labels, centres = labelled_cloud(noise=2.0)
    rows = np.repeat(np.arange(len(items)), 4)
    copied = EmbeddingSet.from_rows(np.asarray(items.vectors)[rows], "image")
    labels4, objects = [labels[row] for row in rows], [str(row) for row in rows]
    alone = measure.zero_shot(items, labels, centres)
    found = measure.zero_shot(copied, labels4, centres, objects=objects)
    assert found.n == alone.n == len(items)
    assert found.items == 4 * len(items)
    assert found.value == pytest.approx(alone.value)
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (alone.interval.low, alone.interval.high)
    )
    as_rows = measure.zero_shot(copied, labels4, centres)
    assert as_rows.interval.high - as_rows.interval.low < 0.6 * (
        alone.interval.high - alone.interval.low
    )


def test_permuted_labels_score_chance_and_not_the_value():
    items, labels, centres = labelled_cloud(noise=0.5)
    found = measure.zero_shot(items, labels, centres)
    assert found.value > 0.9
    assert found.null.high < 0.4
    assert found.null.mean == pytest.approx(1 / 6, abs=0.03)
    assert found.null.p == pytest.approx(1 / 200)
    other = measure.zero_shot(items, labels, centres, rng=np.random.default_rng(5))
    assert other.null.low != found.null.low or other.null.high != found.null.high


def test_class_names_of_any_length_and_letters_are_drawn():
    """Matplotlib takes half an hour for a million letters, and a formula of what a $ begins."""
    from matplotlib.figure import Figure

    names = ["y" * 5_000, "$\\x$ \n \ud83d.", "y" * 4_999]
    items, rng = np.eye(3)[[0, 1, 2, 0]], np.random.default_rng(0)
    few = dict(zip(names, np.eye(3)[:, None], strict=True))
    found = measure.zero_shot(items, [*names, names[1]], few)
    ax = found.plot(Figure().subplots())
    drawn = [tick.get_text() for tick in ax.get_yticklabels()]
    assert drawn == ["y" * 37 + "...", "$\\x$    .", "y" * 37 + "..."]
    assert "<img" in found._repr_html_()
    many = {f"{'z' * 50}{row}": rng.normal(size=(1, 16)) for row in range(40)}
    found = measure.zero_shot(rng.normal(size=(80, 16)), [*many] * 2, many)
    assert len(found.plot(Figure().subplots()).patches) == len(found.worst) == 10
