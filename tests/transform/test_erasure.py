"""LEACE: nothing linear is left of the concept, and no smaller change does it."""

import numpy as np
import pytest

from isthmus.transform.erasure import fit_erasure
from isthmus.types import RequestError


def told(classes=3, n=300, d=12, seed=0):
    rng = np.random.default_rng(seed)
    place = np.arange(n) % classes
    mixed = rng.normal(size=(d, d))
    return rng.normal(size=(n, d)) @ mixed + 3 * rng.normal(size=(classes, d))[place], place


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_class_means_become_equal(classes):
    x, place = told(classes)
    erased = fit_erasure(x, place)
    y = erased(x)
    means = np.stack([y[place == name].mean(axis=0) for name in range(classes)])
    assert np.ptp(means, axis=0).max() < 1e-9
    assert erased.rank == classes - 1
    assert y.mean(axis=0) == pytest.approx(x.mean(axis=0))
    assert erased(y) == pytest.approx(y)


def test_no_linear_reader_is_left():
    from sklearn.linear_model import LogisticRegression

    x, place = told(2)
    y = fit_erasure(x, place)(x)
    before = LogisticRegression().fit(x, place).score(x, place)
    reader = LogisticRegression(C=1e6).fit(y, place)
    assert before > 0.9
    assert np.abs(reader.coef_).max() < 1e-3


def test_no_smaller_change_makes_the_means_equal():
    x, place = told()
    erased = fit_erasure(x, place)
    change = ((erased(x) - x) ** 2).sum(axis=1).mean()
    means = np.stack([x[place == name].mean(axis=0) for name in range(3)])
    span = np.linalg.svd(means - means.mean(axis=0))[2][:2]
    away = x - x.mean(axis=0)
    plain = ((away @ span.T) ** 2).sum(axis=1).mean()
    assert change < plain
    # every other linear map that erases differs by one that vanishes on the class means
    rng = np.random.default_rng(1)
    for _ in range(20):
        other = erased.projector + 0.1 * rng.normal(size=(12, 12)) @ (np.eye(12) - span.T @ span)
        y = x - away @ other.T
        equal = np.stack([y[place == name].mean(axis=0) for name in range(3)])
        assert np.ptp(equal, axis=0).max() < 1e-9
        assert ((y - x) ** 2).sum(axis=1).mean() > change


def test_fewer_vectors_than_coordinates_and_invariance():
    x, place = told(n=30, d=50)
    y = fit_erasure(x, place)(x)
    means = np.stack([y[place == name].mean(axis=0) for name in range(3)])
    assert np.ptp(means, axis=0).max() < 1e-8
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(50, 50)))[0]
    assert fit_erasure(x @ turn, place)(x @ turn) == pytest.approx(y @ turn)


def test_parity_with_the_formula_written_out():
    x, place = told(2)
    z = place.astype(float)
    covariance = np.cov(x.T, bias=True)
    cross = ((x - x.mean(0)).T @ (z - z.mean()))[:, None] / len(x)
    # for one concept column: P = Σxz (Σxzᵀ Σxx⁻¹ Σxz)⁻¹ Σxzᵀ Σxx⁻¹
    solved = np.linalg.solve(covariance, cross)
    expected = cross @ solved.T / (cross.T @ solved)
    assert fit_erasure(x, place).projector == pytest.approx(expected, abs=1e-9)


def test_nothing_to_erase_and_refusals():
    x = np.tile(np.random.default_rng(0).normal(size=(10, 4)), (2, 1))
    same = fit_erasure(x, np.repeat([0, 1], 10))
    assert same(x) == pytest.approx(x)
    with pytest.raises(RequestError, match="two classes or more can be erased, not 1"):
        fit_erasure(x, ["a"] * 20)
    with pytest.raises(RequestError, match="Each of 20 vectors has one label"):
        fit_erasure(x, ["a", "b"])


def narrow(n=600, d=10, thin=1e-5, seed=3):
    """Two classes whose means differ along a direction of hardly any variance."""
    rng = np.random.default_rng(seed)
    place = np.arange(n) % 2
    x = rng.normal(size=(n, d)) * np.geomspace(1, 10, d)
    x[:, 0] = thin * (rng.normal(size=n) + 3 * place)
    return x @ np.linalg.qr(rng.normal(size=(d, d)))[0] + 5, place


@pytest.mark.parametrize("thin", [1.0, 1e-2, 1e-4, 1e-5, 1e-6])
def test_a_direction_of_little_variance_that_carries_the_concept_is_erased(thin):
    """Nothing of the difference is left, and the projector is that of exact whitening."""
    x, place = narrow(thin=thin)
    erased = fit_erasure(x, place)
    y = erased(x)
    apart = x[place == 1].mean(axis=0) - x[place == 0].mean(axis=0)
    left = y[place == 1].mean(axis=0) - y[place == 0].mean(axis=0)
    assert np.abs(left).max() < 1e-6 * np.abs(apart).max()
    assert erased.rank == 1
    # P = c c' S^-1 / (c' S^-1 c) for the one column c of the cross-covariance, theorem 4.3
    _, lengths, axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    towards = axes.T @ ((axes @ apart) / lengths**2)
    wanted = np.outer(apart, towards) / (apart @ towards)
    np.testing.assert_allclose(
        (x - x.mean(axis=0)) @ erased.projector.T, (x - x.mean(axis=0)) @ wanted.T, atol=1e-6
    )


def test_the_values_of_the_peer_package():
    """LeaceFitter of concept-erasure 0.2.4 in float64, without shrinkage and limit of the trace."""
    n = np.arange(40.0)
    x = np.stack([np.sin(n), 1e-4 * np.cos(3 * n), np.cos(n**2), 0.1 * n % 1], axis=1)
    place = (n % 3).astype(int)
    x[:, 1] += 2e-4 * (place == 1)
    found = fit_erasure(x, place)
    wanted = [
        [-1.76868873e-02, 6.08739270e-05, 5.62670155e-01, -3.60480210e-02],
        [-1.00781831e00, 6.93620030e-05, 1.60445263e-01, 6.23661195e-01],
        [8.88280215e-01, 6.65267760e-05, -1.00695558e-02, 8.03238734e-01],
    ]
    np.testing.assert_allclose(found(x)[[0, 17, 39]], wanted, rtol=0, atol=1e-8)
