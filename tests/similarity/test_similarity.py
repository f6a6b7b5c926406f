"""Every registered similarity: shape, larger is closer, extremes, NumPy and torch agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from isthmus.registry import find
from isthmus.similarity import DIRECTED, LEARNED, SIMILARITIES
from isthmus.similarity.euclidean import angle
from isthmus.similarity.hyperbolic import exterior_angle, lifted, lorentz
from isthmus.similarity.learned import Bilinear, Mahalanobis
from isthmus.similarity.maxsim import maxsim

NAMES = list(SIMILARITIES)


def by_name(name):
    return find("similarities", SIMILARITIES, name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cosine", [[1.0, 0.0], [0.6, 0.8]]),
        ("dot", [[4.0, 0.0], [6.0, 16.0]]),
        ("euclidean", [[0.0, -np.sqrt(8)], [-np.sqrt(17), -np.sqrt(13)]]),
        ("angle", [[0.0, -np.pi / 2], [-np.arccos(0.6), -np.arccos(0.8)]]),
        (
            "lorentz",
            [
                [0.0, -np.arccosh(5)],
                [-np.arccosh(np.sqrt(5 * 26) - 6), -np.arccosh(np.sqrt(5 * 26) - 8)],
            ],
        ),
    ],
)
def test_values_on_paper(name, expected):
    a = np.array([[2.0, 0.0], [3.0, 4.0]])
    b = np.array([[2.0, 0.0], [0.0, 2.0]])
    if name == "dot":
        b = np.array([[2.0, 0.0], [0.0, 4.0]])
    if name == "euclidean":
        b = np.array([[2.0, 0.0], [0.0, 2.0]])
    np.testing.assert_allclose(by_name(name)(a, b), expected, atol=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_no_row_is_closer_than_itself_on_the_sphere(name):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(20, 5))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    scores = by_name(name)(a, a)
    assert scores.shape == (20, 20)
    assert (scores.argmax(axis=1) == np.arange(20)).all()


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_rotation_changes_nothing_and_order_follows(name, data):
    shape = data.draw(st.tuples(st.integers(1, 5), st.just(3)))
    values = st.floats(0.1, 10) | st.floats(-10, -0.1)
    a = data.draw(arrays(np.float64, shape, elements=values))
    b = data.draw(arrays(np.float64, (4, 3), elements=values))
    q, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    plain = by_name(name)(a, b)
    np.testing.assert_allclose(by_name(name)(a @ q, b @ q), plain, atol=1e-5)
    np.testing.assert_allclose(by_name(name)(a, b[::-1]), plain[:, ::-1], atol=1e-9)
    np.testing.assert_allclose(by_name(name)(b, a), plain.T, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_extremes_stay_finite_in_float32(name):
    a = np.array([[1e-10, 0], [1e10, 1e10], [1.0, 1.0]], dtype=np.float32)
    assert np.isfinite(by_name(name)(a, a)).all()


@pytest.mark.parametrize("name", NAMES)
def test_torch_agrees_and_its_gradient_is_the_slope(name):
    torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    x = torch.tensor(a, requires_grad=True)
    scores = by_name(name)(x, torch.tensor(b))
    np.testing.assert_allclose(scores.detach().numpy(), by_name(name)(a, b), atol=1e-12)
    scores.sum().backward()
    step = np.zeros_like(a)
    step[1, 2] = 1e-6
    slope = (by_name(name)(a + step, b) - by_name(name)(a - step, b)).sum() / 2e-6
    assert slope == pytest.approx(float(x.grad[1, 2]), abs=1e-6)


def test_small_angles_are_exact():
    turn = np.array([1e-5, 1e-4, 1e-3])
    rows = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    np.testing.assert_allclose(angle(np.array([[1.0, 0.0]]), rows)[0], -turn, rtol=1e-4)


def test_lifted_tangents_are_as_far_from_the_origin_as_they_are_long():
    tangents = np.random.default_rng(0).normal(size=(6, 4))
    far = lorentz(lifted(tangents), np.zeros((1, 4)))[:, 0]
    np.testing.assert_allclose(-far, np.linalg.norm(tangents, axis=1), atol=1e-5)


def test_hyperbolic_triangles_hold():
    x = lifted(np.random.default_rng(1).normal(size=(12, 3)))
    d = -lorentz(x, x)
    for i in range(12):
        assert (d[i][:, None] + d >= d[i][None, :] - 1e-5).all()


def test_the_exterior_angle_is_none_behind_and_half_a_turn_before():
    ray = np.array([[0.6, -0.2, 0.1]])
    near, far = lifted(ray), lifted(3 * ray)
    assert float(exterior_angle(near, far)[0, 0]) == pytest.approx(0, abs=2e-3)
    assert float(exterior_angle(far, near)[0, 0]) == pytest.approx(-np.pi, abs=2e-3)
    rng = np.random.default_rng(4)
    x, y = lifted(rng.normal(size=(5, 3))), lifted(rng.normal(size=(6, 3)))
    # the triangle with the origin: law of cosines for the angle at x, whose exterior it is
    to_x, to_y = (np.arcsinh(np.linalg.norm(side, axis=1)) for side in (x, y))
    between = -lorentz(x, y)
    inside = (np.cosh(to_x)[:, None] * np.cosh(between) - np.cosh(to_y)) / (
        np.sinh(to_x)[:, None] * np.sinh(between)
    )
    np.testing.assert_allclose(exterior_angle(x, y), np.arccos(inside) - np.pi, atol=1e-4)
    assert set(DIRECTED) == {"exterior_angle", "maxsim"}


def test_learned_similarities_reduce_to_plain_ones():
    rng = np.random.default_rng(2)
    a, b, turn = rng.normal(size=(4, 5)), rng.normal(size=(6, 5)), rng.normal(size=(5, 3))
    np.testing.assert_allclose(Bilinear(np.eye(5))(a, b), a @ b.T)
    np.testing.assert_allclose(Bilinear(turn)(a, b @ turn), a @ turn @ (b @ turn).T)
    np.testing.assert_allclose(Mahalanobis(np.eye(5))(a, b), by_name("euclidean")(a, b))
    metric = turn @ turn.T
    away = a[:, None] - b
    expected = -np.sqrt(np.einsum("nmd,de,nme->nm", away, metric, away))
    np.testing.assert_allclose(Mahalanobis(turn)(a, b), expected, atol=1e-6)
    assert set(LEARNED) == {"bilinear", "mahalanobis"}
    assert find("similarities", LEARNED, "bilinear") is Bilinear


def test_maxsim_of_single_vectors_is_the_cosine_and_padding_does_not_count():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(4, 3, 6)), rng.normal(size=(5, 7, 6))
    np.testing.assert_allclose(maxsim(a[:, :1], b[:, :1]), by_name("cosine")(a[:, 0], b[:, 0]))
    plain = maxsim(a, b)
    by_hand = np.mean([by_name("cosine")(a[1], b[2]).max(axis=1)])
    assert plain[1, 2] == pytest.approx(by_hand)
    wide_a = np.concatenate([a, rng.normal(size=(4, 2, 6))], axis=1)
    wide_b = np.concatenate([b, rng.normal(size=(5, 1, 6))], axis=1)
    there = np.ones((4, 5)), np.ones((5, 8))
    there[0][:, 3:], there[1][:, 7:] = 0, 0
    np.testing.assert_allclose(maxsim(wide_a, wide_b, *there), plain)


def test_maxsim_in_torch():
    torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(4, 3, 6)), rng.normal(size=(5, 7, 6))
    found = maxsim(torch.tensor(a), torch.tensor(b), torch.ones(4, 3), torch.ones(5, 7))
    np.testing.assert_allclose(found.numpy(), maxsim(a, b))


def test_entries_at_their_floor_stay_there():
    from isthmus.similarity.euclidean import at_least

    np.testing.assert_array_equal(at_least(np.array([1.0, 2.0, 3.0]), 2.0), [2, 2, 3])
