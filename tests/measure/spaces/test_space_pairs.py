"""Spaces against spaces: rotations, referees of scipy, closed forms, nulls."""

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


def test_scipy_is_the_referee():
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
