"""Calibration error: zero for the truth, the known amount for a known bias."""

import numpy as np
import pytest

from isthmus.measure.statistics.calibration import brier_score, calibration_error


def test_true_probabilities_have_no_error_on_average():
    errors = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        p = rng.random(500)
        errors.append(calibration_error(p, rng.random(500) < p, rng=rng))
    assert np.mean(errors) == pytest.approx(0, abs=0.004)


def test_a_known_bias_is_found():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.2, 0.8, 20_000)
    match = rng.random(20_000) < p - 0.1
    assert calibration_error(p, match, rng=rng) == pytest.approx(0.1, abs=0.012)


def test_the_brier_score_of_a_constant_and_of_the_truth():
    match = np.arange(100) < 25
    assert brier_score(np.full(100, 0.25), match) == pytest.approx(0.25 * 0.75)
    assert brier_score(match.astype(float), match) == 0
