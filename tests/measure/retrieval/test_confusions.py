"""Confusions: mistakes by name, largest lead first, magnets, near misses."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.types import EmbeddingSet, Links, RequestError
from tests.measure.retrieval_spaces import captions, noisy_pair


def degrees(*angles):
    angles = np.radians(angles)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def animals():
    """Three images; the magnet text lies next to two of them."""
    images = EmbeddingSet.from_rows(degrees(0, 20, 90), "image", ["cat.jpg", "lynx.jpg", "owl.jpg"])
    texts = EmbeddingSet.from_rows(degrees(12, 50, 95), "text", ["a cat", "a lynx", "an owl"])
    return images, texts, Links(zip(images.ids, texts.ids, strict=True))


def test_mistakes_by_hand():
    found = measure.neighbour_confusions(*animals())
    assert found.forward.value == pytest.approx(1 / 3)
    (mistake,) = found.examples[0]
    assert (mistake.query, mistake.right, mistake.place) == ("lynx.jpg", ("a lynx",), 2)
    assert mistake.found == ("a cat", "a lynx", "an owl")
    assert mistake.scores == pytest.approx(np.cos(np.radians([8, 30, 75])), abs=1e-6)
    assert mistake.right_score == pytest.approx(np.cos(np.radians(30)))
    assert mistake.resemblance == pytest.approx(np.cos(np.radians(38)))
    assert found.magnets[0] == (("a cat", 1),)
    assert found.resemblance[0] == pytest.approx(np.cos(np.radians(38)))
    random = np.cos(np.radians([38, 83, 45])).mean()
    assert found.resemblance_by_chance[0] == pytest.approx(random, abs=1e-6)
    assert "33.3% of image queries" in found.about


def test_the_largest_lead_comes_first_and_lists_are_cut():
    a, b = noisy_pair(noise=2.0)
    found = measure.neighbour_confusions(a, b, show=4, neighbours=2)
    leads = [mistake.scores[0] - mistake.right_score for mistake in found.examples[0]]
    assert leads == sorted(leads, reverse=True)
    assert len(leads) == 4
    assert all(len(mistake.found) == 2 for mistake in found.examples[0])


def test_any_linked_item_is_right():
    a, b, links = captions(each=3)
    found = measure.neighbour_confusions(a, b, links, show=100)
    hits = measure.hit_at_k(a, b, links)
    assert len(found.examples[0]) == round(20 * (1 - hits.forward.value))
    assert len(found.examples[1]) == round(60 * (1 - hits.backward.value))
    assert all(len(mistake.right) == 3 for mistake in found.examples[0])
    for mistake in found.examples[0]:
        assert not set(mistake.found[:1]) & set(mistake.right)


def test_magnets_are_counted():
    images = degrees(0, 10, 20, 90, 100)
    texts = degrees(11, 60, -60, 110, 97)  # the first draws in 1 and 2, the last draws in 3
    found = measure.neighbour_confusions(images, texts)
    assert found.magnets[0] == (("0", 2), ("4", 1))


def test_without_mistakes_there_is_nothing_to_show():
    found = measure.neighbour_confusions(np.eye(9), np.eye(9))
    assert found.value == 0
    assert found.examples == ((), ())
    assert found.magnets == ((), ())
    assert np.isnan(found.resemblance).all()
    assert found.to_dict()["resemblance"] == [None, None]
    assert "nan" not in found.about


def test_lists_of_nothing_are_refused():
    with pytest.raises(RequestError, match="listed: a whole number, 1 or more, not 0"):
        measure.neighbour_confusions(*noisy_pair(), show=0)
