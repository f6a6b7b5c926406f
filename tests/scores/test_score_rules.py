"""Score rules: orders they must keep, laws they must reach, and what probabilities mean."""

import numpy as np
import pytest

from isthmus.registry import resolve
from isthmus.scores import SCORE_RULES
from isthmus.scores.normalised import (
    fit_match_standardised,
    fit_score_quantiles,
    fit_score_standardised,
    fit_symmetric_normalised,
)
from isthmus.scores.odds import fit_false_alarms, fit_match_odds, likelihood_ratio
from isthmus.scores.rules import Cosine, direction, directions, samples
from isthmus.testing import check_correction
from isthmus.types import Calibration, RequestError
from tests.transform.clouds import calibration, pair_sets

MONOTONE = ("score_standardised", "match_standardised", "score_quantiles", "match_odds")


@pytest.fixture(scope="module")
def data():
    return calibration(n=80, noise=1.0)


@pytest.mark.parametrize("name", SCORE_RULES)
def test_every_rule_scores_every_direction_finitely_and_alike_in_pieces(name, data):
    rule = resolve(SCORE_RULES[name])(data, Cosine())
    new = calibration(n=30, noise=1.0, seed=1).vectors
    for query, gallery in directions(data):
        score = rule.between(query, gallery)
        whole = score(new[query], new[gallery])
        assert whole.shape == (30, 30)
        assert np.isfinite(whole).all()
        assert score(new[query][:7], new[gallery]) == pytest.approx(whole[:7])


RERANKS = {"sinkhorn"}
"""Rules whose scores of two galleries cannot be compared: items of each share out its queries."""


@pytest.mark.parametrize("name", SCORE_RULES)
def test_every_rule_keeps_its_contract(name):
    check_correction(resolve(SCORE_RULES[name]), merges=name not in RERANKS)


@pytest.mark.parametrize("name", MONOTONE)
def test_rules_of_one_direction_keep_its_order(name, data):
    rule = resolve(SCORE_RULES[name])(data, Cosine())
    new = calibration(n=30, noise=1.0, seed=1).vectors
    for query, gallery in directions(data):
        plain = Cosine().between(query, gallery)(new[query], new[gallery]).ravel()
        scored = rule.between(query, gallery)(new[query], new[gallery]).ravel()
        order = np.argsort(plain)
        apart = np.diff(plain[order]) > 1e-9
        assert (np.diff(scored[order])[apart] > 0).all()


def test_standardised_negatives_have_mean_0_and_spread_1(data):
    rule = fit_score_standardised(data, Cosine())
    for one in directions(data):
        _, negatives = samples(rule, data, *one)
        assert negatives.mean() == pytest.approx(0, abs=1e-9)
        assert negatives.std() == pytest.approx(1)


def test_match_standardised_takes_matches_where_there_are_some(data):
    rule = fit_match_standardised(data, Cosine())
    matches, _ = samples(rule, data, "text", "image")
    assert matches.mean() == pytest.approx(0, abs=1e-9)
    scores, same = rule.calibration_scores(data, "text", "text"), data.same_object("text", "text")
    nearest = np.where(same, -np.inf, scores).max(axis=1)  # no two texts match
    assert nearest.mean() == pytest.approx(0, abs=1e-9)


def test_quantile_mapped_negatives_are_normal(data):
    from scipy.stats import kstest

    rule = fit_score_quantiles(data, Cosine())
    for one in directions(data):
        _, negatives = samples(rule, data, *one)
        assert kstest(negatives, "norm").statistic < 0.01


def test_the_likelihood_ratio_of_two_normal_laws_is_known():
    rng = np.random.default_rng(0)
    matches, negatives = rng.normal(3, 1, 20_000), rng.normal(0, 1, 60_000)
    slope, intercept = likelihood_ratio(matches, negatives)
    assert slope == pytest.approx(3, rel=0.03)  # log ratio = 3 s - 9/2
    assert intercept == pytest.approx(-4.5, rel=0.04)


def test_both_kinds_weigh_alike_and_only_order_statistics_count():
    rng = np.random.default_rng(2)
    few, many = rng.normal(2, 1, 500), rng.normal(0, 1, 200_000)
    slope, intercept = likelihood_ratio(few, many)
    assert slope == pytest.approx(2, rel=0.15)  # log ratio = 2 s - 2
    assert intercept == pytest.approx(-2, rel=0.2)


def test_scores_that_say_nothing_keep_a_positive_slope():
    rng = np.random.default_rng(1)
    slope, _ = likelihood_ratio(rng.normal(0, 1, 500), rng.normal(1, 1, 500))
    assert slope == 1e-3


def test_a_probability_follows_the_share_of_matches(data):
    rule = fit_match_odds(data, Cosine())
    x, y = data.vectors.values()
    even, rare = (rule.probability("text", "image", share)(y, x) for share in (0.5, 0.01))
    odds = [p / (1 - p) for p in (even, rare)]
    assert odds[1] / odds[0] == pytest.approx(np.full(odds[0].shape, 0.01 / 0.99), rel=1e-6)
    with pytest.raises(RequestError, match="between 0 and 1"):
        rule.probability("text", "image", 1.0)


def test_matches_that_were_never_seen_stay_possible_but_improbable(data):
    rule = fit_match_odds(data, Cosine())
    assert rule.slope["text>text"] == rule.slope["text>image"]
    assert rule.before["text>text"] < rule.before["text>image"] - 3


def test_two_sided_odds_learn_each_direction_by_itself():
    rule = fit_match_odds(calibration(n=60, views=3, noise=1.0), Cosine())
    assert rule.slope["image>image"] != rule.slope["image>text"]
    # two other images of an object among 179, one text among 60
    expected = np.log((60 * 6 + 0.5) / (60 * 3 * 59 * 3 + 0.5))
    assert rule.before["image>image"] == pytest.approx(expected)


def test_symmetric_normalisation_is_the_mean_of_two_z_scores():
    data = calibration(n=20)
    rule = fit_symmetric_normalised(data, Cosine())
    new = calibration(n=5, seed=4).vectors
    found = rule.between("text", "image")(new["text"], new["image"])
    x, y = (data.vectors[name].astype(np.float32) for name in ("image", "text"))
    score = float(new["text"][2] @ new["image"][3])
    own, theirs = new["text"][2] @ x.T, y @ new["image"][3]
    by_hand = ((score - own.mean()) / own.std() + (score - theirs.mean()) / theirs.std()) / 2
    assert found[2, 3] == pytest.approx(by_hand, rel=1e-4)


def test_what_a_bank_learnt_of_an_object_is_hidden_from_it():
    data = calibration(n=40, noise=0.01)
    for name in ("csls", "neighbour_normalised", "symmetric_normalised"):
        rule = resolve(SCORE_RULES[name])(data, Cosine())
        hidden = rule.calibration_scores(data, "text", "image")
        naive = rule.between("text", "image")(data.vectors["text"], data.vectors["image"])
        # with its own match in the bank a match looks like a hub
        assert np.diag(hidden).mean() > np.diag(naive).mean() + 0.01


def test_false_alarms_come_as_often_as_they_say():
    data, new = calibration(n=300, noise=1.0), calibration(n=300, noise=1.0, seed=5)
    n = len(data.vectors["text"])
    a, b, _ = pair_sets(n=300, noise=1.0)
    unpaired = Calibration.unpaired(a, b)
    assert unpaired.vectors["text"] == pytest.approx(data.vectors["text"])
    assert not unpaired.same_object("text", "image").any()
    rate = fit_false_alarms(unpaired, Cosine()).rate("text", "image")
    found = rate(new.vectors["text"], new.vectors["image"])
    negatives = found[~np.eye(n, dtype=bool)]
    for level in (0.01, 0.05, 0.2):
        assert (negatives <= level).mean() == pytest.approx(level, rel=0.35)


def test_a_probability_counts_the_share_of_matches_once(data):
    from scipy.special import expit, logit

    rule = fit_match_odds(data, Cosine())
    a, b = (data.vectors[name][:20] for name in ("image", "text"))
    odds = np.asarray(rule.between("image", "text")(a, b))
    # where matches are as frequent as in the calibration data, the odds are the probability's
    before = float(expit(rule.before[direction("image", "text")]))
    same = np.asarray(rule.probability("image", "text", before)(a, b))
    np.testing.assert_allclose(same, expit(odds), atol=1e-9)
    half, rare = (np.asarray(rule.probability("image", "text", p)(a, b)) for p in (0.5, 0.01))
    there = (half > 1e-6) & (half < 1 - 1e-6)
    assert there.sum() > 20
    np.testing.assert_allclose(logit(rare[there]) - logit(half[there]), logit(0.01), atol=1e-5)


@pytest.mark.parametrize("scale, shift", [(1.0, 0.0), (0.05, 0.3), (20.0, -400.0)])
def test_the_logistic_is_that_of_the_library(scale, shift):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    matches, negatives = rng.normal(1.5, 1, 60) * scale, rng.normal(0, 1, 900) * scale
    x = np.concatenate([matches, negatives])[:, None]
    known = LogisticRegression(
        C=1e4, class_weight="balanced", solver="newton-cholesky", tol=1e-10, max_iter=500
    ).fit(x, np.repeat([1, 0], [60, 900]))
    slope, intercept = likelihood_ratio(matches + shift, negatives + shift)
    assert slope == pytest.approx(known.coef_[0, 0], rel=1e-5)
    assert intercept + slope * shift == pytest.approx(known.intercept_[0], rel=1e-4, abs=1e-4)
    apart, _ = likelihood_ratio(np.array([2.0, 3.0]), np.array([0.0, 1.0]))
    assert 5 < apart < 50  # kept finite
    assert likelihood_ratio(np.full(5, 1.0), np.full(7, 1.0))[0] == 1e-3
