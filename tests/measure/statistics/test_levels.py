"""p-values and intervals keep their word: small trials of what the full sweep measures."""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.calibration.cases import CASES
from benchmarks.calibration.rates import coverage, false_positives
from isthmus.measure import MEASURES, ONE_SET
from isthmus.measure.dimensions import intrinsic

WITH_NULL = [name for name, case in CASES.items() if case.null is not None]
CHEAP = ["centroid_gap", "centroid_gap (small)", "intra_cosine", "participation_ratio"]


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_NULL)
def test_false_positives(name, monkeypatch):
    monkeypatch.setattr(intrinsic, "DRAWS", 19)  # the same level in a tenth of eleven minutes
    rate = false_positives(CASES[name], trials=200, n=60, seed=7)
    if not 0.01 <= rate.share <= 0.09:  # by luck, once in a few hundred: the whole sweep decides
        rate = false_positives(CASES[name], trials=1000, n=60, seed=8)
        assert 0.03 <= rate.share <= 0.07


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEAP)
def test_coverage(name):
    rate = coverage(CASES[name], trials=100, n=100, seed=7)
    assert binom.cdf(rate.share * 100, 100, 0.91) > 1e-3


def test_a_broken_p_value_is_noticed():
    case = CASES["matched_cosine"]

    class Eager:
        def __init__(self, rng):
            self.null = type("Null", (), {"p": rng.random() / 2})

    rate = false_positives(type(case)(lambda _, rng: Eager(rng), case.null), trials=200, n=20)
    assert rate.share == pytest.approx(0.1, abs=0.06)
    assert not 0.01 <= rate.share <= 0.07


def test_every_measure_of_vectors_is_calibrated():
    covered = {name.split(" ")[0] for name in CASES}
    assert covered <= set(MEASURES)
    assert set(ONE_SET) <= covered


def test_constructed_spaces_have_a_gap_and_null_spaces_have_none():
    from benchmarks.calibration import spaces

    rng = np.random.default_rng(0)
    gaps = {
        name: np.linalg.norm(
            np.subtract(*[z.mean(axis=0) for z in getattr(spaces, name)(rng, 4000, 16)])
        )
        for name in ("joint", "nearly_closed", "exchangeable", "isotropic")
    }
    assert gaps["joint"] > 0.5 > 0.15 > gaps["nearly_closed"] > 0.05
    assert max(gaps["exchangeable"], gaps["isotropic"]) < 0.15
