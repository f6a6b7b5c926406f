"""Splits, scores, sums and estimates of held-out items, against answers on paper."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.measure import (
    centroid_gap,
    distribution_gap,
    relative_modality_gap,
    uniformity,
)
from isthmus.measure.statistics import change_interval, wilson_interval
from isthmus.studies.evaluate.evaluation import ScoreSums, change, estimate, fieldwise
from isthmus.studies.evaluate.scores import (
    Bounds,
    DirectionScores,
    geometry,
    match_scores,
    mended_dataset,
    space_scores,
)
from isthmus.studies.evaluate.splits import halves, linked_sample, split_dataset
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.transform.mended import fit_mended
from isthmus.types import Calibration, EmbeddingSet, Links, RequestError, Space
from tests.studies.evaluations import several
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
