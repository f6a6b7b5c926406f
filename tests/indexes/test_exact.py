"""Exact search against sorting everything: any tile, ties, parts, more wanted than there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.indexes.exact import nearest


def by_sorting(queries, rows, top, among):
    scores = queries @ rows[among].T
    keep = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return np.take_along_axis(scores, keep, axis=1), among[keep]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(0, 90),
    q=st.integers(0, 4),
    top=st.integers(1, 20),
    tile=st.integers(1, 40),
    levels=st.sampled_from([1, 3, 1000]),
    part=st.booleans(),
)
def test_tiles_find_what_sorting_finds(seed, n, q, top, tile, levels, part):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, levels, (n, 3)).astype(np.float32)
    queries = rng.integers(-2, 3, (q, 3)).astype(np.float32)  # whole numbers: ties are exact
    among = np.flatnonzero(rng.random(n) < 0.5) if part else np.arange(n)
    scores, numbers = nearest(queries, rows, top, among if part else None, tile)
    wanted = by_sorting(queries, rows, top, among)
    np.testing.assert_array_equal(scores, wanted[0])
    np.testing.assert_array_equal(numbers, wanted[1])


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_rows_may_be_mapped_and_of_half_precision(tmp_path, kind):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "rows.npy", rng.normal(size=(300, 8)).astype(kind))
    rows, queries = np.load(tmp_path / "rows.npy", mmap_mode="r"), np.eye(2, 8, dtype=np.float32)
    _, numbers = nearest(queries, rows, 5, tile=64)
    wanted = np.argsort(-np.asarray(rows, np.float32)[:, :2].T, axis=1)[:, :5]
    np.testing.assert_array_equal(numbers, wanted)
