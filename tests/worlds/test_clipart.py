"""The bundled public-domain drawings."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from isthmus.read.image import picture
from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.bundled import payloads
from isthmus.worlds.clipart import FILE, keywords


@pytest.fixture(scope="module")
def world():
    return load("clipart")


def test_every_picture_has_one_name(world):
    images = world.items["image"].ids
    assert 5000 < len(images) < 6000
    assert sorted(image for image, _ in world.links["image", "text"]) == sorted(images)
    assert all(text.strip() == text != "" for text in world.items["text"])
    assert len({text.casefold() for text in world.items["text"]}) == len(world.items["text"])


def test_known_pictures_are_named(world):
    named = dict(world.links["image", "text"])
    texts = world.items["text"]
    for image, name in {
        "food/pizza_cheese": "Cheese Pizza Slice",
        "food/beverages/milk_bw": "Milk, black and white",
        "recreation/games/cards/simple/simple_s_q": "queen of spades, playing card",
        "signs_and_symbols/map_symbols/aiga_drinking_fountain1": "drinking fountain",
        "signs_and_symbols/flags/africa/benin": "flag of benin",
    }.items():
        assert texts.take([named[image]]).payload == [name]
    assert keywords()["food/pizza_cheese"] == ("food", "pizza", "menu")
    assert world.factors["food/fruit/grapes_leif_lodahl_02"]["subject"] == "food"


def test_families_lie_in_one_split(world):
    splits = defaultdict(set)
    for name, factors in world.factors.items():
        splits[factors["family"]].add(world.split[name])
    assert {len(found) for found in splits.values()} == {1}
    sizes = Counter(world.split[name] for name in world.items["image"].ids)
    total = sum(sizes.values())
    assert 0.65 <= sizes["train"] / total <= 0.78
    assert sizes["test"] >= 800
    assert sizes["val"] >= 400


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("food/beverages/milk_bw", "food/beverages/milk_ganson"),
        ("signs_and_symbols/flags/africa/benin", "signs_and_symbols/flags/asia/japan"),
        ("shapes/jigsaw/jigsaw_red_16", "shapes/jigsaw/jigsaw_green_14"),
    ],
)
def test_variants_are_of_one_family(world, one, other):
    assert world.factors[one]["family"] == world.factors[other]["family"]


def test_no_picture_is_there_twice():
    stored = payloads(FILE)
    assert len(set(stored.values())) == len(stored)


def test_pictures_are_square_and_show_something(world):
    for item in list(world.items["image"])[::97]:
        pixels = np.asarray(picture(item).rgb())
        assert pixels.shape == (96, 96, 3)
        assert pixels.min() < 200


def test_the_empty_paper_is_cut_away(world):
    (item,) = world.items["image"].take(["food/pizza_cheese"])
    visible = (np.asarray(picture(item).rgb()) < 250).any(axis=2)
    assert visible.any(axis=0).all() or visible.any(axis=1).all()


def test_every_picture_is_public_domain_and_credited(world):
    found = {world.credits[name].licence for name in world.items["image"].ids}
    assert found == {"CC-PDDC"}
    assert all(world.credits[name].creator for name in world.items["image"].ids)
    assert "public domain" in (FILE.parent / "LICENSE").read_text("utf-8")


def test_paper_is_a_grey_value():
    with pytest.raises(RequestError, match="grey value"):
        load("clipart", paper=-1)
