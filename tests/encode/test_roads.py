"""Roads: every way into a space is found once, ends, and pools what it sees."""

import numpy as np
import pytest

import isthmus.encode.roads as module
from isthmus.encode.roads import Road, combined, roads, with_roads
from isthmus.types import Bag, ItemError, Items, Place, Space, View

SPACE = Space("toy", "1", 3)


class Tower:
    """A tower whose vector says what it was given."""

    space = SPACE

    def __init__(self, modality, factor=1.0):
        self.modality, self.factor, self.sizes = modality, factor, []

    def encode(self, items):
        self.sizes.append(len(items))
        return self.factor * np.array([[one + 1, 1, 0] for one in items], np.float32)


def view(name, of, to, parts=2, weights=()):
    def see(item, owner):
        ids = tuple(f"{owner}/{number}" for number in range(parts))
        places = tuple(map(Place, range(parts)))
        rule = "attention" if weights else "mean"
        values = [item + number for number in range(parts)]
        return Bag(owner, Items(to, ids, values), places, rule, weights)

    return View(name, of, to, see, f"{name} are seen")


@pytest.fixture
def seen(monkeypatch):
    def given(*some):
        monkeypatch.setattr(module, "views", lambda: {one.name: one for one in some})

    return given


def test_every_way_is_found_the_direct_one_first(seen):
    seen(
        view("windows", "a", "a"),
        view("drawn", "a", "b"),
        view("back", "b", "a"),
        view("said", "b", "c"),
    )
    towers = {name: Tower(name) for name in "abc"}
    assert [*roads(towers, "a")] == ["direct", "windows", "drawn", "drawn+said"]
    assert [*roads(towers, "b")] == ["direct", "back", "back+windows", "said"]
    assert [*roads({"c": towers["c"]}, "a")] == ["drawn+said"]
    assert [*roads({"a": towers["a"]}, "b")] == ["back", "back+windows"]
    assert roads({"b": towers["b"]}, "c") == {}
    assert roads({}, "a") == {}


def test_a_view_to_its_own_modality_alone_leads_nowhere(seen):
    seen(view("windows", "a", "a"))
    assert roads({"b": Tower("b")}, "a") == {}


def test_a_space_gains_an_encoder_for_what_is_seen_as_its_own(seen, monkeypatch):
    seen(view("drawn", "a", "b"), view("windows", "a", "a"))
    monkeypatch.setattr(module, "modalities", lambda: dict.fromkeys("abc"))
    tower = Tower("b")
    found = with_roads({"b": tower})
    assert [*found] == ["b", "a"] and found["b"] is tower
    assert found["a"].road == "drawn" and found["a"].space == SPACE
    assert [*roads(found, "a")] == ["drawn"]  # the road that was added is no tower
    direct = Tower("a")
    assert with_roads({"b": tower, "a": direct})["a"] is direct


def test_parts_are_pooled_as_directions():
    road = Road(view("drawn", "a", "b"), Tower("b", factor=7))
    wanted = np.mean([[1 / 2**0.5, 1 / 2**0.5, 0], [2 / 5**0.5, 1 / 5**0.5, 0]], axis=0)
    np.testing.assert_allclose(road.encode([0]), [wanted], atol=1e-6)
    assert road.encode([]).shape == (0, 3)


def test_weights_of_a_bag_are_heeded():
    road = Road(view("drawn", "a", "b", weights=(3.0, 1.0)), Tower("b"))
    first, second = np.array([1, 1, 0]) / 2**0.5, np.array([2, 1, 0]) / 5**0.5
    np.testing.assert_allclose(road.encode([0]), [0.75 * first + 0.25 * second], atol=1e-6)


def test_thousands_of_parts_are_encoded_a_few_at_a_time():
    tower = Tower("b")
    road = Road(view("drawn", "a", "b", parts=150), tower)
    assert road.encode([0, 5]).shape == (2, 3)
    assert max(tower.sizes) <= 64 and sum(tower.sizes) == 300


def test_what_cannot_be_seen_is_the_items_fault():
    def see(item, owner):
        raise ItemError("nothing is seen of it")

    with pytest.raises(ItemError, match="nothing is seen"):
        Road(View("drawn", "a", "b", see), Tower("b")).encode([0])


def test_roads_are_joined_by_the_mean_of_their_directions(seen):
    seen(view("drawn", "a", "b"), view("said", "a", "c"))
    ways = roads({"b": Tower("b", factor=7), "c": Tower("c")}, "a")
    both = combined(ways, ["drawn", "drawn&said", "drawn&lost"])
    assert [*both] == ["drawn&said"]
    road = both["drawn&said"]
    assert (road.road, road.modality, road.space) == ("drawn&said", "a", SPACE)
    assert road.preprocessing == "drawn: drawn are seen & said: said are seen"
    assert road.selections == ()
    (wanted,) = ways["drawn"].encode([0])  # both see the same, one seven times as long
    np.testing.assert_allclose(road.encode([0]), [wanted / np.linalg.norm(wanted)], atol=1e-6)
