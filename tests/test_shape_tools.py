"""What towers for shapes learn from: blown up drawings, folds without a shared name, the head."""

from pathlib import Path

import numpy as np
import pytest

from isthmus.view.cameras import Pose
from isthmus.view.renders import RenderOptions, render
from tools.shapes.known import TURNED, Known, unit
from tools.shapes.renders_head import Lessons, Recipe, fitted, seen
from tools.shapes.sources import cushion


def test_a_drawing_is_blown_up_with_its_colours_on_both_sides():
    rgba = np.zeros((96, 96, 4), np.uint8)
    rgba[20:70, 10:50] = [200, 30, 30, 255]
    rgba[20:70, 50:80] = [30, 30, 200, 255]
    made = cushion(rgba, seed=0)
    np.testing.assert_allclose(np.linalg.norm(made.normals, axis=1), 1, atol=1e-5)
    low, high = made.bounds
    np.testing.assert_allclose(low[2], -high[2])
    assert high[2] > 1  # thicker than a sheet
    front, back = (
        one.colour
        for one in render(made, (Pose(0.0, 0.0), Pose(180.0, 0.0)), RenderOptions(side=64), 1)
    )
    for picture, left in ((front, 0), (back, 2)):  # red on the left, and behind on the right
        assert picture[32, 16].argmax() == left and picture[32, 48].argmax() == 2 - left


def known(names, groups, kinds):
    n = len(names)
    blank = np.array([""] * n)
    return Known(
        [Path("x")] * n, np.array(kinds), np.array(names), blank, blank, np.array(groups), []
    )


def test_no_name_and_no_group_lies_in_two_folds_whichever_way_up():
    rng = np.random.default_rng(0)
    names = [f"name {one}" for one in rng.integers(40, size=120)]
    groups = [f"group {one}" for one in rng.integers(60, size=120)]
    lone = [f"lone {number}" for number in range(80)]
    some = known(2 * (names + lone), 2 * (groups + lone), ["furniture"] * 200 + [TURNED] * 200)
    folds = some.folds()
    for keys in (some.names, some.groups):
        for key in np.unique(keys):
            assert len(set(folds[keys == key])) == 1
    assert len(set(folds)) == 4


@pytest.mark.parametrize("kept", [1.0, 0.5])
def test_the_head_finds_what_is_linear_in_the_features(kept):
    rng = np.random.default_rng(1)
    n, wide = 300, 40
    views = rng.normal(size=(n, 3, 384 + wide)).astype(np.float32)
    views[:, 1:] = views[:, :1]  # three alike
    hidden = rng.normal(size=(wide, 384))
    start, features = unit(views[:, 0, :384]), views[:, 0, 384:]
    aim = unit(unit(features @ hidden) + 0.0 * start)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    scaled = (features - mean) / spread / wide**0.5
    some = Lessons(
        start, scaled, mean, spread, aim, np.zeros((n, 384)), np.ones(n), np.array(["units"] * n)
    )
    recipe = Recipe(weights={"units": 1.0}, category=0.0, strength=1e-4, share=1.0, kept=kept)
    head = fitted(some, np.arange(n) < 290, recipe)
    plain = np.einsum("nd,nd->n", start, aim)[290:].mean()
    found = np.stack([seen(head, one) for one in views[290:]])
    assert np.einsum("nd,nd->n", unit(found), aim[290:]).mean() > plain + 0.3
