"""Intervals and nulls: whole objects, exact levels, honest ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, ks_2samp

from isthmus import measure
from isthmus.measure.statistics import reference
from isthmus.measure.statistics.inputs import as_pair
from isthmus.measure.statistics.nulls import (
    benjamini_hochberg,
    chance,
    halves,
    holm,
    pairings,
    permuted_modalities,
)
from isthmus.measure.statistics.resampling import (
    jackknife,
    jackknife_sums,
    mean_interval,
    median_bootstrap,
    pair_mean,
    random_blocks,
    root_interval,
    spectral_jackknife,
    subsampling_interval,
    with_and_without_runs,
)
from isthmus.types import EmbeddingSet, Interval, Links
from tests.measure.clouds import captions, pair_of_clouds


def test_the_jackknife_of_a_mean_is_the_standard_error():
    x = np.random.default_rng(0).normal(size=20)
    _, value, interval = jackknife([x.mean(), *(x.sum() - x) / 19])
    assert value == pytest.approx(x.mean())
    assert (interval.high - interval.low) / 2 == pytest.approx(
        2.093 * x.std(ddof=1) / 20**0.5, 1e-3
    )


def test_the_jackknife_takes_the_bias_out_of_a_plain_variance():
    x = np.random.default_rng(0).normal(size=20)
    found = jackknife([np.var(x), *(np.var(np.delete(x, i)) for i in range(20))])
    assert found.value == np.var(x)
    assert found.corrected == pytest.approx(np.var(x, ddof=1))


def test_scales_keep_intervals_inside():
    interval = jackknife([0.99, 0.99, 0.999, 0.97, 0.995], scale="logit").interval
    assert 0 < interval.low < 0.99 < interval.high < 1


def test_pair_means_of_products_are_the_unbiased_square():
    rng = np.random.default_rng(0)
    found, errors = [], []
    for _ in range(2000):
        parts = rng.normal(size=(20, 5))
        mean, error = pair_mean(parts @ parts.T)
        found.append(mean)
        errors.append(error)
    assert np.mean(found) == pytest.approx(0, abs=0.005)
    # no first-order term at all: the second must carry the error, and not twice (1.41)
    assert 0.9 < np.mean(errors) / np.std(found) < 1.25


def test_the_median_bootstrap_draws_objects_and_is_that_of_plain_medians():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=60)
    found = median_bootstrap(scores, np.arange(60), rng=np.random.default_rng(1))
    plain = [np.median(scores[rng.integers(60, size=60)]) for _ in range(2000)]
    low, high = np.quantile(plain, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.1)
    assert found.high == pytest.approx(high, abs=0.1)
    copies = np.repeat(scores, 5), np.repeat(np.arange(60), 5)
    copied = median_bootstrap(*copies, rng=np.random.default_rng(1))
    assert (copied.low, copied.high) == pytest.approx((found.low, found.high), abs=1e-9)


@pytest.mark.parametrize("name", ["matched_cosine", "matched_distance", "cosine_separation"])
def test_copies_of_an_objects_items_make_no_interval_narrower(name):
    x, y = pair_of_clouds(60)
    alone = getattr(measure, name)(x, y)
    texts = EmbeddingSet.from_rows(np.repeat(y, 4, axis=0), "b")
    links = Links((str(row), str(4 * row + copy)) for row in range(60) for copy in range(4))
    copied = getattr(measure, name)(EmbeddingSet.from_rows(x, "a"), texts, links)
    assert copied.value == pytest.approx(alone.value, abs=1e-3)
    ratio = (copied.interval.high - copied.interval.low) / (
        alone.interval.high - alone.interval.low
    )
    assert 0.75 < ratio < 1.35  # rows in the place of objects would give one half


def test_only_enough_items_a_coordinate_take_a_spectrums_bias_out():
    values = np.array([1.0, 1.1, 0.9, 1.2, 1.0])
    value, corrected, interval = spectral_jackknife(values, n=40, d=10)
    assert value == 1
    assert corrected == jackknife(values).corrected != 1
    assert "at this n" not in interval.method
    _, none, few = spectral_jackknife(values, n=39, d=10)
    assert none is None
    assert (few.low + few.high) / 2 == pytest.approx(1)
    assert few.method.endswith("at this n")


def test_a_jackknife_without_debiasing_stays_around_the_value():
    values = np.array([2.0, 2.3, 2.1, 2.6])
    found = jackknife(values, debias=False)
    assert found.value == found.corrected == 2
    assert (found.interval.low + found.interval.high) / 2 == pytest.approx(2)
    assert found.interval.high - found.interval.low == pytest.approx(
        jackknife(values).interval.high - jackknife(values).interval.low
    )


def test_one_block_gives_no_interval():
    found = jackknife([1.0, 1.0])
    assert found.value == 1
    assert np.isnan(found.interval.low)


def test_subsamples_scale_with_what_they_leave_out():
    rng = np.random.default_rng(0)
    x = rng.normal(size=20)
    kept = rng.permuted(np.tile(np.arange(20) >= 5, (4000, 1)), axis=1)
    found = subsampling_interval(x.mean(), np.array([x[stay].mean() for stay in kept]), kept)
    assert (found.high - found.low) / 2 == pytest.approx(2.093 * x.std(ddof=1) / 20**0.5, rel=0.05)


def test_intervals_of_means_and_of_lengths():
    x = np.array([1.0, 2, 3, 4])
    found = mean_interval(x, "here")
    assert (found.low, found.high) == pytest.approx((2.5 - 2.0542, 2.5 + 2.0542), abs=1e-3)
    assert root_interval(Interval(-0.1, 0.25, "m")) == Interval(0.0, 0.5, "m")


def test_rows_without_each_run():
    parts = with_and_without_runs(np.arange(6.0)[:, None], 3)
    assert [part.ravel().tolist() for part in parts] == [
        [0, 1, 2, 3, 4, 5], [2, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 3],
    ]  # fmt: skip
    columns = with_and_without_runs(np.arange(6.0).reshape(2, 3), 3, axis=1)
    assert columns[1].tolist() == [[1, 2], [4, 5]]


@given(objects=st.integers(8, 300), seed=st.integers(0, 99))
def test_blocks_are_equal_up_to_one_object(objects, seed):
    sizes = np.bincount(random_blocks(objects, np.random.default_rng(seed)))
    assert sizes.max() - sizes.min() <= 1
    assert len(sizes) == min(20, objects)


def test_sums_of_all_and_without_each_block():
    blocks = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(jackknife_sums(blocks), [[6, 9], [6, 8], [4, 6], [2, 4]])


def test_p_values_count_the_value_itself():
    draws = np.arange(199.0)
    assert chance("pairing", 500.0, draws).p == 1 / 200
    assert chance("pairing", 500.0, draws, "lower").p == 1
    assert chance("pairing", 500.0, draws, "two").p == 2 / 200
    assert chance("pairing", 189.0, draws).p == 11 / 200
    assert chance("pairing", 3.0, np.full(99, 3.0)).p == 1


def test_pairings_move_whole_objects():
    pair = as_pair(*captions(10))
    moved = pairings(pair, np.random.default_rng(0), 50)
    assert (np.sort(moved, axis=1) == np.arange(30)).all()
    assert (moved // 3 == moved[:, ::3].repeat(3, axis=1) // 3).all()
    assert len(np.unique(moved[:, 0] // 3)) > 5


def test_labels_keep_every_objects_counts():
    pair = as_pair(*captions(10))
    called = permuted_modalities(pair, np.random.default_rng(0), 400)
    objects = np.concatenate(pair.objects)
    for number in range(10):
        assert (called[:, objects == number].sum(axis=1) == 1).all()
    np.testing.assert_allclose(called.mean(axis=0), 0.25, atol=0.1)


def test_halves_split_objects():
    objects = np.repeat(np.arange(10), 3)
    first = halves(objects, np.random.default_rng(0))
    assert first.sum() == 15
    assert (first.reshape(10, 3) == first[::3, None]).all()


@pytest.mark.parametrize("d", [8, 40])
def test_the_reference_law_is_that_of_uniform_directions(d):
    rng, n = np.random.default_rng(0), 50
    sets = rng.normal(size=(400, n, d))
    sets /= np.linalg.norm(sets, axis=2, keepdims=True)
    lengths = np.linalg.norm(sets.mean(axis=1), axis=1)
    assert ks_2samp(lengths, reference.mean_length(n, d, rng)).pvalue > 1e-3
    cosines = sets @ sets.transpose(0, 2, 1)
    pairs = np.exp(4 * cosines[:, *np.triu_indices(n, 1)] - 4).mean(axis=1)
    law = reference.pair_means(lambda u: np.exp(4 * u - 4), n, d, rng)
    assert ks_2samp(pairs, law).pvalue > 1e-3
    values = np.linalg.eigvalsh(np.stack([np.cov(x.T) for x in sets]))[:, ::-1]
    drawn = reference.spectra(n, d, rng, 400)
    assert drawn.shape == values.shape
    largest = [v[:, 0] / v.sum(axis=1) for v in (values, drawn)]
    assert np.mean(largest[0]) == pytest.approx(np.mean(largest[1]), rel=0.02)


def test_adjusted_p_values_are_those_of_scipy_and_of_holm_by_hand():
    p = np.random.default_rng(0).random(30) ** 2
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p))
    # 0.01 x 4, 0.02 x 3, 0.03 x 2, then no smaller than before
    np.testing.assert_allclose(holm(np.array([0.03, 0.01, 0.02, 0.05])), [0.06, 0.04, 0.06, 0.06])
    assert holm(np.array([0.9, 0.8])).max() == 1


def test_permuted_links_have_the_mean_of_all_pairs_of_objects():
    x, y = pair_of_clouds(60)
    found, across = measure.matched_cosine(x, y), measure.inter_cosine(x, y)
    assert found.null.mean == pytest.approx(across.value, abs=0.01)
    assert found.value > found.null.high > found.null.low
    alike = measure.alignment(x, y)
    assert alike.null.mean == pytest.approx(2 - 2 * across.value, abs=0.02)
    assert alike.value < alike.null.low


def test_a_random_basis_is_orthonormal_and_drawn_anew():
    rng = np.random.default_rng(0)
    first, second = reference.random_basis(8, 3, rng), reference.random_basis(8, 3, rng)
    np.testing.assert_allclose(first.T @ first, np.eye(3), atol=1e-12)
    assert np.abs(first - second).max() > 0.1
