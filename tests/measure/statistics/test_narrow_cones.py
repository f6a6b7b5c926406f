"""In narrow cones and at any scale, measures give what float64 gives on the same rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import measure
from isthmus.arrays import unit

CONES = st.sampled_from([0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999])
SCALES = st.sampled_from([1e-30, 1e-12, 1.0, 1e12, 1e30])


def cone(cosine, scale, n=160, d=24, rank=24, seed=0):
    """Float32 rows of this mean cosine whose spread has this rank, and rows linked to them."""
    rng = np.random.default_rng(seed)
    shape = rng.normal(size=(rank, d)) / np.sqrt(np.arange(1, rank + 1))[:, None]
    z, noise = rng.normal(size=(n, rank)) @ shape, rng.normal(size=(n, d))
    z, noise = (rows / np.sqrt((rows**2).sum(axis=1).mean()) for rows in (z, noise))
    axis = np.zeros(d) if cosine == 0 else np.full(d, 1 / np.sqrt(d))
    spread = 1.0 if cosine == 0 else np.sqrt(1 / cosine - 1)
    x = axis + spread * z
    y = x @ np.linalg.qr(rng.normal(size=(d, d)))[0] + 0.7 * spread * noise
    return (scale * x).astype(np.float32), (scale * y).astype(np.float32)


def spectrum_of(rows):
    """Eigenvalues of the covariance by singular values, which lose no digits."""
    x = unit(rows, np.float64)
    return np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2 / (len(x) - 1)


def entropy_rank(values):
    p = np.sqrt(values) / np.sqrt(values).sum()
    return float(np.exp(-(p[p > 0] * np.log(p[p > 0])).sum()))


def participation(values):
    return float(values.sum() ** 2 / (values**2).sum())


def u_centred(rows):
    """Székely & Rizzo 2014, equation 2.1, of the kernel of centred rows."""
    z = unit(rows, np.float64)
    z = z - z.mean(axis=0)
    kernel, n = z @ z.T, len(z)
    np.fill_diagonal(kernel, 0)
    lines = kernel.sum(axis=1) / (n - 2)
    kernel = kernel - lines - lines[:, None] + kernel.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(kernel, 0)
    return kernel


def alignment_of(x, y):
    """Unbiased CKA: the correlation of U-centred kernels."""
    k, other = u_centred(x), u_centred(y)
    return (k * other).sum() / np.sqrt((k**2).sum() * (other**2).sum())


def covariances(rows):
    return np.cov(unit(rows, np.float64).T)


def bures_distance(a, b):
    from scipy.linalg import sqrtm

    root = np.real(sqrtm(a))
    return np.trace(a) + np.trace(b) - 2 * np.real(np.trace(sqrtm(root @ b @ root)))


@settings(max_examples=15, deadline=None)
@given(CONES, SCALES, st.integers(3, 24), st.integers(0, 99))
def test_spectra_are_those_of_float64(cosine, scale, rank, seed):
    x, _ = cone(cosine, scale, rank=rank, seed=seed)
    values = spectrum_of(x)
    found = measure.spectrum(x)
    np.testing.assert_allclose(found.eigenvalues, values, rtol=1e-9, atol=1e-14 * values[0])
    assert measure.effective_rank(x).value == pytest.approx(entropy_rank(values), rel=1e-5)
    assert measure.participation_ratio(x).value == pytest.approx(participation(values), rel=1e-9)
    assert found.value == pytest.approx(values[:10].sum() / values.sum(), rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(CONES, SCALES, st.integers(0, 99))
def test_what_links_share_is_that_of_float64(cosine, scale, seed):
    x, y = cone(cosine, scale, n=80, seed=seed)
    first, second = unit(x, np.float64), unit(y, np.float64)
    apart = ((first - second) ** 2).sum(axis=1)
    assert measure.linear_cka(x, y).value == pytest.approx(alignment_of(x, y), abs=1e-8)
    assert measure.alignment(x, y).value == pytest.approx(apart.mean(), rel=1e-8)
    assert measure.matched_distance(x, y).value == pytest.approx(np.sqrt(apart).mean(), rel=1e-8)
    assert measure.centroid_gap(x, y).value == pytest.approx(
        np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)), rel=1e-8
    )


@settings(max_examples=10, deadline=None)
@given(CONES, st.integers(0, 99))
def test_shapes_differ_as_in_float64(cosine, seed):
    x, y = cone(cosine, 1.0, n=80, d=6, rank=6, seed=seed)
    wanted = bures_distance(covariances(x), covariances(y))
    assert measure.distribution_gap(x, y).value == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("cosine", [0.0, 0.9, 0.9999, 0.999999])
@pytest.mark.parametrize(("n", "d"), [(60, 96), (400, 96)])
def test_a_cloud_of_rank_two_reads_two(cosine, n, d):
    """A circle across the cone's axis, or in a plane; also without blocks, corrected for bias."""
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(rng.normal(size=(d, 3)))[0].T
    angle = rng.uniform(0, 2 * np.pi, n)
    angle -= angle.mean()
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) @ basis[:2]
    x = basis[2] * np.sqrt(cosine) + circle * np.sqrt(1 - cosine)
    found = measure.effective_rank(x.astype(np.float32))
    assert found.value == pytest.approx(2, abs=0.02)
    assert found.interval.low == pytest.approx(2, abs=0.1)
    assert found.corrected is None or found.corrected == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize("cosine", [0.9, 0.999, 0.999999])
def test_the_gap_without_noise_and_chance_follow_the_cone(cosine):
    """Permuted links, swapped sides and halves are taken about the middle as well."""
    x, y = cone(cosine, 1.0, n=200)
    first, second = unit(x, np.float64), unit(y, np.float64)
    every = ((first[:, None] - second[None]) ** 2).sum(axis=2).mean()
    assert measure.alignment(x, y).null.mean == pytest.approx(every, rel=0.02)
    rows = unit(x, np.float64)
    halves = np.sqrt((rows.var(axis=0, ddof=1) * (2 / 100)).sum())
    other = np.sqrt((second.var(axis=0, ddof=1) * (2 / 100)).sum())
    gap = measure.centroid_gap(x, y)
    assert gap.floor == pytest.approx((halves + other) / 2, rel=0.1)


@pytest.mark.parametrize("cosine", [0.0, 0.99, 0.99999])
def test_links_are_separated_as_well_in_a_narrow_cone(cosine):
    from scipy.stats import mannwhitneyu

    x, _ = cone(cosine, 1.0, n=120)
    y = x + np.float32(0.2 * x.std()) * np.random.default_rng(3).normal(size=x.shape)
    cosines = unit(x, np.float64) @ unit(y, np.float64).T
    linked = np.eye(len(x), dtype=bool)
    area = (
        mannwhitneyu(cosines[linked], cosines[~linked]).statistic / linked.sum() / (~linked).sum()
    )
    assert measure.cosine_separation(x, y.astype(np.float32)).value == pytest.approx(area, abs=2e-3)


@pytest.mark.parametrize("lengths", ["equal", "different"])
def test_rows_of_one_direction_have_no_shape(lengths):
    size = np.ones((50, 1)) if lengths == "equal" else np.random.default_rng(0).random((50, 1))
    same = (size * np.arange(1.0, 9)).astype(np.float32)
    other = np.random.default_rng(1).normal(size=(50, 8)).astype(np.float32)
    for found in (
        measure.linear_cka(same, same),
        measure.linear_cka(same, other),
        measure.linear_cka(other, same),
        measure.effective_rank(same),
        measure.participation_ratio(same),
        measure.spectrum(same),
    ):
        assert np.isnan(found.value), found
        assert np.isnan(found.null.p)
