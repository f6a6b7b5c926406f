"""The nouns refuse what cannot be, and links survive a missing item."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.types import (
    EmbeddingSet,
    Links,
    RequestError,
    Space,
    SpaceMismatchError,
    Step,
    objects_of,
    same_space,
)


def some(n=3, d=4, modality="image", space=None, ids=None):
    rng = np.random.default_rng(0)
    space = space or Space("toy", "toy-id", d)
    ids = ids or tuple(f"item{i}" for i in range(n))
    return EmbeddingSet(rng.normal(size=(n, d)).astype(np.float32), ids, modality, space)


def test_ids_must_match_rows_and_be_distinct():
    with pytest.raises(RequestError, match="3 vectors and 2 ids"):
        EmbeddingSet(np.ones((3, 4), np.float32), ("a", "b"), "image", Space("s", "s", 4))
    with pytest.raises(RequestError, match="'a' names more than one row"):
        EmbeddingSet(np.ones((2, 4), np.float32), ("a", "a"), "image", Space("s", "s", 4))
    with pytest.raises(RequestError, match="have 4 coordinates; these have 3"):
        EmbeddingSet(np.ones((1, 3), np.float32), ("a",), "image", Space("s", "s", 4))


def test_vectors_cannot_be_written():
    images = some()
    with pytest.raises(ValueError, match="read-only"):
        images.vectors[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        images.unit[0, 0] = 1


def test_the_callers_array_stays_writable():
    array = np.ones((2, 4), np.float32)
    EmbeddingSet(array, ("a", "b"), "image", Space("s", "s", 4))
    array[0, 0] = 2


def test_unit_rows_have_length_one_and_zero_rows_are_refused():
    np.testing.assert_allclose(np.linalg.norm(some().unit, axis=1), 1, atol=1e-6)
    zero = EmbeddingSet(np.zeros((1, 4), np.float32), ("a",), "image", Space("s", "s", 4))
    with pytest.raises(ValueError, match="row 0 is zero"):
        _ = zero.unit


def test_spaces_are_equal_by_id_and_a_mismatch_names_both():
    assert Space("one name", "x", 4) == Space("another name", "x", 4)
    with pytest.raises(SpaceMismatchError, match=r"'mini'.*'other'.*embed both"):
        same_space(Space("mini", "x", 4), Space("other", "y", 4))


def test_a_mended_space_has_a_new_id_that_depends_on_the_step():
    space = Space("mini", "x", 4, scale=20.0)
    center, whiten = space.then(Step("center")), space.then(Step("whiten"))
    assert len({space.id, center.id, whiten.id}) == 3
    assert center == space.then(Step("center"))
    assert Space.from_dict(center.to_dict()) == center
    assert center.scale == 20.0


def test_without_links_equal_ids_pair_and_never_row_order():
    a = some(ids=("x", "y", "z"))
    b = some(modality="text", ids=("z", "w", "x"))
    np.testing.assert_array_equal(Links.between(a, b), [[0, 2], [2, 0]])
    with pytest.raises(RequestError, match=r"No links were given.*embed\(space, {id: item}\)"):
        Links.between(a, some(modality="text", ids=("p", "q", "r")))


def test_a_missing_item_does_not_shift_the_links():
    links = Links([("a", "A"), ("b", "B"), ("c", "C")])
    a = some(2, ids=("a", "c"))
    b = some(3, modality="text", ids=("A", "B", "C"))
    np.testing.assert_array_equal(links.rows(a, b), [[0, 0], [1, 2]])
    np.testing.assert_array_equal(links.reversed.rows(b, a), [[0, 0], [2, 1]])
    with pytest.raises(RequestError, match="Not one link of 3"):
        links.rows(some(1, ids=("q",)), b)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 9)), max_size=12))
def test_objects_are_the_connected_components(pairs):
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    left, right = objects_of(rows, 8, 10)
    assert (left[rows[:, 0]] == right[rows[:, 1]]).all()
    # union-find as the expected answer
    parent = list(range(18))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for x, y in pairs:
        parent[root(x)] = root(8 + y)
    labels = np.concatenate([left, right])
    roots = np.array([root(i) for i in range(18)])
    assert len(set(zip(labels, roots, strict=True))) == len(set(labels)) == len(set(roots))


def test_take_keeps_order_and_names_what_is_missing():
    images = some(3)
    np.testing.assert_array_equal(images.take(["item2", "item0"]).vectors, images.vectors[[2, 0]])
    with pytest.raises(RequestError, match="'nope'"):
        images.take(["item0", "nope"])
