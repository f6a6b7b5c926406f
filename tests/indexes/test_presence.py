"""Presence: scores that no common word and no common picture wins, and a rate of false alarms."""

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.indexes.presence import Found, fit_presence, numbers, on_line, places_of
from isthmus.types import Place, RequestError

D, WORDS, SIGNAL = 24, 40, 1.2


def things(rng, n, parts=6, names=12):
    """Items of some parts; a thing that is there is one of its parts, among noise."""
    queries = unit(rng.normal(size=(names, D)).astype(np.float32))
    present, items = np.zeros((n, names), bool), []
    for row in range(n):
        held = rng.choice(names, 2, replace=False)
        present[row, held] = True
        found = rng.normal(size=(parts, D)).astype(np.float32) / D**0.5
        found[:2] += SIGNAL * queries[held]
        items.append(unit(found))
    return items, queries, present


def test_a_rule_keeps_its_rate_of_false_alarms_on_new_items():
    rng = np.random.default_rng(0)
    words = unit(rng.normal(size=(WORDS, D)).astype(np.float32))
    items, queries, present = things(rng, 150)
    rule = fit_presence(items, queries, present, words)
    fresh, _, _ = things(np.random.default_rng(1), 1)
    rng = np.random.default_rng(2)
    new, there = [], []
    for _ in range(150):
        held = rng.choice(len(queries), 2, replace=False)
        found = rng.normal(size=(6, D)).astype(np.float32) / D**0.5
        found[:2] += SIGNAL * queries[held]
        new.append(unit(found))
        there.append(np.isin(np.arange(len(queries)), held))
    best = np.stack([rule.scores(queries, one).max(axis=1) for one in new])
    there = np.array(there)
    for rate in (0.02, 0.05, 0.2):
        alarms = (best[~there] >= rule.threshold(rate)).mean()
        assert abs(alarms - rate) < 0.02 + rate / 4
    assert (best[there] >= rule.threshold(0.05)).mean() > 0.8
    odds = np.array([[rule.probability(float(x)) for x in row] for row in best])
    assert odds[there].mean() > 0.8 and odds[~there].mean() < 0.3
    assert rule.false_alarms(rule.threshold(0.1)) == pytest.approx(0.1, abs=0.01)
    assert rule.false_alarms(1e9) == 0 and rule.false_alarms(-1e9) == 1
    assert len(fresh) == 1


def test_a_word_that_is_near_to_everything_wins_nothing_by_that():
    rng = np.random.default_rng(0)
    words = unit(rng.normal(size=(WORDS, D)).astype(np.float32))
    items, queries, present = things(rng, 100)
    middle = unit(np.concatenate(items).mean(axis=0, keepdims=True) + 1e-3)
    shifted = [unit(one + middle) for one in items]
    rule = fit_presence(shifted, queries, present, words)
    hub = unit(middle + 0.05 * queries[:1])
    hubs, own = (np.stack([rule.scores(q, one).max(axis=1) for one in shifted])
                 for q in (hub, queries))  # fmt: skip
    assert (shifted[0] @ hub[0]).mean() > (shifted[0] @ queries.T).mean() + 0.3
    assert np.median(hubs) < np.median(own[present])


def test_scores_are_two_standardisations_by_hand():
    rng = np.random.default_rng(0)
    words = unit(rng.normal(size=(7, D)).astype(np.float32))
    items, queries, present = things(rng, 9)
    rule = fit_presence(items, queries, present, words)
    pool, parts = np.concatenate(items).astype(float), items[0].astype(float)
    raw, among, others = queries @ parts.T, words @ parts.T, queries @ pool.T
    found = numbers(queries, items[0], words, rule.parts)
    by_part = (raw - among.mean(axis=0)) / among.std(axis=0)
    by_query = (raw - others.mean(axis=1)[:, None]) / others.std(axis=1)[:, None]
    np.testing.assert_allclose(found[..., 0], by_part, atol=2e-3)
    np.testing.assert_allclose(found[..., 1], by_query, atol=2e-3)
    rival = (raw - among.max(axis=0)) / among.std(axis=0)  # none of these words is near a query
    np.testing.assert_allclose(found[..., 2], rival, atol=2e-3)
    np.testing.assert_allclose(rule.scores(queries, items[0]), on_line(found, rule.line))


def test_a_word_that_means_the_same_is_no_rival():
    rng = np.random.default_rng(0)
    words = unit(rng.normal(size=(7, D)).astype(np.float32))
    items, queries, present = things(rng, 9)
    others = fit_presence(items, queries, present, words).parts
    near = unit(queries[:1] + 0.01)
    with_it = numbers(queries[:1], items[0], np.concatenate([words, near]), others)
    spread = (np.concatenate([words, near]) @ items[0].T).std(axis=0)
    rival = (queries[:1] @ items[0].T - (words @ items[0].T).max(axis=0)) / spread
    np.testing.assert_allclose(with_it[..., 2], rival, atol=1e-4)


def test_what_cannot_be_learned_from_is_refused():
    items, queries, present = things(np.random.default_rng(0), 4)
    for wrong in (present & False, present | True):
        with pytest.raises(RequestError, match="things that are there and things that are not"):
            fit_presence(items, queries, wrong, queries)
    rule = fit_presence(items, queries, present, queries)
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
