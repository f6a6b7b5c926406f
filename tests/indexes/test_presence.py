"""Presence: scores that no common word and no common picture wins, and a rate of false alarms."""

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.indexes.odds import on_line
from isthmus.indexes.parts import Seen, contained, numbers, overlaps, sizes
from isthmus.indexes.presence import Found, fit_presence, places_of
from isthmus.types import Place, RequestError

D, WORDS, SIGNAL = 24, 40, 1.2


def boxes(count):
    """Parts beside each other, none in another."""
    return tuple(Place(k, box=(k / count, 0.0, (k + 1) / count, 1.0)) for k in range(count))


def things(rng, n, parts=6, names=12, queries=None):
    """Items of some parts; the things that are there are two of its parts, among noise."""
    if queries is None:
        queries = unit(rng.normal(size=(names, D)).astype(np.float32))
    items, where, places = [], [], boxes(parts)
    for _ in range(n):
        held, at = rng.choice(len(queries), 2, replace=False), rng.permutation(parts)[:2]
        found = rng.normal(size=(parts, D)).astype(np.float32) / D**0.5
        found[at] += SIGNAL * queries[held]
        items.append(Seen(places, unit(found)))
        where.append({int(k): [places[row]] for k, row in zip(held, at, strict=True)})
    return items, queries, where


def present(where, names=12):
    return np.array([[k in one for k in range(names)] for one in where])


def test_a_rule_keeps_its_rate_of_false_alarms_on_new_items_and_finds_the_part():
    rng = np.random.default_rng(0)
    words = unit(rng.normal(size=(WORDS, D)).astype(np.float32))
    items, queries, where = things(rng, 150)
    rule = fit_presence(items, queries, where, words)
    new, _, truth = things(np.random.default_rng(2), 150, queries=queries)
    scores = [rule.scores(queries, one) for one in new]
    best, there = np.stack([one.max(axis=1) for one in scores]), present(truth)
    for rate in (0.02, 0.05, 0.2):
        alarms = (best[~there] >= rule.threshold(rate)).mean()
        assert abs(alarms - rate) < 0.02 + rate / 4
    assert (best[there] >= rule.threshold(0.05)).mean() > 0.8
    odds = np.array([[rule.probability(float(x)) for x in row] for row in best])
    assert odds[there].mean() > 0.8 and odds[~there].mean() < 0.3
    assert rule.false_alarms(rule.threshold(0.1)) == pytest.approx(0.1, abs=0.01)
    assert rule.false_alarms(1e9) == 0 and rule.false_alarms(-1e9) == 1
    right = [new[row].places[int(scores[row][k].argmax())] == one[k][0]
             for row, one in enumerate(truth) for k in one]  # fmt: skip
    assert np.mean(right) > 0.85


def test_a_word_that_is_near_to_everything_wins_nothing_by_that():
    rng = np.random.default_rng(0)
    words = unit(rng.normal(size=(WORDS, D)).astype(np.float32))
    items, queries, where = things(rng, 100)
    pool = np.concatenate([one.vectors for one in items])
    middle = unit(pool.mean(axis=0, keepdims=True) + 1e-3)
    shifted = [Seen(one.places, unit(one.vectors + middle)) for one in items]
    rule = fit_presence(shifted, queries, where, words)
    hub = unit(middle + 0.05 * queries[:1])
    hubs, own = (np.stack([rule.scores(q, one).max(axis=1) for one in shifted])
                 for q in (hub, queries))  # fmt: skip
    first = shifted[0].vectors
    assert (first @ hub[0]).mean() > (first @ queries.T).mean() + 0.3
    assert np.median(hubs) < np.median(own[present(where)])


def test_what_is_told_of_a_part_by_hand():
    rng = np.random.default_rng(0)
    words = unit(rng.normal(size=(7, D)).astype(np.float32))
    items, queries, where = things(rng, 9)
    rule = fit_presence(items, queries, where, words)
    pool = np.concatenate([one.vectors for one in items]).astype(float)
    parts = items[0].vectors.astype(float)
    raw, among, others = queries @ parts.T, words @ parts.T, queries @ pool.T
    found = numbers(queries, items[0], words, rule.parts)
    by_part = (raw - among.mean(axis=0)) / among.std(axis=0)
    by_query = (raw - others.mean(axis=1)[:, None]) / others.std(axis=1)[:, None]
    np.testing.assert_allclose(found[..., 0], by_part, atol=2e-3)
    np.testing.assert_allclose(found[..., 1], by_query, atol=2e-3)
    rival = (raw - among.max(axis=0)) / among.std(axis=0)  # none of these words is near a query
    np.testing.assert_allclose(found[..., 2], rival, atol=2e-3)
    np.testing.assert_array_equal(found[..., 3:5], 1.0)  # no part lies in another
    np.testing.assert_allclose(found[0, :, 5], 1 - np.arange(6) / 6)
    np.testing.assert_allclose(found[..., 6], 0.0, atol=1e-9)  # all are equally large
    np.testing.assert_allclose(rule.scores(queries, items[0]), on_line(found, rule.line))


def test_a_part_is_held_against_those_inside_it_and_those_around_it():
    places = [Place(0, box=(0.0, 0.0, 1.0, 1.0)), Place(1, box=(0.2, 0.2, 0.6, 0.6)),
              Place(2, box=(0.3, 0.3, 0.5, 0.5)), Place(3, box=(0.7, 0.7, 0.9, 0.9))]  # fmt: skip
    inside = contained(places)
    assert inside.tolist() == [[False] * 4, [True, False, False, False],
                               [True, True, False, False], [True, False, False, False]]  # fmt: skip
    rng = np.random.default_rng(0)
    words = unit(rng.normal(size=(30, D)).astype(np.float32))
    items, queries, where = things(rng, 9)
    others = fit_presence(items, queries, where, words).parts
    vectors = unit(rng.normal(size=(4, D)).astype(np.float32))
    found = numbers(queries[:1], Seen(tuple(places), vectors), words, others)[0]
    fits = found[:, 0]
    assert found[1, 3] == pytest.approx(fits[1] - fits[2]) and found[3, 3] == 1.0
    assert found[0, 3] == pytest.approx(np.clip(fits[0] - fits[1:].max(), -3, 3))
    assert found[2, 4] == pytest.approx(np.clip(fits[2] - max(fits[0], fits[1]), -3, 3))
    assert found[0, 4] == 1.0
    np.testing.assert_allclose(np.exp(found[:, 6]), [1, 0.16, 0.04, 0.04])


def test_overlaps_of_boxes_seconds_and_faces_and_of_wholes():
    some = [Place(0, box=(0.0, 0.0, 0.5, 1.0)), Place(1, box=(0.5, 0.0, 1.0, 1.0))]
    np.testing.assert_allclose(overlaps(some, [Place(0, box=(0.25, 0.0, 0.5, 1.0))]), [0.5, 0])
    times = [Place(0, seconds=(0.0, 2.0)), Place(1, seconds=(2.0, 4.0))]
    true = [Place(0, seconds=(1.0, 2.0)), Place(1, seconds=(2.0, 4.0))]
    np.testing.assert_allclose(overlaps(times, true), [0.5, 1])
    faces = [Place(0, faces=(0, 1, 2)), Place(1, faces=(3,))]
    np.testing.assert_allclose(overlaps(faces, [Place(0, faces=(2, 3))]), [0.25, 0.5])
    np.testing.assert_allclose(overlaps([Place(0)], [Place(3)]), [1])
    np.testing.assert_allclose(sizes(faces), [1, 1 / 3])


def test_a_word_that_means_the_same_is_no_rival():
    rng = np.random.default_rng(0)
    words = unit(rng.normal(size=(7, D)).astype(np.float32))
    items, queries, where = things(rng, 9)
    others = fit_presence(items, queries, where, words).parts
    near, parts = unit(queries[:1] + 0.01), items[0].vectors
    with_it = numbers(queries[:1], items[0], np.concatenate([words, near]), others)
    spread = (np.concatenate([words, near]) @ parts.T).std(axis=0)
    rival = (queries[:1] @ parts.T - (words @ parts.T).max(axis=0)) / spread
    np.testing.assert_allclose(with_it[..., 2], rival, atol=1e-4)


def test_what_cannot_be_learned_from_is_refused():
    items, queries, where = things(np.random.default_rng(0), 4)
    everything = [{k: [one.places[0]] for k in range(len(queries))} for one in items]
    for wrong in ([{} for _ in items], everything):
        with pytest.raises(RequestError, match="things that are there and things that are not"):
            fit_presence(items, queries, wrong, queries)
    rule = fit_presence(items, queries, where, queries)
    for rate in (0.0, 1.0, -1.0):
        with pytest.raises(RequestError, match="above 0 and below 1"):
            rule.threshold(rate)


def test_boxes_that_overlap_a_clearer_one_are_no_second_place():
    boxes = [(0.0, 0.0, 1.0, 1.0), (0.1, 0.1, 0.4, 0.4)]
    boxes += [(0.12, 0.1, 0.42, 0.4), (0.6, 0.6, 0.9, 0.9)]
    places = [Place(k, box=box) for k, box in enumerate(boxes)]
    found = places_of(places, np.array([1.0, 3.0, 2.9, 2.0]), 1.5)
    assert [one.place.number for one in found] == [1, 3]
    assert [one.place.number for one in places_of(places, np.array([1.0, 3, 2.9, 2]), 2.5)] == [1]
    assert [one.place.number for one in places_of(places, np.array([4.0, 3, 2, 1]), 0.0)] == [0]


def test_seconds_that_follow_each_other_are_one_stretch():
    places = [Place(k, seconds=(k * 0.5, k * 0.5 + 1)) for k in range(20)]
    scores = np.zeros(20)
    scores[4:8], scores[14:16] = [2, 3, 3, 2], [1.8, 1.9]
    found = places_of(places, scores, 1.5)
    assert [one.place.seconds for one in found] == [(2.25, 4.25), (7.25, 8.25)]
    assert [one.score for one in found] == [3, 1.9]
    assert len(places_of(places, scores, 2.0)) == 1
    alone = [Place(0, seconds=(0.0, 0.4))]
    assert places_of(alone, np.array([1.0]), 0.0) == [Found(Place(0, seconds=(0.0, 0.4)), 1.0)]


def test_a_window_is_taken_as_the_event_it_lies_in():
    windows = [Place(k, seconds=(k / 2, k / 2 + 1)) for k in range(19)]
    events = [Place(19, seconds=(2.1, 4.3)), Place(20, seconds=(7.0, 7.2))]
    scores = np.full(21, -1.0)
    scores[4:8] = 2.0, 3.0, 3.0, 2.0  # windows from 2 to 4.5 s
    scores[19] = 1.9
    (found,) = places_of([*windows, *events], scores, 1.0)
    assert found.place.seconds == (2.1, 4.3) and found.score == 3.0
    scores[19] = -1.0  # no event that looks like it: as far as windows reach
    (found,) = places_of([*windows, *events], scores, 1.0)
    assert found.place.seconds == (2.25, 4.25)
    scores[20] = 5.0  # an event by itself
    first, second = places_of([*windows, *events], scores, 1.0)
    assert first.place.seconds == (7.0, 7.2) and second.place.seconds == (2.25, 4.25)
