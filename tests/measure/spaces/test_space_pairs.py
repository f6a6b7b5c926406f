"""Spaces against spaces: rotations, values of scipy, closed forms, nulls."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.measure.spaces.space_pairs import SharedItems, expected_plug_in
from isthmus.types import EmbeddingSet, RequestError, Space

ALL = ("rsa", "procrustes", "svcca", "biased_cka")


def cloud(n=120, d=10, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, d)) * np.linspace(2, 0.5, d) + 0.5
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.mark.parametrize("name", ALL)
def test_a_rotated_copy_is_the_same_space(name):
    x = cloud()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(10, 10)))[0]
    found = getattr(measure, name)(x, x @ turn)
    assert found.value == pytest.approx(1)
    assert found.null.mean < 0.75


@pytest.mark.parametrize("name", ALL)
def test_both_sides_count_alike(name):
    x = cloud()
    y = cloud(seed=2) + x
    there, back = getattr(measure, name)(x, y), getattr(measure, name)(y, x)
    assert there.value == pytest.approx(back.value)
    assert there.value > there.null.mean


@pytest.mark.parametrize("name", ["rsa", "procrustes", "svcca"])
def test_unrelated_spaces_reach_five_percent_about_as_often_as_they_should(name):
    p = [
        getattr(measure, name)(cloud(40, 6, seed), cloud(40, 8, 1000 + seed)).null.p
        for seed in range(80)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.13


def test_values_are_those_of_scipy():
    from scipy.spatial import procrustes
    from scipy.stats import spearmanr

    x, y = cloud(), cloud(seed=3) + 0.5 * cloud()
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    _, _, disparity = procrustes(x, y)
    assert measure.procrustes(x, y).value ** 2 == pytest.approx(1 - disparity)
    above = np.triu_indices(len(x), 1)
    expected = spearmanr((x @ x.T)[above], (y @ y.T)[above]).statistic
    assert measure.rsa(x, y).value == pytest.approx(expected)


def test_the_chance_of_biased_cka_is_its_mean_over_permutations():
    x, y = cloud(60, 30), cloud(60, 40, 5)
    rng = np.random.default_rng(0)
    found = SharedItems(x, y)
    a, b = found.centred
    norms = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    drawn = [np.linalg.norm(a.T @ rng.permutation(b)) ** 2 / norms for _ in range(2000)]
    assert expected_plug_in(found) == pytest.approx(np.mean(drawn), rel=0.01)
    assert measure.biased_cka(x, y).null.mean == pytest.approx(expected_plug_in(found))


def test_canonical_correlations_forgive_any_linear_map():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 6))
    y = x @ rng.normal(size=(6, 6)) + 0.0
    found = measure.svcca(
        np.concatenate([x, 10 * np.ones((200, 1))], axis=1),
        np.concatenate([y, 30 * np.ones((200, 1))], axis=1),
    )
    assert found.value > 0.95
    assert max(found.kept) <= 7


def test_spaces_of_different_models_pair_by_id():
    x = cloud()
    one, other = Space("m", "m", 10), Space("k", "k", 4)
    ids = tuple(f"i{row}" for row in range(120))
    a = EmbeddingSet(x.astype(np.float32), ids, "image", one)
    b = EmbeddingSet(x[::-1, :4].astype(np.float32).copy(), ids[::-1], "image", other)
    assert measure.rsa(a, b).value == pytest.approx(measure.rsa(x, x[:, :4]).value, abs=1e-4)
    with pytest.raises(RequestError, match="ten shared items or more, not 5"):
        measure.rsa(a.take(ids[:5]), b)


def test_canonical_correlations_come_back_and_faint_directions_do_not_count():
    n, planted = 2000, np.array([0.9, 0.6, 0.3])
    rng = np.random.default_rng(0)
    u, v = np.split(np.linalg.qr(rng.normal(size=(n, 6)))[0] * np.sqrt(n), 2, axis=1)
    x, y = u * [3, 2, 1], planted * u + np.sqrt(1 - planted**2) * v
    faint = 0.05 * rng.normal(size=(n, 1))
    far = np.full((n, 1), 300.0)  # so that lengths hardly vary
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    found = measure.svcca(
        np.concatenate([x, faint, far], axis=1), np.concatenate([y @ turn, faint, far], axis=1)
    )
    assert found.kept == (3, 3)
    assert found.value == pytest.approx(planted.mean(), abs=0.03)


def test_the_plug_in_cka_weighs_directions_by_their_variance():
    from isthmus.measure.spaces.space_pairs import plug_in_cka

    rng = np.random.default_rng(0)
    u = np.linalg.qr(rng.normal(size=(500, 2)))[0]
    u -= u.mean(axis=0)
    x, y = u * [3, 1], u * [1, 3]
    k, m = x @ x.T, y @ y.T
    assert plug_in_cka(x, y) == pytest.approx((k * m).sum() / np.sqrt((k**2).sum() * (m**2).sum()))
    assert plug_in_cka(x, y) < 0.3 < 0.99 < plug_in_cka(x, 5 * x)


@pytest.mark.parametrize("name", ALL)
def test_permuted_items_agree_less_and_differ_from_draw_to_draw(name):
    x = cloud()
    found = getattr(measure, name)(x, x, rng=np.random.default_rng(1))
    other = getattr(measure, name)(x, x, rng=np.random.default_rng(2))
    assert found.null.mean < 0.8 * found.value
    if name != "biased_cka":
        assert found.null.low < found.null.high
        assert found.null.mean != other.null.mean
