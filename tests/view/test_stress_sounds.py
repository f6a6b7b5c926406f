"""Stress of sounds: the ratio, gain and length that the name says, the same for equal seeds."""

import numpy as np
import pytest

from isthmus.read.audio import sound
from isthmus.view.stress.sounds import (
    STRESS,
    half_length,
    two_at_once,
    with_gain,
    with_noise,
)
from tests.read.sound_files import LOW, RISE, pitch, sweep

QUIET = sweep(2.0, loud=0.05)


def stressed(item, name, seed, other=None):
    return STRESS[name](item, other, np.random.default_rng(seed))


def power(samples):
    return float((samples.astype(float) ** 2).mean())


@pytest.mark.parametrize("decibels", [10.0, 0.0])
def test_noise_has_the_power_that_the_ratio_says(decibels):
    found = with_noise(QUIET, decibels, np.random.default_rng(0))
    noise = found - QUIET
    assert 10 * np.log10(power(QUIET) / power(noise)) == pytest.approx(decibels, abs=0.05)
    halves = np.abs(np.fft.rfft(noise)) ** 2
    middle = len(halves) // 2
    assert halves[:middle].mean() == pytest.approx(halves[middle:].mean(), rel=0.05)  # white
    assert found.dtype == np.float32


def test_silence_stays_silent():
    silence = np.zeros(100, np.float32)
    assert not with_noise(silence, 0.0, np.random.default_rng(0)).any()
    assert not two_at_once(silence, QUIET).any()
    np.testing.assert_allclose(two_at_once(QUIET, silence), QUIET / 2)


def test_gain_is_in_decibels_and_is_clipped():
    assert power(with_gain(QUIET, 12.0)) / power(QUIET) == pytest.approx(10**1.2, rel=1e-4)
    assert power(with_gain(QUIET, -12.0)) / power(QUIET) == pytest.approx(10**-1.2, rel=1e-4)
    assert with_gain(sweep(1.0), 12.0).max() == 1 and with_gain(sweep(1.0), 12.0).min() == -1


def test_half_is_a_stretch_from_anywhere():
    starts = set()
    for seed in range(20):
        found = half_length(QUIET, np.random.default_rng(seed))
        assert len(found) == len(QUIET) // 2
        start = (pitch(found, 44_100, 0.5) - LOW) / RISE - 0.5
        assert -0.02 <= start <= 1.02
        starts.add(round(start, 1))
    assert len(starts) > 5
    assert len(half_length(QUIET[:1], np.random.default_rng(0))) == 1


def test_two_at_once_are_equally_loud():
    other = np.random.default_rng(0).standard_normal(1_000).astype(np.float32)
    found = two_at_once(QUIET, other)
    assert len(found) == len(QUIET)
    second = 2 * found - QUIET
    assert power(second) == pytest.approx(power(QUIET), rel=1e-3)
    np.testing.assert_allclose(second[:1_000], second[1_000:2_000], atol=1e-6)


@pytest.mark.parametrize("name", STRESS)
def test_equal_seeds_give_equal_sounds(name):
    item, other = (sweep(1.0), 44_100), (sweep(0.5, 8_000), 8_000)
    found = [stressed(item, name, seed, other).mono() for seed in (0, 0, 1)]
    np.testing.assert_array_equal(found[0], found[1])
    drawn = name.startswith("noise") or name == "half_length"
    assert np.array_equal(found[0], found[2]) != drawn
    assert np.abs(found[0]).max() <= 1
    assert stressed(item, name, 0, other).hertz == 44_100
    before = sound(item).mono()
    np.testing.assert_array_equal(before, item[0])  # the item itself is left alone


def test_the_names_say_what_is_done():
    item, other = sound((QUIET, 44_100)), sound((sweep(2.0, loud=0.3)[::-1].copy(), 44_100))
    ratio = power(QUIET) / power(stressed(item, "noise_10db", 0).mono() - QUIET)
    assert ratio == pytest.approx(10, rel=0.02)
    ratio = power(QUIET) / power(stressed(item, "noise_0db", 0).mono() - QUIET)
    assert ratio == pytest.approx(1, rel=0.02)
    for name, factor in (("louder_12db", 3.981), ("quieter_12db", 1 / 3.981)):
        np.testing.assert_allclose(stressed(item, name, 0).mono(), factor * QUIET, atol=1e-4)
    mixed = stressed(item, "two_at_once", 0, other).mono()
    np.testing.assert_allclose(mixed, two_at_once(QUIET, other.mono()))
