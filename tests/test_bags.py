"""Bags: parts with their places, and what is no bag."""

import pytest

from isthmus.types import Bag, Items, Place, RequestError, all_parts
from isthmus.view.prompts import prompt_bags


def bag(owner="clip", numbers=(0, 2)):
    ids = tuple(f"{owner}/{number}" for number in numbers)
    places = tuple(Place(number, seconds=(number / 2, number / 2 + 0.5)) for number in numbers)
    return Bag(owner, Items("image", ids, [f"frame {number}" for number in numbers]), places)


def test_a_place_leads_back_to_where_in_the_item_a_part_is():
    found = bag()
    assert len(found) == 2
    assert found.place("clip/2") == Place(2, seconds=(1.0, 1.5))
    with pytest.raises(RequestError, match="bag of 'clip' has no part 'clip/1'"):
        found.place("clip/1")


@pytest.mark.parametrize("numbers", [(1, 0), (0, 0), (0, 1, 1)])
def test_places_are_distinct_and_in_order(numbers):
    with pytest.raises(RequestError, match="distinct and in order"):
        bag(numbers=numbers)


def test_every_part_has_a_place_and_there_is_one():
    with pytest.raises(RequestError, match="0 parts and 0 places"):
        bag(numbers=())
    with pytest.raises(RequestError, match="'x' has 1 part and 2 places"):
        Bag("x", Items("text", ("x/0",), ["a"]), (Place(0), Place(1)))


def test_parts_of_several_bags_are_embedded_at_once():
    every = all_parts([bag("a"), bag("b", (0,))])
    assert every.modality == "image"
    assert every.ids == ("a/0", "a/2", "b/0")
    assert list(every) == ["frame 0", "frame 2", "frame 0"]
    with pytest.raises(RequestError, match="no bag"):
        all_parts([])


def test_prompts_are_bags_of_texts_numbered_by_their_template():
    owl, fox = prompt_bags(["owl", "fox"], ["an {}", "{} or {}"])
    assert (owl.owner, fox.owner) == ("owl", "fox")
    assert fox.parts.ids == ("fox/0", "fox/1")
    assert list(fox.parts) == ["an fox", "fox or fox"]
    assert fox.place("fox/1") == Place(1)
    assert fox.pooling == "mean"


def test_weights_are_one_a_part_and_not_all_zero():
    parts, places = Items("text", ("x/0", "x/1"), ["a", "b"]), (Place(0), Place(1))
    assert Bag("x", parts, places, "attention", (0.5, 0.0)).weights == (0.5, 0.0)
    for weights in ((1.0,), (0.0, 0.0), (1.0, -0.5), (1.0, 1.0, 1.0)):
        with pytest.raises(RequestError, match="Weights of a bag are one a part"):
            Bag("x", parts, places, "attention", weights)
