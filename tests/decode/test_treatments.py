"""Treatments of the gap: known answers where the gap is known, and what they must not do."""

import numpy as np
import pytest

from isthmus.decode import TREATMENTS
from isthmus.decode.retrieval import fitted
from isthmus.decode.treatments import Unpaired, fit_adapter, fit_mean_removal, fit_mean_shift
from isthmus.registry import UnknownPartError, find
from isthmus.types import RequestError

RNG = np.random.default_rng(0)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


TEXTS = unit(RNG.normal(size=(400, 12)) + 0.5)
OTHERS = unit(RNG.normal(size=(300, 12)) - 0.5)
DATA = Unpaired(TEXTS, OTHERS)


@pytest.mark.parametrize("name", TREATMENTS)
def test_every_treatment_gives_unit_vectors_and_leaves_its_input_alone(name):
    before = OTHERS.copy()
    found = fitted(name, None, DATA)(OTHERS)
    assert found.shape == OTHERS.shape and np.isfinite(found).all()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(OTHERS, before)
    scaled = fitted(name, None, DATA)(3 * OTHERS)
    np.testing.assert_allclose(found, scaled, atol=1e-5)


def test_the_table_holds_seven_and_none():
    where = {name: find("treatments", TREATMENTS, name).where for name in TREATMENTS}
    assert len(where) == 8
    assert [name for name, place in where.items() if place != "vectors"] == ["noise", "entities"]
    with pytest.raises(UnknownPartError, match="mean shift"):
        fitted("mean shfit", None, DATA)


def test_a_shift_of_strength_nought_does_nothing_and_of_one_closes_the_gap():
    np.testing.assert_allclose(fit_mean_shift(DATA, 0.0)(OTHERS), OTHERS, atol=1e-6)
    moved = fit_mean_shift(DATA, 1.0)(OTHERS)
    gap = np.linalg.norm(OTHERS.mean(0) - TEXTS.mean(0))
    assert np.linalg.norm(moved.mean(0) - TEXTS.mean(0)) < 0.2 * gap


def test_removal_keeps_directions_from_the_mean():
    found = fit_mean_removal(DATA, 1.0)(OTHERS)
    length = np.linalg.norm(TEXTS - TEXTS.mean(0), axis=1).mean()
    wanted = unit(length * unit(OTHERS - OTHERS.mean(0)) + TEXTS.mean(0))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_projection_and_nearest_find_a_text_that_only_a_gap_hides():
    shifted = unit(TEXTS[:40] - 0.3)
    data = Unpaired(TEXTS, unit(TEXTS - 0.3))
    for name, strength in (("nearest", 1.0), ("projection", 0.01)):
        found = fitted(name, strength, data)(shifted)
        assert ((found @ TEXTS.T).argmax(1) == np.arange(40)).all(), name


def test_the_adapter_gives_the_mean_and_covariance_of_texts():
    mixed = RNG.normal(size=(12, 12))
    others = unit(unit(RNG.normal(size=(4000, 12))) @ mixed + 0.2)
    turned = fit_adapter(Unpaired(TEXTS, others), 0.0)
    before, after = (np.abs(np.cov(x.T) - np.cov(TEXTS.T)).max() for x in (others, turned(others)))
    assert after < 0.35 * before
    lone = fit_adapter(Unpaired(TEXTS, others[:1]), 0.3)(others[:5])
    np.testing.assert_allclose(lone, others[:5], atol=1e-6)


def test_vectors_of_two_spaces_are_refused():
    with pytest.raises(RequestError, match="of one space"):
        Unpaired(TEXTS, OTHERS[:, :5])
    with pytest.raises(RequestError, match="of one space"):
        Unpaired(TEXTS[:0], OTHERS)
