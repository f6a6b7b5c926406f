"""Every registered similarity and measure passes its conformance kit; the kits can fail."""

import inspect

import numpy as np
import pytest
from matplotlib.figure import Figure

from isthmus.measure import GRIDS, MEASURES, ONE_SET, SHAPES, SPACES, TWO_SETS, VIEWS, WORDS
from isthmus.registry import find
from isthmus.similarity import LEARNED, SIMILARITIES
from isthmus.testing import check_measure, check_similarity
from isthmus.types import Null, Result


def check_and_draw(measure):
    """The kit, and a drawing of the result."""
    check_measure(measure)
    figure = Figure()
    axes = figure.subplots()
    assert measure(np.random.default_rng(0)).plot(axes) is axes
    assert axes.has_data()
    figure.draw_without_rendering()


@pytest.mark.parametrize("name", SIMILARITIES)
def test_similarities(name):
    check_similarity(find("similarities", SIMILARITIES, name))


@pytest.mark.parametrize("name", LEARNED)
def test_learned_similarities(name):
    check_similarity(find("similarities", LEARNED, name)(np.eye(8)))


@pytest.mark.parametrize("name", sorted({**ONE_SET, **TWO_SETS}))
def test_measures(name):
    rng = np.random.default_rng(3)
    shared = rng.normal(size=(60, 12))
    x, y = (shared + rng.normal(size=(60, 12)) * 0.4 + side for side in (0.3, -0.3))
    sets = (x,) if name in ONE_SET else (x, y)
    measure = find("measures", MEASURES, name)
    check_and_draw(lambda rng: measure(*sets, rng=rng))


@pytest.mark.parametrize("name", VIEWS)
def test_measures_of_views(name):
    rng = np.random.default_rng(4)
    turn = np.deg2rad(15.0 * np.arange(24))
    ring = np.stack([np.cos(turn), np.sin(turn), np.ones(24), np.zeros(24)], axis=1)
    x, y = (ring @ rng.normal(size=(4, 12)) + 0.1 * rng.normal(size=(24, 12)) for _ in range(2))
    objects, views = np.repeat([0, 1], 24), np.tile(np.arange(24), 2)
    given = {
        "pose_error": (x, 15.0 * np.arange(24)),
        "variance_shares": (np.concatenate([x, y]), {"object": objects, "view": views}),
        "view_identity": (np.concatenate([x, y]), objects),
        "view_overlap": (x, y),
    }.get(name, (x,))
    measure = find("measures", MEASURES, name)
    drawn = "rng" in inspect.signature(measure).parameters
    check_and_draw(lambda rng: measure(*given, **({"rng": rng} if drawn else {})))


@pytest.mark.parametrize("name", SHAPES)
def test_measures_of_shapes(name):
    x = np.random.default_rng(8).normal(size=(80, 5))
    measure = find("measures", MEASURES, name)
    check_and_draw(lambda rng: measure(x, rng=rng))


@pytest.mark.parametrize("name", WORDS)
def test_measures_of_words(name):
    rng = np.random.default_rng(5)
    x, words = rng.normal(size=(60, 12)), rng.normal(size=(20, 12))
    names = [f"word {number}" for number in range(20)]
    measure = find("measures", MEASURES, name)
    check_and_draw(lambda rng: measure(x, words, names, rng=rng))


@pytest.mark.parametrize("name", SPACES)
def test_measures_of_spaces(name):
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(40, 6)), rng.normal(size=(40, 9))
    measure = find("measures", MEASURES, name)
    check_and_draw(lambda rng: measure(x, y, rng=rng))


@pytest.mark.parametrize("name", GRIDS)
def test_measures_of_grids(name):
    cells = np.random.default_rng(6).normal(size=(12, 3, 8))
    given = [cells, ("a", "b", "c")]
    if name == "style_transfer":
        given.append(lambda x: ["a"] * len(x))
    measure = find("measures", MEASURES, name)
    check_and_draw(lambda _: measure(*given))


def test_the_kits_can_fail():
    with pytest.raises(AssertionError, match="reordered"):
        check_similarity(lambda a, b: a @ b.T + np.arange(len(b)))
    with pytest.raises(AssertionError, match="closer than itself"):
        check_similarity(lambda a, b: -(a @ b.T))
    with pytest.raises(AssertionError, match="declares its null"):
        check_measure(lambda _: Result("thing", 1.0, 3))
    with pytest.raises(AssertionError, match="same numbers"):
        count = iter(range(2))
        check_measure(
            lambda _: Result("thing", float(next(count)), 3, None, Null("none", note="x"))
        )
