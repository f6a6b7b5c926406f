"""The noun Subspace: what it spans, how far things are from it, what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.types import RequestError, Subspace


def test_a_plane_is_known_by_hand():
    plane = Subspace(np.eye(3)[:2], np.array([0, 0, 2.0]))
    assert plane.coordinates(np.array([[3.0, 4, 7]])).tolist() == [[3, 4]]
    assert plane.project(np.array([[3.0, 4, 7]])).tolist() == [[3, 4, 2]]
    assert plane.distance(np.array([[3.0, 4, 7]])).tolist() == [5]
    assert (plane.dim, plane.affine) == (2, True)


@given(seed=st.integers(0, 999), rank=st.integers(0, 5))
def test_spanned_finds_the_rank_and_holds_its_vectors(seed, rank):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(9, rank)) @ rng.normal(size=(rank, 12))
    found = Subspace.spanned(vectors)
    assert found.dim == rank
    assert found.distance(vectors) == pytest.approx(np.zeros(9), abs=1e-9)


@given(seed=st.integers(0, 999))
def test_projecting_twice_changes_nothing_and_residuals_are_orthogonal(seed):
    rng = np.random.default_rng(seed)
    some = Subspace.spanned(rng.normal(size=(3, 7)), rng.normal(size=7))
    vectors = rng.normal(size=(5, 7))
    near = some.project(vectors)
    assert some.project(near) == pytest.approx(near)
    assert (vectors - near) @ some.basis.T == pytest.approx(np.zeros((5, 3)), abs=1e-9)


def test_what_is_no_subspace_is_refused():
    with pytest.raises(RequestError, match="orthonormal"):
        Subspace(np.ones((2, 3)), np.zeros(3))
