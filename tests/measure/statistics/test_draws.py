"""Where p is adjusted, 199 draws or more can tell it from 0.05."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.measure.geometry import distributions
from isthmus.measure.spaces import space_pairs
from tests.measure.clouds import pair_of_clouds


@pytest.mark.parametrize("d", [12, 80])
@pytest.mark.parametrize("name", ["distribution_gap", "linear_cka"])
def test_p_has_draws_enough_also_where_a_cheaper_statistic_is_compared(name, d, monkeypatch):
    monkeypatch.setattr(space_pairs, "COSTLY", 1e4 if d > 12 else 4e8)
    monkeypatch.setattr(space_pairs, "LEADING", 20)
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(120, d)) / np.sqrt(np.arange(1, d + 1))
    x, y = shared + 0.1 * rng.normal(size=(2, 120, d))
    y[:, : d // 2] *= 1.5
    found = getattr(measure, name)(x.astype(np.float32), y.astype(np.float32))
    assert found.null.draws >= 199
    assert found.null.p == pytest.approx(1 / 200)
    assert found.null.low <= found.null.mean <= found.null.high < found.value
    assert ("leading" in found.null.note) == (d > 12)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["geodesic_stretch", "intrinsic_dimension", "plane_map"])
def test_slow_measures_have_draws_enough(name):
    assert getattr(measure, name)(pair_of_clouds(140)[0]).null.draws >= 199


def test_p_of_a_cheaper_statistic_is_right_under_its_null(monkeypatch):
    """Two sets of one law, and links that mean nothing: 5 % of p are below 5 %."""
    monkeypatch.setattr(distributions, "LEADING", 4)
    monkeypatch.setattr(distributions, "FEW_DRAWS", 3)
    monkeypatch.setattr(space_pairs, "COSTLY", 1)
    monkeypatch.setattr(space_pairs, "LEADING", 4)
    found = {"distribution_gap": [], "linear_cka": []}
    for trial in range(40):
        x, y = np.random.default_rng(trial).normal(size=(2, 40, 8)).astype(np.float32)
        for name, p in found.items():
            p.append(getattr(measure, name)(x, y, rng=np.random.default_rng(trial)).null.p)
    for p in found.values():
        assert 0.3 < np.mean(p) < 0.7
        assert np.mean(np.array(p) <= 0.05) < 0.2
