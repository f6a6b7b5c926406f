"""Every registered similarity: shape, larger is closer, extremes, NumPy and torch agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from isthmus.registry import find
from isthmus.similarity import SIMILARITIES

NAMES = list(SIMILARITIES)


def by_name(name):
    return find("similarities", SIMILARITIES, name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cosine", [[1.0, 0.0], [0.6, 0.8]]),
        ("dot", [[4.0, 0.0], [6.0, 16.0]]),
        ("euclidean", [[0.0, -np.sqrt(8)], [-np.sqrt(17), -np.sqrt(13)]]),
    ],
)
def test_values_on_paper(name, expected):
    a = np.array([[2.0, 0.0], [3.0, 4.0]])
    b = np.array([[2.0, 0.0], [0.0, 2.0]])
    if name == "dot":
        b = np.array([[2.0, 0.0], [0.0, 4.0]])
    if name == "euclidean":
        b = np.array([[2.0, 0.0], [0.0, 2.0]])
    np.testing.assert_allclose(by_name(name)(a, b), expected, atol=1e-6)


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
