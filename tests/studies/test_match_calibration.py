"""Probabilities of a match: on random halves, on held-out groups, and which score is offered."""

import numpy as np
import pytest
from scipy.special import logit

from isthmus.measure.statistics.calibration import brier_score
from isthmus.scores.odds import likelihood_ratio
from isthmus.studies.evaluate.calibration import (
    GROUPS,
    HALVES,
    SHARES,
    CalibrationScore,
    CalibrationScores,
    match_calibration,
)
from isthmus.studies.evaluate.scores import (
    match_probabilities,
    match_scores,
    space_scores,
)
from isthmus.studies.evaluate.splits import halves, take
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.transform.mended import Fits
from isthmus.types import EmbeddingSet, Space
from tests.studies.evaluations import around, several
from tests.transform.clouds import pair_sets


def test_a_share_of_matches_is_drawn_and_shifts_the_odds():
    data = several(n=60, noise=0.3)
    known = match_scores(data.pair)
    slope, intercept = likelihood_ratio(*known)
    for share, drawn in ((0.5, 240), (0.25, 480), (0.01, 7_139)):
        rng = np.random.default_rng(0)
        probability, match = match_probabilities(known, data.pair, rng, share)
        assert len(match) == drawn or share == 0.01
        assert match.mean() == pytest.approx(share, rel=0.03)
        odds = np.sort(logit(probability[match]))
        expected = slope * np.sort(known[0]) + intercept + np.log(share / (1 - share))
        if share > 0.01:
            assert np.allclose(odds, expected)
        else:  # there are 7,080 negatives: 72 matches of 120 keep the share
            assert match.sum() == 72 and len(match) == 7_152
            assert np.isin(odds.round(6), expected.round(6)).all()
        assert probability[match].mean() > probability[~match].mean()


def test_probabilities_come_true_where_held_out_pairs_are_like_those_fitted_on(monkeypatch):
    data = Dataset(*pair_sets(n=120, noise=1.2, gap=2.0))
    found = match_calibration(data, splits=3)
    assert (found.calibrated, found.splits) == (60, 3)
    assert [(one.score, one.share) for one in found.found] == [
        (name, share) for name in ("cosine", "symmetric normalised") for share in SHARES
    ] * 2
    assert [one.held_out for one in found.found] == 4 * [HALVES] + 4 * [GROUPS]
    for one in found.found[:4]:
        assert one.constant == pytest.approx({0.5: 0.25, 0.01: 0.0099}[one.share])
        assert abs(one.error.value) < 0.05 and one.brier.value < one.constant
    assert found.alarms.value == pytest.approx(0.01, abs=0.005)
    cosines = {(share, p): cosine for share, p, cosine in found.thresholds}
    for share in SHARES:
        assert cosines[share, 0.1] < cosines[share, 0.5] < cosines[share, 0.9]
    # at 1:99 a tenth is as much evidence as nine tenths at 1:11
    assert all(cosines[0.01, p] > cosines[0.5, p] for p in (0.1, 0.5, 0.9))
    slope, intercept = likelihood_ratio(*match_scores(data.pair))  # the same without standardising
    for (share, p), cosine in cosines.items():
        assert cosine == pytest.approx((logit(p) - logit(share) - intercept) / slope, abs=0.01)
    chains, fitted = [], Fits.fitted
    monkeypatch.setattr(
        Fits, "fitted", lambda fits, chain: chains.append(chain) or fitted(fits, chain)
    )
    monkeypatch.setattr("isthmus.studies.evaluate.calibration.MOST", 20)
    again = match_calibration(data, splits=3, seed=1)
    groups = len({one.worst for one in again.found})
    assert again.calibrated == 20 and chains.count("symmetric_normalised") == chains.count("")
    assert chains.count("") >= 3 + groups - 1
    assert again.found != found.found and again.thresholds == found.thresholds


def by_group(found):
    return {(x.score, x.held_out, x.share): x for x in found.found}


def test_probabilities_that_do_not_travel_are_seen_on_held_out_groups():
    """Shirts are like each other, so that odds learnt on other things are too sure of them."""
    rng, n, d = np.random.default_rng(0), 160, 24
    shirt = np.arange(n) < 40
    meaning = rng.normal(size=(n, d))
    meaning[shirt] = meaning[0] + 0.35 * rng.normal(size=(40, d))
    a, b = (
        EmbeddingSet(
            (meaning + 0.5 * rng.normal(size=(n, d))).astype(np.float32),
            tuple(map(str, range(n))), modality, Space("shirts", "shirts", d),
        )
        for modality in ("image", "text")
    )  # fmt: skip
    labels = {str(row): "shirt" if row < 40 else f"thing {row % 3}" for row in range(n)}
    found = match_calibration(Dataset(a, b, None, About(labels=labels)), splits=4)
    known = by_group(found)
    assert found.groups == "labels"
    new, half = (known["cosine", x, 0.01] for x in ("held-out groups", "random halves"))
    assert new.worst == "shirt" and new.worst_brier > new.constant > half.brier.value
    assert found.worse("cosine", 0.01) is new
    assert new.brier.value > half.brier.value and new.error.value > half.error.value
    clusters = match_calibration(Dataset(a, b), splits=2)
    assert clusters.groups == "clusters" and by_group(clusters).keys() == known.keys()
    few = match_calibration(Dataset(*pair_sets(n=20)), splits=2)
    assert few.groups == "" and {one.held_out for one in few.found} == {"random halves"}
    alone = {str(row): f"one of its kind {row}" for row in range(n)}  # no label is a group
    assert (
        match_calibration(Dataset(a, b, None, About(labels=alone)), splits=2).groups == "clusters"
    )


def scores_of(*skills):
    """By score: Brier scores on random halves and on held-out groups."""
    return CalibrationScores(
        20, 3,
        tuple(
            CalibrationScore(name, share, around(0.01), around(brier * share), share * (1 - share),
                             held_out, "x" if held_out == GROUPS else "", 3 * share)
            for name, *briers in skills
            for held_out, brier in zip((HALVES, GROUPS), briers, strict=True)
            for share in (0.5, 0.01)
        ),
        around(0.01), (), "labels",
    )  # fmt: skip


def test_the_calibrator_that_wins_where_it_is_worst_is_offered():
    found = scores_of(("cosine", 0.3, 0.4), ("symmetric normalised", 0.1, 1.4))
    assert found.offered == "cosine"
    assert found.worse("cosine").held_out == GROUPS
    assert found.trusted("cosine") == (HALVES, GROUPS)
    assert found.trusted("symmetric normalised") == (HALVES,)
    turned = scores_of(("cosine", 0.5, 0.3), ("symmetric normalised", 0.4, 0.4))
    assert turned.offered == "symmetric normalised"
    assert turned.worse("cosine").held_out == HALVES


def test_the_error_of_a_space_is_that_of_its_own_probabilities():
    data = several(n=60)
    fitted, held = (take(data, rows) for rows in halves(data, 30, np.random.default_rng(0)))
    good = space_scores(held, match_scores(fitted.pair), np.random.default_rng(0), 0.0)
    matches, negatives = match_scores(fitted.pair)
    bad = space_scores(held, (negatives, matches), np.random.default_rng(0), 0.0)
    assert good.calibration_error < 0.1 < bad.calibration_error
    assert (
        brier_score(*match_probabilities((matches, negatives), held.pair, np.random.default_rng(0)))
        < 0.2
    )
