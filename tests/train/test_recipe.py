"""Recipes and batches: what needs no torch."""

import numpy as np
import pytest

from isthmus.registry import UnknownPartError
from isthmus.train.batches import batches, steps
from isthmus.train.recipe import Recipe
from isthmus.types import RequestError
from tests.train.spaces import pair


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"pairs": 1}, "batch of one"),
        ({"similarity": "maxsim"}, "many vectors"),
        ({"loss": "entailment"}, "lorentz"),
        ({"loss": "angle_contrast"}, "exterior_angle"),
        ({"freeze": ("text",), "shared": True}, "frozen"),
        ({"regularisers": ("uniformity",)}, "name=weight"),
        ({"rate": 0.0}, "--rate"),
        ({"swap": 1.5}, "--swap"),
        ({"scale": -1.0}, "--scale"),
    ],
)
def test_what_cannot_be_trained_is_said(wrong, says):
    with pytest.raises(RequestError, match=says):
        Recipe(**wrong).check()


@pytest.mark.parametrize("part", [{"loss": "infonce"}, {"head": "lineer"}])
def test_a_typo_answers_with_the_nearest_name(part):
    with pytest.raises(UnknownPartError, match=r"info_nce|linear"):
        Recipe(**part).check()


def test_a_batch_holds_distinct_objects_and_their_own_links():
    data, recipe = pair(), Recipe(pairs=32)
    found = list(batches(data, recipe, 0, 0))
    assert len(found) == steps(data, recipe) == 2 * (120 // 32)
    known = {tuple(row) for row in data.rows.tolist()}
    for batch in found:
        assert len(set(batch.objects.tolist())) == 32
        assert {tuple(row) for row in batch.rows.tolist()} <= known
        assert (data.objects[0][batch.rows[:, 0]] == batch.objects).all()


def test_a_round_shows_every_object_once_and_links_at_random():
    data, recipe = pair(objects=120, views=2), Recipe(pairs=30)
    found = list(batches(data, recipe, 0, 0))
    assert len(found) == 8
    for half in (found[:4], found[4:]):  # two links an object on average: two rounds
        assert sorted(np.concatenate([batch.objects for batch in half])) == sorted(
            set(data.objects[0].tolist())
        )
    views = np.concatenate([batch.rows[:, 0] % 2 for batch in found])
    assert 0.3 < views.mean() < 0.7
    swapped = np.concatenate(
        [batch.swapped for batch in batches(data, Recipe(pairs=30, swap=0.25), 0, 0)]
    )
    assert 0.15 < swapped.mean() < 0.35


def test_epochs_differ_and_come_again_after_a_restart():
    data, recipe = pair(), Recipe(pairs=32, swap=0.5)
    first, again, second = (
        np.concatenate([batch.rows for batch in batches(data, recipe, 0, epoch)])
        for epoch in (0, 0, 1)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, second)


def test_several_pairs_of_an_object_stand_in_one_batch():
    data = pair(objects=60, views=4)
    batch = next(batches(data, Recipe(pairs=32, per_object=2), 0, 0))
    assert np.unique(batch.objects, return_counts=True)[1].tolist() == [2] * 16


def test_too_few_objects_for_a_batch_are_refused():
    with pytest.raises(RequestError, match="2 objects"):
        next(batches(pair(objects=60), Recipe(pairs=4, per_object=4), 0, 0))
