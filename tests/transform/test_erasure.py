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
