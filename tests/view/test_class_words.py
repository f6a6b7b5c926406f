"""Class scores as words: the likely names, weighted by how likely they are."""

import numpy as np
import pytest

from isthmus.encode.roads import Road
from isthmus.testing import check_bag
from isthmus.types import ItemError, RequestError, Space
from isthmus.view.class_words import class_words, word_bag

HEARD = {
    "bark": [("Cat", 0.0), ("Dog", 0.6), ("Bark", 0.6), ("Wolf", 0.2), ("Speech", 0.01)],
    "hum": [("Cat", 0.25), ("Fridge", 0.75)],
}


def test_the_likeliest_come_first_with_their_weights():
    bag = word_bag("bark", "x", HEARD.get, "the sound of a {}", 3)
    assert list(bag.parts) == ["the sound of a Bark", "the sound of a Dog", "the sound of a Wolf"]
    assert bag.parts.ids == ("x/0", "x/1", "x/2") and bag.parts.modality == "text"
    assert bag.weights == (0.6, 0.6, 0.2) and bag.pooling == "attention"
    assert len(word_bag("bark", "x", HEARD.get)) == 4  # what is not heard at all is no word


def test_what_is_heard_nowhere_or_wrong_is_refused():
    with pytest.raises(ItemError, match="Of 1 classes none is likelier than 0"):
        word_bag("x", "x", lambda _: [("Cat", 0.0)])
    for share in (-0.1, 1.5, np.nan):
        with pytest.raises(RequestError, match="probabilities, 0 to 1"):
            word_bag("x", "x", lambda _, share=share: [("Cat", share)])
    for template, most in (("no place", 3), ("{}", 0)):
        with pytest.raises(RequestError, match="template with"):
            word_bag("bark", "x", HEARD.get, template, most)


def test_the_contract_of_bags_holds():
    check_bag(lambda name: word_bag(name, name, HEARD.get), [*HEARD])


class Letters:
    """An encoder of texts by their first letters."""

    modality, space = "text", Space("letters", "1", 26)

    def encode(self, items):
        return np.eye(26, dtype=np.float32)[[ord(one[0].lower()) - 97 for one in items]] * 3


def test_the_road_gives_the_weighted_mean_of_the_words_vectors():
    view = class_words("audio", HEARD.get, "two sounds", most=2)
    assert (view.name, view.of, view.to) == ("class_words", "audio", "text")
    road = Road(view, Letters())
    found = road.encode(["hum", "bark", "hum"])
    wanted = np.zeros((2, 26))
    wanted[0, [2, 5]] = 0.25, 0.75
    wanted[1, [1, 3]] = 0.5, 0.5
    np.testing.assert_allclose(found, wanted[[0, 1, 0]], atol=1e-6)
    assert found.dtype == np.float32 and road.modality == "audio"
    assert road.preprocessing == "the 2 likeliest of two sounds as '{}', weighted by probability"
