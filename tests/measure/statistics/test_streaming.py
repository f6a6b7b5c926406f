"""What is streamed equals what is computed at once, and large sets are sampled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import measure
from isthmus.arrays import unit
from isthmus.measure.statistics import samples as clouds
from isthmus.measure.statistics import streaming
from isthmus.measure.statistics.inputs import as_pair
from isthmus.measure.statistics.streaming import link_moments, moments, pieces
from isthmus.types import EmbeddingSet, Space
from tests.measure.clouds import captions, pair_of_clouds


@settings(max_examples=25)
@given(
    n=st.integers(1, 90),
    size=st.integers(1, 100),
    blocks=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_moments_do_not_depend_on_the_block_size(n, size, blocks, seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 7))
    cells = rng.integers(0, 12, n)
    block_of_cell = np.concatenate([np.arange(blocks), rng.integers(0, blocks, 12 - blocks)])
    found = moments(rows, cells, block_of_cell, size)
    x = unit(rows, np.float64)
    z = x - found.origin
    for block in range(blocks):
        inside = block_of_cell[cells] == block
        assert found.counts[block] == inside.sum()
        np.testing.assert_allclose(found.sums[block], z[inside].sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(found.uncentred[block], x[inside].sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(found.grams[block], z[inside].T @ z[inside], atol=1e-12)
    np.testing.assert_allclose(found.mean, x.mean(axis=0), atol=1e-12)
    for cell in range(12):
        np.testing.assert_allclose(found.cells[cell], z[cells == cell].sum(axis=0), atol=1e-5)


@pytest.mark.parametrize("spread", [1.0, 1e-2, 1e-3])
def test_many_rows_in_single_products_are_those_in_double(spread, monkeypatch):
    rng = np.random.default_rng(0)
    mean, axes = rng.normal(size=(1, 64)), rng.normal(size=(2, 64))
    x = (mean / np.linalg.norm(mean) + spread * rng.normal(size=(900, 2)) @ axes).astype("f4")
    cells, blocks = np.arange(900) // 3, np.arange(300) % 10
    monkeypatch.setattr(streaming, "FEW", 100)  # more rows than that: single products
    found = moments(x, cells, blocks).covariance(np.ones(10, bool))
    wanted = np.cov(unit(x, np.float64).T)
    np.testing.assert_allclose(found, wanted, atol=1e-6 * np.abs(wanted).max())
    values = np.linalg.eigvalsh(found)
    assert np.trace(found) ** 2 / (values**2).sum() == pytest.approx(
        np.trace(wanted) ** 2 / (wanted**2).sum(), rel=1e-6
    )


def test_joined_moments_are_those_of_all_rows():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(30, 5)) + 3, rng.normal(size=(40, 5)) - 2
    cells = np.arange(40)
    blocks = cells % 4
    parts = moments(first, cells[:30], blocks), moments(second, cells, blocks)
    both = parts[0].joined(parts[1])
    x = unit(np.concatenate([first, second]), np.float64)
    np.testing.assert_allclose(both.mean, x.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(both.covariance(np.ones(8, bool)), np.cov(x.T), atol=1e-12)


@settings(max_examples=25)
@given(k=st.integers(1, 60), size=st.integers(1, 70), seed=st.integers(0, 99))
def test_link_moments_do_not_depend_on_the_block_size(k, size, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(20, 5)), rng.normal(size=(30, 5))
    rows = np.stack([rng.integers(0, 20, k), rng.integers(0, 30, k)], axis=1)
    block = rng.integers(0, 3, k)
    found = link_moments(a, b, rows, block, 3, size)
    x, y = unit(a, np.float64)[rows[:, 0]], unit(b, np.float64)[rows[:, 1]]
    distances = np.linalg.norm(x - y, axis=1)
    np.testing.assert_allclose(found.squares, np.bincount(block, distances**2, 3), atol=1e-12)
    np.testing.assert_allclose(found.distances, np.bincount(block, distances, 3), atol=1e-12)
    z = x - unit(a, np.float64).mean(axis=0), y - unit(b, np.float64).mean(axis=0)
    np.testing.assert_allclose(found.crosses.sum(axis=0), z[0].T @ z[1], atol=1e-12)


def test_linked_rows_that_only_look_like_a_run_are_read_one_by_one():
    a, b = np.random.default_rng(0).normal(size=(2, 9, 3))
    rows = np.array([[3, 3], [4, 4], [4, 8], [6, 6]])
    found = link_moments(a, b, rows, np.zeros(4, int), 1)
    apart = unit(a, np.float64)[rows[:, 0]] - unit(b, np.float64)[rows[:, 1]]
    assert found.squares == pytest.approx([(apart**2).sum()])


@given(n=st.integers(1, 200), size=st.integers(1, 50), seed=st.integers(0, 99))
def test_pieces_cover_every_row_once_and_hold_one_block(n, size, seed):
    rng = np.random.default_rng(seed)
    blocks = np.sort(rng.integers(0, 4, n)) if seed % 2 else rng.integers(0, 4, n)
    found = list(pieces(blocks, np.arange(n), size))
    np.testing.assert_array_equal(np.sort(np.concatenate(found)), np.arange(n))
    assert all(len(rows) <= size and len(set(blocks[rows])) == 1 for rows in found)


@pytest.fixture
def small_limits(monkeypatch):
    monkeypatch.setattr(clouds, "STREAMED", 300)
    monkeypatch.setattr("isthmus.measure.statistics.inputs.SAMPLE", 100)
    monkeypatch.setattr(clouds, "SAMPLE", 100)


def mapped(tmp_path, name, rows, dtype=np.float16):
    path = tmp_path / f"{name}.npy"
    np.save(path, rows.astype(dtype))
    space = Space("toy", "toy", rows.shape[1])
    ids = tuple(str(i) for i in range(len(rows)))
    return EmbeddingSet(np.load(path, mmap_mode="r"), ids, name, space)


def test_streamed_sets_give_the_plain_values(tmp_path, small_limits):
    x, y = pair_of_clouds(1000)
    a, b = mapped(tmp_path, "image", x), mapped(tmp_path, "text", y)
    plain = np.asarray(a.vectors, np.float32), np.asarray(b.vectors, np.float32)
    gap = measure.centroid_gap(a, b)
    means = [unit(z, np.float64).mean(axis=0) for z in plain]
    assert gap.value == pytest.approx(np.linalg.norm(means[0] - means[1]), abs=1e-10)
    values = np.linalg.eigvalsh(np.cov(unit(plain[0], np.float64).T))[::-1]
    np.testing.assert_allclose(measure.spectrum(a).eigenvalues, values, atol=1e-14)
    ratio = values.sum() ** 2 / (values**2).sum()
    assert measure.participation_ratio(a).value == pytest.approx(ratio, rel=1e-10)
    assert gap.n == measure.spectrum(a).n == 1000


def test_large_sets_are_never_held_at_length_one_and_pairs_are_sampled(tmp_path, small_limits):
    x, y = pair_of_clouds(1000)
    a, b = mapped(tmp_path, "image", x), mapped(tmp_path, "text", y)
    for name in measure.ONE_SET:
        getattr(measure, name)(a)
    for name in ("centroid_gap", "neighbour_mixing", "cosine_separation", "linear_cka"):
        getattr(measure, name)(a, b)
    assert "unit" not in vars(a)
    assert measure.hubness(a).n == measure.neighbour_mixing(a, b).n == 100
    assert measure.matched_cosine(a, b).n == 1000


def test_samples_hold_whole_objects(small_limits):
    pair = as_pair(*captions(100))
    sample = pair.sampled
    assert len(sample.b) == 99
    assert sample.n == len(sample.a) == 33
    held = {pair.a.row[name] for name in sample.a.ids}
    assert held == {int(name.split("#")[0]) for name in sample.b.ids}


def test_measures_of_one_study_share_their_pair():
    images, texts, links = captions()
    assert as_pair(images, texts, links) is as_pair(images, texts, links)
    assert as_pair(images, texts, links) is not as_pair(images, images)
