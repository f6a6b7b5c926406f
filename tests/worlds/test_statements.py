"""The world ``statements``: texts that state just what is wanted."""

import numpy as np
import pytest

from isthmus.read.image import picture
from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.babel.parse_text import parse
from isthmus.worlds.statements import KINDS, statements


def test_texts_state_the_facts_of_their_kind_and_a_part_of_them():
    for one in statements(300, seed=2):
        whole, part = map(parse, one.texts)
        assert (whole, part) == (one.facts, one.part)
        known = {name for name, value in whole.to_dict().items() if value is not None}
        assert known == set(KINDS[one.kind].facts)
        said = {name for name, value in part.to_dict().items() if value is not None}
        assert 0 < len(said) < len(known)


def test_kinds_come_in_turn_and_pictures_show_the_scene():
    world = load("statements", n=9, seed=4)
    images, texts = world.items["image"], world.items["text"]
    kinds = [world.factors[name]["kind"] for name in images.ids]
    assert kinds == [*KINDS] * 3
    assert len(texts) == 2 * len(images) == 18
    assert dict(world.links["image", "text"]).keys() == set(images.ids)
    assert all(world.split[name] == world.split[name.rpartition(".")[0]] for name in texts.ids)
    whole = np.asarray(picture(images[images.ids[0]]).rgb(255))
    assert whole.shape == (96, 96, 3) and np.ptp(whole) > 50
    close = np.asarray(picture(images[images.ids[2]]).rgb(255))
    assert close.shape[0] < 96 and close.shape[1] < 96


def test_unseen_pairs_are_held_out_and_seeds_differ():
    first, again, other = (load("statements", n=60, seed=k) for k in (0, 0, 1))
    texts = [[str(one) for one in world.items["text"]] for world in (first, again, other)]
    assert texts[0] == texts[1] != texts[2]
    assert {"train", "test"} <= set(first.split.values())
    with pytest.raises(RequestError, match="n is 1 or more"):
        load("statements", n=0)
