"""Intervals and nulls: whole objects, exact levels, honest ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from isthmus.measure.statistics import reference
from isthmus.measure.statistics.inputs import as_pair
from isthmus.measure.statistics.nulls import chance, halves, pairings, permuted_modalities
from isthmus.measure.statistics.resampling import (
    jackknife,
    jackknife_sums,
    pair_mean,
    query_bootstrap,
    random_blocks,
    wilson_interval,
)
from tests.measure.clouds import captions


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


def test_query_bootstrap_draws_objects_not_rows():
    scores = np.random.default_rng(0).random(40)
    alone = query_bootstrap(scores)
    copied = query_bootstrap(np.repeat(scores, 5), np.repeat(np.arange(40), 5))
    assert copied.high - copied.low == pytest.approx(alone.high - alone.low, rel=0.1)
    assert (alone.high - alone.low) / 3.92 == pytest.approx(scores.std() / 40**0.5, rel=0.15)


def test_wilson_at_the_ends():
    sure = wilson_interval(np.ones(100))
    assert sure.high == pytest.approx(1)
    assert sure.low == pytest.approx(1 / (1 + 1.96**2 / 100), abs=1e-3)


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
