"""Masks show what the facts say, and every fact shows in the pixels."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.types import RequestError
from isthmus.worlds.babel.facts import (
    SHAPES,
    STYLES,
    Facts,
    Group,
    draw_facts,
    fact_values,
    facts_of,
)
from isthmus.worlds.babel.layout import arrange
from isthmus.worlds.babel.render_image import render
from isthmus.worlds.babel.scenes import Scene
from tests.worlds.babel.masks import things_seen


@pytest.mark.parametrize("groups", [1, 2])
def test_windows_lie_apart_and_relations_are_read_in_one_way(groups):
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        facts = draw_facts(rng, groups)
        things = arrange(facts, rng)
        at = np.array([(thing.x, thing.y) for thing in things])
        half = np.array([thing.diameter / 2 for thing in things])
        assert (at - half[:, None] > 0).all()
        assert (at + half[:, None] < 1).all()
        gaps = abs(at[:, None] - at[None]).max(axis=-1) - (half[:, None] + half[None])
        assert (gaps[~np.eye(len(at), dtype=bool)] > 0.01).all()
        if groups == 2:
            group = np.array([thing.group for thing in things])
            dx, dy = at[group == 1].mean(axis=0) - at[group == 0].mean(axis=0)
            assert (dx > abs(dy)) if facts.relation == "left of" else (dy > abs(dx))


@pytest.mark.parametrize("size", [64, 128])
def test_masks_show_count_colour_place_and_relation(size):
    for number in range(40):
        scene = Scene(11, number, size=size)
        facts, drawn = scene.facts, scene.rendering
        seen = things_seen(drawn.pixels, drawn.mask)
        assert len(seen) == len(drawn.things) == sum(group.count for group in facts.groups)
        shown = {}
        for thing in drawn.things:
            nearest = min(seen, key=lambda one: abs(one.x - thing.x) + abs(one.y - thing.y))
            shown[nearest] = thing
            # lopsided solids do not fill their window: a quarter of it is their widest margin
            assert max(abs(nearest.x - thing.x), abs(nearest.y - thing.y)) < (
                thing.diameter / 4 + 1 / size
            )
            if size == 128:
                assert nearest.colour == thing.facts.colour
        assert len(shown) == len(seen)
        first, second = ([one for one in seen if shown[one].group == at] for at in (0, 1))
        if facts.relation == "left of":
            assert max(one.right for one in first) <= min(one.left for one in second)
        else:
            assert max(one.bottom for one in first) <= min(one.top for one in second)


def test_centres_are_exact_where_the_solid_fills_its_window():
    for number in range(40):
        facts = Facts((Group("sphere", "red", "large", "matte", 2),), None, "front", "flat")
        drawn = render(facts, np.random.default_rng(number), 128)
        seen = sorted((one.x, one.y) for one in things_seen(drawn.pixels, drawn.mask))
        true = sorted((thing.x, thing.y) for thing in drawn.things)
        np.testing.assert_allclose(seen, true, atol=0.51 / 128)


def test_sizes_are_ordered_in_the_mask():
    for shape in SHAPES:
        areas = [
            (
                render(
                    Facts((Group(shape, "red", size, "matte", 1),), None, "angle", "flat"),
                    np.random.default_rng(0),
                ).mask
                > 0
            ).sum()
            for size in ("small", "medium", "large")
        ]
        assert areas[0] * 1.5 < areas[1]
        assert areas[1] * 1.5 < areas[2]


@pytest.mark.parametrize("style", STYLES)
def test_every_fact_shows_in_the_pixels(style):
    base = Facts((Group("cube", "red", "large", "matte", 1),), None, "front", style)
    drawn = render(base, np.random.default_rng(0)).pixels.astype(int)
    for name, values in fact_values(1).items():
        for value in values:
            if value == base.to_dict()[name]:
                continue
            other = facts_of({**base.to_dict(), name: value})
            pixels = render(other, np.random.default_rng(0)).pixels
            assert (abs(pixels - drawn).max(axis=-1) > 25).sum() > 60, (name, value)


def test_a_picture_needs_all_facts():
    facts = replace(draw_facts(np.random.default_rng(0)), view=None)
    with pytest.raises(RequestError, match="'view' is not stated"):
        render(facts, np.random.default_rng(0))
    with pytest.raises(RequestError, match="64 pixels"):
        render(draw_facts(np.random.default_rng(0)), np.random.default_rng(0), 63)
    with pytest.raises(RequestError, match="A relation needs two groups"):
        Facts((Group("cube"),), "above")
