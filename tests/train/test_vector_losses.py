"""Losses of vectors: cones and Hopfield memories."""

import numpy as np
import pytest

from isthmus.registry import find
from isthmus.similarity.hyperbolic import exterior_angle, lifted
from isthmus.testing import check_vector_loss
from isthmus.train import VECTOR_LOSSES
from isthmus.train.losses.leave_out import info_loob
from isthmus.train.losses.vectors import angle_contrast, cloob, entailment, retrieved
from isthmus.types import RequestError


def sides(seed=0, n=6, d=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(n, d))


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_what_lies_behind_is_entailed_and_what_lies_before_is_not():
    tangents, _ = sides()
    near, far = lifted(0.5 * tangents), lifted(2 * tangents)
    assert float(entailment(near, far)) == 0
    assert float(entailment(far, near)) > 2
    aside = lifted(2 * tangents[:, ::-1])
    assert float(entailment(near, aside)) > 0.2


def test_the_angle_outside_of_a_cone_is_that_of_the_paper():
    """A point straight behind turns aside step by step: 0 inside of the cone, then the excess."""
    x = lifted(np.array([[1.0, 0.0]]))
    half = np.arcsin(2 * 0.1 / np.linalg.norm(x))
    outside = []
    for turn in (0.02, 0.05, 0.15, 0.3, 0.8):
        y = lifted(2.5 * np.array([[np.cos(turn), np.sin(turn)]]))
        angle = -float(exterior_angle(x, y)[0, 0])
        outside.append(max(0.0, angle - half))
        assert float(entailment(x, y)) == pytest.approx(outside[-1], abs=1e-9)
    assert outside[:2] == [0, 0] and 0 < outside[2] < outside[3] < 1 < outside[4]


def test_near_the_origin_a_cone_is_a_half_space():
    x = lifted(np.array([[0.05, 0.0]]))
    beside, behind, before = (lifted(np.array([y])) for y in ([0.3, 0.9], [2.0, 0.1], [-2.0, 0.0]))
    assert float(entailment(x, behind)) == 0 == float(entailment(x, beside))
    assert float(entailment(x, before)) == pytest.approx(np.pi / 2, abs=5e-3)


def test_cones_narrow_away_from_the_origin():
    rng = np.random.default_rng(1)
    tangents = unit(rng.normal(size=(40, 3)))
    aside = unit(tangents + 0.15 * rng.normal(size=(40, 3)))
    outside = [
        float(entailment(lifted(r * tangents), lifted((r + 1) * aside))) for r in (0.2, 1.0, 2.0)
    ]
    assert outside[0] < outside[1] < outside[2]


def test_a_sharp_memory_gives_the_nearest_and_a_blunt_one_the_mean():
    memory, states = (unit(x) for x in sides(2))
    sharp = retrieved(memory, states, 1e4)
    np.testing.assert_allclose(sharp, memory[(states @ memory.T).argmax(axis=1)], atol=1e-9)
    blunt = retrieved(memory, states, 0.0)
    np.testing.assert_allclose(blunt, np.tile(unit(memory.mean(axis=0)[None]), (6, 1)))


def test_with_sharp_memories_of_equal_sides_cloob_is_info_loob():
    a, _ = sides(3)
    x = unit(a)
    assert float(cloob(a, a, None, 5.0, 1e4)) == pytest.approx(2 * float(info_loob(5 * x @ x.T)))


def test_cloob_prefers_matches_and_knows_no_order():
    a, _ = sides(4)
    order = np.random.default_rng(4).permutation(6)
    assert float(cloob(a, a)) < float(cloob(a, a[::-1]))
    assert float(cloob(a[order], a[order])) == pytest.approx(float(cloob(a, a)))
    with pytest.raises(RequestError, match="must leave something"):
        cloob(a[:1], a[:1])


@pytest.mark.parametrize("name", VECTOR_LOSSES)
def test_vector_losses_keep_their_contract(name):
    check_vector_loss(name)


@pytest.mark.parametrize("name", VECTOR_LOSSES)
def test_zero_vectors_have_a_gradient(name):
    torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")
    zero = torch.zeros(3, 4, requires_grad=True)
    find("losses", VECTOR_LOSSES, name)(zero, torch.ones(3, 4)).backward()
    assert torch.isfinite(zero.grad).all()


def test_the_kit_of_vector_losses_can_fail():
    with pytest.raises(AssertionError, match="Pairs that match"):
        check_vector_loss(lambda a, b, targets=None: -angle_contrast(a, b, targets))
    with pytest.raises(AssertionError, match="which pairs match"):
        check_vector_loss(lambda a, b, targets=None: angle_contrast(a, b))


@pytest.mark.parametrize("name", VECTOR_LOSSES)
def test_targets_say_which_pairs_match(name):
    loss = find("losses", VECTOR_LOSSES, name)
    a, b = (lifted(x) for x in sides(6))
    order = np.random.default_rng(6).permutation(len(a))
    assert float(loss(a, b, np.eye(6))) == pytest.approx(float(loss(a, b)))
    moved = float(loss(a, b[order], np.eye(6)[:, order]))
    assert moved == pytest.approx(float(loss(a, b)))
    two = np.kron(np.eye(3), np.ones((2, 2)))
    assert np.isfinite(loss(a, b, two)) and float(loss(a, b, two)) != float(loss(a, b))


def test_an_entailed_pair_counts_for_each_of_its_matches():
    a, b = (lifted(x) for x in sides(7))
    each = np.array([[float(entailment(x[None], y[None])) for y in b] for x in a])
    targets = (np.random.default_rng(7).random((6, 6)) < 0.4).astype(float)
    assert float(entailment(a, b, targets)) == pytest.approx((each * targets).sum() / targets.sum())


def test_the_angle_loss_knows_what_lies_behind_whatever_its_distance():
    axes = np.eye(4)
    near, far = lifted(0.7 * axes), lifted(2.5 * axes)
    away = -exterior_angle(near, far)
    assert np.allclose(np.diag(away), 0, atol=2e-3)
    other = float(away[0, 1])  # every negative lies under the same angle
    known = np.log(1 + 3 * np.exp(-20 * (other - float(away[0, 0]))))
    assert np.isclose(float(angle_contrast(near, far)), known, rtol=1e-4)
    assert angle_contrast(near, lifted(2.5 * np.roll(axes, 1, axis=0))) > 20
