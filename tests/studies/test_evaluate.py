"""Splits, scores, sums and estimates of held-out items, against answers on paper."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit

from isthmus.measure import (
    centroid_gap,
    distribution_gap,
    relative_modality_gap,
    uniformity,
)
from isthmus.measure.statistics import change_interval, wilson_interval
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
from isthmus.studies.evaluate.evaluation import ScoreSums, change, estimate, fieldwise
from isthmus.studies.evaluate.scores import (
    Bounds,
    DirectionScores,
    geometry,
    match_probabilities,
    match_scores,
    mended_dataset,
    space_scores,
)
from isthmus.studies.evaluate.splits import halves, linked_sample, split_dataset, take
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.transform.mended import Fits, fit_mended
from isthmus.types import Calibration, EmbeddingSet, Links, RequestError, Space
from tests.studies.evaluations import around, several
from tests.transform.clouds import pair_sets

BLOCKS = 10


def objects_of_ids(some):
    return {name.split("/")[0] for name in some.ids}


@pytest.fixture(scope="module")
def lopsided():
    """Ten planes of two images and two texts; one text of each is nearest to the wrong image."""
    plane = {"image": [[1.0, 0.0], [0.0, 1.0]], "text": [[1.0, 0.0], [0.9, 0.4]]}
    ids = tuple(map(str, range(2 * BLOCKS)))
    space = Space("planes", "planes", 2 * BLOCKS)
    a, b = (
        EmbeddingSet(np.kron(np.eye(BLOCKS), rows).astype(np.float32), ids, modality, space)
        for modality, rows in plane.items()
    )
    labels = {name: ("even", "odd")[int(name) % 2] for name in ids if int(name) < 16}
    return Dataset(a, b, None, About(labels=labels))


# splits


def test_halves_share_no_object_cut_none_and_have_the_sizes_they_were_given(monkeypatch):
    data = several()
    for seed in range(4):
        fitted, held = halves(data, 12, np.random.default_rng(seed))
        for objects, inside, outside in zip(data.pair.objects, fitted, held, strict=True):
            assert (len(set(objects[inside])), len(set(objects[outside]))) == (12, 20)
            assert not set(objects[inside]) & set(objects[outside])
            for rows in (inside, outside):
                assert len(rows) == np.isin(objects, objects[rows]).sum()
    assert [len(rows) for rows in halves(data, 1_000, np.random.default_rng(0))[0]] == [40, 20]
    monkeypatch.setattr("isthmus.studies.evaluate.splits.MOST", 7)
    assert len(halves(data, 12, np.random.default_rng(0))[1][1]) == 7


def test_parts_share_no_object_and_follow_the_data_where_they_say(monkeypatch):
    data = several(n=100)
    parts = split_dataset(data, {}, 0)
    train, val, test = (objects_of_ids(x.a) for x in (parts.train, parts.val, parts.test))
    assert parts.drawn and not train & val and not (train | val) & test
    assert (len(train), len(val), len(test)) == (70, 10, 20)
    for part in (parts.train, parts.val, parts.test):
        assert objects_of_ids(part.a) == objects_of_ids(part.b)
        assert len(part.a) == 2 * len(part.b) == len(part.links)
    assert objects_of_ids(split_dataset(data, {}, 1).test.a) != test
    named = {name: "test" if int(name.split("/")[0]) < 30 else "train" for name in data.a.ids}
    own = split_dataset(data, named, 0)
    assert not own.drawn and objects_of_ids(own.test.b) == set(map(str, range(30)))
    assert len(own.val.b) == 9  # an eighth of the others
    named |= {f"{one}/{2 * one + view}": "val" for one in range(50, 62) for view in (0, 1)}
    assert objects_of_ids(split_dataset(data, named, 0).val.a) == set(map(str, range(50, 62)))
    monkeypatch.setattr("isthmus.studies.evaluate.splits.MOST", 9)
    assert len(split_dataset(data, named, 0).val.b) == 9
    with pytest.raises(RequestError, match="'val' has 7 of 70"):
        split_dataset(several(n=70), {}, 0)


def test_large_data_are_cut_to_linked_items_of_whole_objects(monkeypatch):
    data = several()
    few = replace(data, links=Links(list(data.links)[:60]))  # thirty objects
    some = linked_sample(few)
    assert (len(some.a), len(some.b), some.pair.n, len(some.links)) == (60, 30, 30, 60)
    monkeypatch.setattr("isthmus.studies.evaluate.splits.SAMPLE", 24)
    some = linked_sample(few)
    assert 12 <= len(some.a) == 2 * len(some.b) <= 24
    assert objects_of_ids(some.a) == objects_of_ids(some.b) <= set(map(str, range(30)))
    assert some.a.ids == linked_sample(few).a.ids != linked_sample(few, seed=1).a.ids


# scores of items


def scored(data, **known):
    return space_scores(data, match_scores(data.pair), np.random.default_rng(0), 3.0, **known)


def test_each_direction_scores_its_own_queries(lopsided):
    found = scored(lopsided)
    assert found.forward.hits[1].mean() == 1 and found.backward.hits[1].mean() == 0.5
    assert found.backward.hits[5].mean() == found.backward.hits[10].mean() == 1
    assert found.forward.mixed.mean() == 1
    # the second text of a plane has before its image another image and another text
    assert found.backward.mixed.mean() == pytest.approx((1 + 1 / np.log2(4)) / 2)
    assert found.directions == (found.forward, found.backward)
    assert found.seconds == 3 and found.forward.zero_shot is None


def test_bounds_of_single_items_are_those_of_listing_the_other_modality_first(lopsided):
    forward, backward = (one.bounds for one in scored(lopsided).directions)
    assert forward.other_first.mean() == forward.ceiling.mean() == 1
    second = (1 + 1 / np.log2(3)) / 2
    assert backward.other_first.mean() == pytest.approx(second)
    turn = {1: (1 + 1 / np.log2(3)) / 2, 2: (1 / np.log2(4) + 1 / np.log2(5)) / 2}
    assert forward.interleaved.mean() == pytest.approx(turn[1])
    assert backward.interleaved.mean() == pytest.approx((turn[1] + turn[2]) / 2)
    assert forward.own_first.max() == backward.own_first.max() == 0  # it comes after the 19 others
    assert backward.ceiling.mean() == pytest.approx(second)
    n = 2 * BLOCKS
    for one in (forward, backward):
        assert np.allclose(one.chance, (1 / np.log2(np.arange(2, 12))).sum() / (2 * n - 1))
        assert np.allclose(one.chance_of_hits, 1 / n)


def test_the_ceiling_of_several_items_is_above_the_rule_and_chance_counts_every_match():
    data = several()
    forward, backward = (one.bounds for one in scored(data).directions)
    assert np.mean(forward.ceiling - forward.other_first) > 0.05
    for name in ("own_first", "other_first", "interleaved", "standardised"):
        assert (forward.ceiling >= getattr(forward, name) - 1e-12).all()
    assert np.allclose(backward.ceiling, backward.other_first)  # a text has no other text
    assert np.allclose(forward.chance_of_hits, 1 / 40) and np.allclose(
        backward.chance_of_hits, 1 / 40
    )
    worth = 1 / np.log2(np.arange(2, 12))
    assert np.allclose(forward.chance, 2 / 119 * worth.sum() / worth[:2].sum())


def test_queries_that_a_large_gallery_leaves_out_stay_unscored(monkeypatch):
    monkeypatch.setattr("isthmus.measure.retrieval.galleries.MOST_SCORES", 1_200)
    data = several()
    found = scored(data).forward
    assert 0 < np.isfinite(found.mixed).sum() == np.isfinite(found.bounds.ceiling).sum() < 80
    assert np.isfinite(found.hits[1]).all()


def test_zero_shot_takes_the_nearest_class_text_and_leaves_out_unlabelled_items(lopsided):
    planes = lopsided.a.vectors.reshape(BLOCKS, 2, -1).sum(axis=0)
    texts = {
        name: EmbeddingSet(row[None], (name,), "text", lopsided.a.space)
        for name, row in zip(("even", "odd"), planes, strict=True)
    }
    right = replace(lopsided, about=replace(lopsided.about, classes=texts))
    found = scored(right).forward.zero_shot
    assert (found[:16] == 1).all() and np.isnan(found[16:]).all()
    swapped = dict(zip(texts, reversed(texts.values()), strict=True))
    wrong = replace(lopsided, about=replace(lopsided.about, classes=swapped))
    assert (scored(wrong).forward.zero_shot[:16] == 0).all()
    assert scored(wrong).backward.zero_shot is None
    assert scored(replace(right, about=About(classes=texts))).forward.zero_shot is None


def test_a_mended_data_set_moves_both_sets_and_the_class_texts(lopsided):
    texts = EmbeddingSet(lopsided.b.vectors[:2], ("even/0", "odd/0"), "text", lopsided.a.space)
    data = replace(lopsided, about=replace(lopsided.about, classes=texts))
    mended = fit_mended("mean_removal", Calibration.of(data.a, data.b), data.a.space)
    moved = mended_dataset(data, mended)
    for some, own in ((moved.a, data.a), (moved.b, data.b)):
        assert np.array_equal(some.vectors, mended(own).vectors) and some.space == mended.space
    assert np.array_equal(moved.about.prompts["odd"].vectors, mended(texts).vectors[1:])
    assert moved.about.labels == data.about.labels


# numbers of a whole space


def test_the_geometry_of_held_out_items_is_that_of_the_measures():
    data = several(n=60)
    found, (a, b, links) = geometry(data, np.random.default_rng(0)), (data.a, data.b, data.links)
    assert found.gap == pytest.approx(centroid_gap(a, b, links).value, rel=1e-5)
    assert found.distribution_gap == pytest.approx(distribution_gap(a, b, links).value, rel=1e-4)
    relative = relative_modality_gap(a, b, links).value
    assert found.relative_gap == pytest.approx(relative, rel=1e-5) and 0 < relative < 1
    assert found.uniformity == pytest.approx(
        (uniformity(a).value + uniformity(b).value) / 2, rel=1e-4
    )
    assert found.v_measure is None


def entropy(*names):
    share = np.unique(list(zip(*names, strict=True)), axis=0, return_counts=True)[1] / len(names[0])
    return -(share * np.log(share)).sum()


def test_clusters_of_both_modalities_agree_with_classes_that_lie_apart():
    rng, space = np.random.default_rng(0), Space("two", "two", 8)
    blobs = {"image": np.arange(40) % 2, "text": np.arange(40) // 20}
    a, b = (
        EmbeddingSet(
            (np.eye(8)[blob] + 0.01 * rng.normal(size=(40, 8))).astype(np.float32),
            tuple(f"{modality} {row}" for row in range(40)),
            modality,
            space,
        )
        for modality, blob in blobs.items()
    )
    links = Links(zip(a.ids, b.ids, strict=True))

    def found(labels):
        return geometry(Dataset(a, b, links, About(labels=labels)), rng).v_measure

    names, both = (*a.ids, *b.ids), np.concatenate([*blobs.values()])
    assert found(dict(zip(names, map(str, both), strict=True))) == pytest.approx(1)
    some = dict(zip(names[:50], map(str, both[:50]), strict=True))  # thirty texts without
    assert found(some) == pytest.approx(1)
    uneven = [str(int(blob == 0 or row % 4 == 1)) for row, blob in enumerate(both)]
    shared = entropy(both) + entropy(uneven) - entropy(both, uneven)
    expected = 2 * shared / (entropy(both) + entropy(uneven))
    assert found(dict(zip(names, uneven, strict=True))) == pytest.approx(expected)
    assert found(dict.fromkeys(names, "one")) is None


def test_a_geometry_that_is_there_is_not_computed_again(lopsided):
    marked = replace(geometry(lopsided, np.random.default_rng(0)), gap=-7.0)
    assert scored(lopsided, lies=marked).geometry is marked


# probabilities of a match


def test_similarities_are_of_queries_of_the_second_modality(lopsided):
    matches, negatives = match_scores(lopsided.pair)
    length = np.hypot(0.9, 0.4)
    assert sorted(set(matches.round(5))) == pytest.approx([0.4 / length, 1.0], abs=1e-4)
    assert len(matches) == 20 and len(negatives) == 380
    turned = replace(lopsided, a=lopsided.b, b=lopsided.a)
    assert (match_scores(turned.pair)[0] == matches).all()
    assert not (match_scores(turned.pair)[1] == negatives).all()
    data = several()
    fitted = Calibration.of(data.a, data.b, data.links)
    mended = fit_mended("inverted_softmax", fitted, data.a.space)
    scores = mended.rule.between("text", "image")(data.b.unit, data.a.unit)
    found, same = match_scores(mended_dataset(data, mended).pair), data.pair.same_object.T
    np.testing.assert_allclose(found[0], scores[same], atol=1e-5)
    np.testing.assert_allclose(found[1], scores[~same], atol=1e-5)


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


# sums over splits


def limits(n):
    return Bounds(*np.full((7, n), 0.5))


def test_scores_are_averaged_over_the_splits_that_hold_an_item_out():
    sums = ScoreSums(Dataset(*pair_sets(n=3)).pair)
    rows = np.array([0, 2]), np.array([1])
    one = DirectionScores(
        {1: np.array([1.0, np.nan])}, np.array([0.2, 0.4]), limits(2), np.array([1.0, 1.0])
    )
    two = DirectionScores({1: np.array([0.5])}, np.array([0.6]), limits(1))
    sums.add(rows, one, two, 3.0)
    sums.add((np.array([2, 0]), np.array([0])), one, two, 5.0)
    forward, backward, number = sums.means
    np.testing.assert_array_equal(forward.hits[1], [1.0, np.nan, 1.0])
    np.testing.assert_allclose(forward.mixed, [0.3, np.nan, 0.3])
    np.testing.assert_array_equal(forward.zero_shot, [1.0, np.nan, 1.0])
    np.testing.assert_array_equal(backward.hits[1], [0.5, 0.5, np.nan])
    assert backward.zero_shot is None
    assert number.value == 4 and (number.interval.low, number.interval.high) == (3.05, 4.95)


def test_what_is_none_in_some_is_left_out_and_stays_where_all_is():
    some = [
        Bounds(1, 1, 1, 1, None, 2, {"x": None}),
        Bounds(10, 10, 10, 10, 3, None, {"x": None}),
    ]
    added = vars(fieldwise(lambda *x: sum(x), *some))
    assert (added["own_first"], added["ceiling"], added["chance"]) == (11, 3, 2)
    assert added["chance_of_hits"] == {"x": None}


def test_intervals_are_over_objects_and_leave_out_what_was_never_held_out():
    scores = np.repeat(np.random.default_rng(0).random(20), 10)
    by_object = estimate(scores, np.repeat(np.arange(20), 10))
    by_item = estimate(scores)
    assert by_object.value == by_item.value == pytest.approx(scores.mean())
    wide, narrow = (x.interval.high - x.interval.low for x in (by_object, by_item))
    assert wide > 2 * narrow
    missing = np.where(np.arange(200) < 100, scores, np.nan)
    assert estimate(missing).value == pytest.approx(scores[:100].mean())


def test_an_estimate_has_wilsons_interval_and_a_change_that_of_gains_and_losses():
    rng = np.random.default_rng(1)
    scores, objects = rng.random(70), rng.integers(0, 30, 70)
    assert estimate(scores, objects).interval == wilson_interval(scores, objects)
    assert change(scores - 0.5).interval == change_interval(scores - 0.5)
    sure = estimate(np.ones(12)).interval
    assert sure.high == 1 and 0.7 < sure.low < 0.8  # never [1, 1]
    none = estimate(np.zeros(12)).interval
    assert none.low == 0 and 0.2 < none.high < 0.3
