"""Every view of an item as a bag keeps its contract; the kit can fail."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.testing import check_bag
from isthmus.testing.items import seen
from isthmus.types import Bag, ItemError, Items, Place, RequestError, World
from isthmus.view.cameras import Pose, dome, fibonacci, turntable
from isthmus.view.mesh_views import RenderSetup, render_bag, symmetry
from isthmus.view.prompts import prompt_bags
from isthmus.view.render_jobs import rendered_into
from isthmus.view.renders import RenderOptions
from tests.view.shapes import tetrahedron

SMALL = RenderOptions(side=16, samples=1)
COLOURS = {"red": (0.9, 0.2, 0.1, 1.0), "blue": (0.1, 0.2, 0.9, 1.0)}


@pytest.mark.parametrize("poses", [turntable(5), dome(7), fibonacci(6)])
def test_renders_are_bags_of_pictures(poses):
    setup = RenderSetup(poses, SMALL)
    check_bag(lambda name: render_bag(tetrahedron(COLOURS[name]), setup, name), list(COLOURS))


def test_renders_that_are_kept_are_bags_too(tmp_path):
    meshes = Items("mesh", tuple(COLOURS), list(map(tetrahedron, COLOURS.values())))
    views = rendered_into(tmp_path, World("w", {"mesh": meshes}), RenderSetup(turntable(3), SMALL))
    kept = {bag.owner: bag for bag in views.bags}
    check_bag(lambda name: kept[name], list(COLOURS))


def test_prompts_are_bags_of_texts():
    check_bag(lambda name: prompt_bags([name], ["{}", "a {}", "two of {}"])[0], ["owl", "fox"])


def test_what_is_not_seen_is_refused():
    setup = RenderSetup(turntable(2), SMALL)
    away = replace(tetrahedron(), vertices=tetrahedron().vertices[:1].repeat(12, axis=0))
    with pytest.raises(ItemError, match="nothing is seen of it"):
        render_bag(away, setup)
    with pytest.raises(RequestError, match="0 parts and 0 places"):
        render_bag(tetrahedron(), RenderSetup((), SMALL))


def test_a_place_holds_the_whole_pose():
    bag = render_bag(tetrahedron(), RenderSetup((Pose(10.0, 20.0, 5.0),), SMALL), "it")
    assert bag.place("it/000") == Place(0, pose=(10.0, 20.0, 5.0))


def test_the_upstream_axis_is_brought_up():
    poses, mesh = turntable(3), tetrahedron()
    turned = render_bag(mesh, RenderSetup(poses, SMALL, up="z"))
    by_hand = render_bag(mesh.turned("z"), RenderSetup(poses, SMALL))
    upright = render_bag(mesh, RenderSetup(poses, SMALL))
    assert seen(turned) == seen(by_hand) != seen(upright)


def test_symmetry_does_not_heed_how_faint_the_views_are():
    views = np.random.default_rng(0).normal(size=(6, 20))
    twofold = np.tile(views[:3], (2, 1))
    for scale in (1e-3, 1.0, 1e3):
        assert [symmetry(scale * some) for some in (views, twofold, twofold[:1])] == [1, 2, 1]
    assert symmetry(np.tile(views[:1], (6, 1))) == 6


def letters(owner, places=(0, 1, 2), **more):
    parts = Items("text", tuple(f"{owner}/{n}" for n in range(len(places))), list("abc"))
    return Bag(owner, parts, tuple(map(Place, places)), **more)


def test_the_kit_can_fail():
    count = iter(range(9))
    for view, message in (
        (lambda name: list(letters(name).parts), "gives a Bag, not list"),
        (lambda name: letters(f"{name}{next(count)}"), "another bag the second time"),
        (lambda name: letters("one"), "different items share an id"),
        (lambda name: letters(name, pooling="median"), "'median' is none of mean"),
        (
            lambda name: replace(letters(name), parts=Items(name, ("a", "b", "c"), [1, 2, 3])),
            "modality",
        ),
        (
            lambda name: replace(letters(name), parts=Items("t", ("a", "a", "b"), [1, 2, 3])),
            "share an id",
        ),
        (
            lambda name: replace(
                letters(name), places=(Place(0), Place(1), Place(2, box=(0.0, 0.0, 1.0, 1.0)))
            ),
            "share a place",
        ),
        (lambda name: letters(""), "whose parts it holds"),
    ):
        with pytest.raises(AssertionError, match=message):
            check_bag(view, ["x", "y"])
    check_bag(letters, ["x", "y"])
