"""Chains of corrections, fitted on some objects and scored on others."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.measure.statistics.calibration import calibration_error
from isthmus.scores.rules import samples
from isthmus.store import write_tensors
from isthmus.studies.evaluate.cross_validation import SplitScores, cross_validated
from isthmus.studies.evaluate.scores import match_probabilities, mended_dataset
from isthmus.studies.evaluate.splits import halves, take
from isthmus.studies.shared.dataset import Dataset
from isthmus.transform.mended import fit_with_data
from isthmus.types import Calibration, EmbeddingSet, RequestError
from tests.studies.evaluations import several
from tests.transform.clouds import pair_sets


def test_chains_are_fitted_on_some_objects_and_scored_on_all_others():
    data, ticks = several(), []
    found = cross_validated(data, ("mean_removal",), 14, splits=3, tick=ticks.append)
    assert (found.fitted_on, found.held_out, found.repeats, len(ticks)) == (14, 20, 3, 6)
    for space in found.spaces.values():
        held = [np.isfinite(one.hits[1]) for one in space.directions]
        assert np.array_equal(held[0], np.repeat(held[1], 2))  # whole objects
        assert 20 < held[1].sum() < 40
        hits = space.backward.hits[1][held[1]]
        assert set((6 * hits).round(9) % 1) == {0}  # means of one to three splits
    ceiling = found.bounds[0].ceiling
    assert np.array_equal(np.isfinite(ceiling), np.isfinite(found.spaces[""].forward.mixed))
    again = cross_validated(data, ("mean_removal",), 14, splits=3, seed=1)
    assert again.rows[""].hits != found.rows[""].hits


def test_remedies_learn_from_more_objects_what_they_cannot_learn_from_few():
    data = Dataset(*pair_sets(n=120, noise=0.5))
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(24, 24)))[0].astype(np.float32)
    data = replace(data, b=EmbeddingSet(data.b.vectors @ turn, data.b.ids, "text", data.b.space))
    few, many = (cross_validated(data, ("ridge",), size, splits=2) for size in (8, 60))
    assert many.rows["ridge"].hits.value > few.rows["ridge"].hits.value + 0.3
    assert many.rows[""].hits.value == few.rows[""].hits.value < 0.2


def test_probabilities_are_fitted_on_calibration_objects_by_the_rule_of_the_chain():
    data, chain, errors = several(), "mean_removal+inverted_softmax", []
    found = cross_validated(data, (chain,), 20, splits=2)
    for number in (0, 1):
        rows = halves(data, 20, np.random.default_rng([0, number]))
        fitted, held = (take(data, some) for some in rows)
        own = Calibration.of(fitted.a, fitted.b, fitted.links)
        mended, seen = fit_with_data(chain, own, data.a.space)
        known, rng = (
            samples(mended.rule, seen, "text", "image"),
            np.random.default_rng([0, number, 1]),
        )
        drawn = match_probabilities(known, mended_dataset(held, mended).pair, rng)
        errors.append(calibration_error(*drawn, rng=rng))
    error = found.spaces[chain].calibration_error
    assert error.value == pytest.approx(np.mean(errors))
    assert error.value != pytest.approx(found.spaces[""].calibration_error.value)


def test_scores_move_no_vector_and_maps_do():
    data = several()
    found = cross_validated(data, ("mean_removal", "score_standardised"), 20, splits=2)
    raw, mean, rule = (row.scores.geometry for row in found.rows.values())
    assert vars(rule) == vars(raw) and mean.gap.value < 0.3 * raw.gap.value
    assert mean.distribution_gap != raw.distribution_gap


def test_a_correction_that_cannot_be_fitted_is_listed_and_the_rest_goes_on():
    found = cross_validated(several(), ("csls+mean_removal", "mean_removal"), 20, splits=2)
    assert "maps must stand before" in found.not_fitted["csls+mean_removal"]
    assert list(found.spaces) == ["", "mean_removal"]


def test_equal_vectors_are_listed_as_faults_not_crashes():
    a, b, links = pair_sets(n=40)
    flat = [EmbeddingSet(np.ones_like(some.vectors), some.ids, some.modality, some.space)
            for some in (a, b)]  # fmt: skip
    found = cross_validated(Dataset(*flat, links), ("mean_removal", "csls"), 20, splits=2)
    assert "leaves nothing" in found.not_fitted["mean_removal"]
    assert set(found.spaces) == {"", "csls"}


def test_noise_earns_what_chance_says():
    data = several()
    rng = np.random.default_rng(1)
    a, b = (
        EmbeddingSet(
            rng.normal(size=x.vectors.shape).astype(np.float32), x.ids, x.modality, x.space
        )
        for x in (data.a, data.b)
    )
    found = cross_validated(replace(data, a=a, b=b), (), 20, splits=12)
    for scores, known in zip(found.rows[""].scores.directions, found.bounds, strict=True):
        assert np.nanmean(known.chance) == pytest.approx(scores.mixed.value, abs=0.05)
        assert np.nanmean(known.chance_of_hits) == pytest.approx(scores.hits[1].value, abs=0.05)
    assert np.nanmean(found.bounds[1].chance_of_hits) == pytest.approx(2 / 40)


@pytest.mark.parametrize("damage", ["not json", "[1]", '["a"', '["gone"]', "{}", None])
def test_scores_that_were_altered_are_one_sentence(tmp_path, damage):
    write_tensors(tmp_path / "a", {"x": np.zeros(2)}, {"chains": damage} if damage else {})
    with pytest.raises(RequestError, match=r"^[^\n]*does not hold the scores of a split[^\n]*$"):
        SplitScores(tmp_path / "a")
