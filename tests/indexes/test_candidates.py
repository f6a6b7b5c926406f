"""Candidates in a picture: which there are, and tiles that are joined where something is."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.indexes.backgrounds import background
from isthmus.indexes.candidates import SOURCES, identity, joined, look_for, seen, where
from isthmus.indexes.parts import Seen, numbers, overlaps
from isthmus.types import Place, RequestError, Space
from tests.encode.pictures import photo


def grid(rows, columns):
    cells = [(x / columns, y / rows, (x + 1) / columns, (y + 1) / rows)
             for y in range(rows) for x in range(columns)]  # fmt: skip
    return tuple(Place(number, box=box) for number, box in enumerate(cells))


def scores(*rows):
    return np.array([[float(x) for x in row] for row in rows]).ravel()


def test_tiles_that_share_a_side_are_one_box():
    places, best = joined(grid(3, 4), scores("2500", "3000", "0009"), 2.0)
    assert [one.box for one in places] == [(0, 0, 0.5, 2 / 3), (0.75, 2 / 3, 1, 1)]
    assert best.tolist() == [5, 9]


def test_a_shared_corner_is_no_side():
    places, _ = joined(grid(2, 2), scores("50", "05"), 2.0)
    assert len(places) == 2


def test_the_clearest_tile_stands_where_none_is_clear():
    places, best = joined(grid(2, 2), scores("12", "00"), 5.0)
    assert [one.box for one in places] == [(0.5, 0, 1, 0.5)] and best.tolist() == [2]


def test_boxes_of_tiles_come_clearest_first():
    some = Seen(grid(1, 5), np.eye(5), tiles=True)
    found = where(some, scores("50779"), 4.0)
    assert [one.place.box for one in found] == [(0.4, 0, 1, 1), (0, 0, 0.2, 1)]
    assert [one.score for one in found] == [9, 5]
    plain = where(replace(some, tiles=False), scores("50779"), 4.0)
    assert len(plain) == 4


def test_of_tiles_their_share_in_a_thing_counts_and_not_their_order():
    places, thing = grid(2, 4), [Place(0, box=(0.0, 0.0, 0.5, 0.75))]
    np.testing.assert_allclose(overlaps(places, thing, tiles=True), scores("2200", "1100") / 2)
    np.testing.assert_allclose(overlaps(places, thing)[0], 1 / 3)
    vectors, rng = np.repeat(np.eye(4)[:1], 8, axis=0), np.random.default_rng(0)
    words, others = unit(rng.normal(size=(20, 4))), background(unit(rng.normal(size=(20, 4))))
    told = numbers(np.eye(4)[:1], Seen(places, vectors, tiles=True), words, others)[0]
    np.testing.assert_allclose(told, np.repeat(told[:1], 8, axis=0), atol=1e-12)
    assert len(np.unique(numbers(np.eye(4)[:1], Seen(places, vectors), words, others)[0, :, 5])) > 1


class Halves:
    """A tower whose parts are the halves of a picture."""

    modality, space = "image", Space("halves", "halves", 3)

    def encode(self, items):
        return np.ones((len(items), 3), np.float32)

    def parts(self, kind, item):
        return np.array([[0, 0, 0.5, 1], [0.5, 0, 1, 1.0]]), np.array([[2.0, 0, 0], [0, 0, 3]])


def test_parts_of_the_tower_are_candidates():
    some = seen({"image": Halves()}, "image", photo(40, 30), source="tokens")
    assert some.tiles and [one.box for one in some.places] == [(0, 0, 0.5, 1), (0.5, 0, 1, 1)]
    np.testing.assert_array_equal(some.vectors, [[1, 0, 0], [0, 0, 1]])
    assert np.allclose(some.vectors, unit(some.vectors))


def test_a_space_without_such_parts_says_so():
    class Plain(Halves):
        parts = None

    for encoders in ({"image": Plain()}, {}):
        with pytest.raises(RequestError, match="no vectors of tokens"):
            seen(encoders, "image", photo(40, 30), source="tokens")


@pytest.mark.parametrize("source", ["heaps", "tokens:x", "regions:", "ssd", ""])
def test_unknown_candidates_name_the_known_ones(source):
    with pytest.raises(RequestError, match=f"no candidates '{source}'") as told:
        look_for(source)
    assert all(name in str(told.value) for name in SOURCES)


def test_a_source_is_known_by_the_content_of_its_file(tmp_path):
    file = tmp_path / "one.tflite"
    file.write_bytes(b"one")
    first = identity(f"ssd:{file}")
    (tmp_path / "two.tflite").write_bytes(b"one")
    assert identity(f"ssd:{tmp_path / 'two.tflite'}") == first
    file.write_bytes(b"other")
    assert identity(f"ssd:{file}") != first and identity("tokens") == "tokens"
