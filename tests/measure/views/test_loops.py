"""Loops in clouds of views: the circle's closed form, and no loop where there is none."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.types import RequestError

pytest.importorskip("ripser")


def circle(n, d=20, lift=0.0):
    turn = 2 * np.pi * np.arange(n) / n
    x = np.zeros((n, d))
    x[:, 0], x[:, 1], x[:, 2] = np.cos(turn), np.sin(turn), lift
    return x


@pytest.mark.parametrize("n", [12, 24, 60])
def test_a_circle_lives_from_its_step_to_its_triangle(n):
    found = measure.view_loop(circle(n))
    step = 2 * np.sin(np.pi / n)
    filled = 2 * np.sin(np.pi * np.ceil(n / 3) / n)
    assert found.births[0] == pytest.approx(step / 2)
    assert found.deaths[0] == pytest.approx(filled / 2)
    assert found.value == pytest.approx((filled - step) / 2)
    assert found.null.p == pytest.approx(1 / 40)


def test_loops_know_no_rotation_and_no_order():
    rng = np.random.default_rng(0)
    x = circle(24, lift=1.0) + 0.05 * rng.normal(size=(24, 20))
    turn = np.linalg.qr(rng.normal(size=(20, 20)))[0]
    found = measure.view_loop(x)
    assert measure.view_loop(x @ turn).value == pytest.approx(found.value)
    assert measure.view_loop(rng.permutation(x)).value == pytest.approx(found.value)


def test_an_arc_is_no_loop():
    half = circle(48)[:24]
    assert measure.view_loop(half).value == 0


def test_clouds_of_noise_reach_five_percent_about_as_often_as_they_should():
    rng = np.random.default_rng(1)
    p = [measure.view_loop(rng.normal(size=(24, 6)), rng=rng).null.p for _ in range(100)]
    assert np.mean(np.array(p) <= 0.05) <= 0.13


def test_too_few_views_are_refused():
    with pytest.raises(RequestError, match="8 to 400 views, not 5"):
        measure.view_loop(circle(5))
