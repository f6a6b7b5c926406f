"""Parts of pages: cards of numbers and items, rows of neighbours, counts of the data, the map."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from isthmus.measure.retrieval.rankings import Direction
from isthmus.read.image import Picture
from isthmus.report import Album, ItemCard, Section, html
from isthmus.studies.pages.common import (
    made_section,
    number_card,
    numbers_of,
    pairs_table,
    record,
    sources_table,
)
from isthmus.studies.pages.data_section import data_section, facts
from isthmus.studies.pages.item_cards import ItemCards, example_strip, hits_page, hub_strip
from isthmus.studies.pages.map_figure import drawn, project, sketch
from isthmus.studies.pages.neighbours import Answer, Hub, QueryExample
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.studies.shared.search import Hit
from isthmus.types import Credit, Interval, Items, Links, Null, Result
from tests.report.test_page import HOSTILE, Reader
from tests.toys import toy_set


def measured(value=0.4, low=0.3, high=0.5, chance=0.1, floor=None):
    interval = Interval(low, high, "made")
    return Result("made", value, 9, interval, Null("pairing", chance), floor)


def test_a_card_shows_value_interval_chance_and_floor():
    (card,) = number_card("Gap", measured(floor=0.05), (0.0, 2.0))
    assert (card.label, card.value) == ("Gap", "0.400")
    assert card.detail == "0.300 to 0.500, chance 0.100, noise floor 0.050"
    assert (card.low, card.high, card.chance, card.scale) == (0.3, 0.5, 0.1, (0.0, 2.0))


def test_a_card_leaves_out_what_was_not_measured():
    (bare,) = number_card("Gap", Result("made", 0.4, 9))
    assert bare.detail == ""
    assert np.isnan([bare.low, bare.high, bare.chance]).all()
    assert number_card("Gap", None) == number_card("Gap", measured(float("nan"))) == ()


def test_a_direction_has_numbers_of_its_own():
    way = Direction("image", "text", 0.7, None, Null("pairing", 0.2), 5, 5)
    found = numbers_of(way)
    assert (found.value, found.chance) == (0.7, 0.2)
    assert np.isnan([found.low, found.high, found.floor]).all()


def test_tables_of_pairs_show_the_first_rows_and_are_left_out_where_empty():
    (table,) = pairs_table(
        "Words", ("text", "n"), {"a": "1", "b": "2"}.items(), most=1, counts=True
    )
    assert (table.rows, table.numeric) == ((("a", "1"),), ("n",))
    assert pairs_table("Words", ("text", "n"), ()) == ()


def test_how_a_page_was_made_ends_with_versions_and_sources_name_papers():
    section = made_section({"seed": 3})
    rows = dict(section.blocks[0].rows)
    assert [*rows][:2] == ["seed", "isthmus"] and rows["seed"] == "3"

    class Cited(Result):
        paper = "Somebody 1901"

    cited = Cited("height", 1.0, 2)
    assert sources_table([cited, cited]).rows == (("height", "Somebody 1901"),)


def study_of_meshes():
    """Three meshes with captions, of which the second has two and the third none."""
    space = toy_set(np.eye(3)).space
    a = toy_set(np.eye(3), "mesh", ["m0", "m1", "m2"], space)
    b = toy_set(np.eye(3), "text", ["t0", "t1", "t2"], space)
    texts = Items("text", ("t0", "t1"), ["a box", "a ball"])
    links = Links([("m0", "t0"), ("m1", "t1"), ("m1", "t2")])
    return Dataset(a, b, links, About(items={"text": texts}))


def test_an_item_without_a_picture_is_shown_by_the_text_it_is_linked_to():
    cards = ItemCards(study_of_meshes(), Album())
    assert cards.card("mesh", "m1", "note").text == "(mesh of: a ball)"
    assert cards.card("mesh", "m2", "note").text == ""
    assert cards.card("text", "t0", "note").text == "a box"
    assert cards.card("text", "t2", "note").text == "t2"  # its own text is not known
    assert cards.label("mesh", "m0") == "mesh: a box"
    assert cards.label("mesh", "m2") == "mesh: m2"
    assert not cards.has_picture("mesh", "m0")


def study_of_pictures(second):
    space = toy_set(np.eye(2)).space
    a = toy_set(np.eye(2), "image", ["p0", "p1"], space)
    b = toy_set(np.eye(2), "text", ["t0", "t1"], space)
    pictures = Items("image", ("p0", "p1"), [Image.new("RGB", (40, 20)), second])
    links = Links([("p0", "t0"), ("p1", "t1")])
    items = {"image": pictures, "text": Items("text", ("t0", "t1"), ["black", "gone"])}
    return Dataset(a, b, links, About(items=items))


def test_a_picture_is_shown_where_it_can_be_read(tmp_path):
    cards = ItemCards(study_of_pictures(Picture(tmp_path / "gone.png")), Album())
    shown = cards.card("image", "p0", "note", "right")
    assert shown.picture.startswith("data:image/webp") and shown.size == (40, 20)
    assert (shown.text, shown.note, shown.mark) == ("black", "note", "right")
    lost = cards.card("image", "p1", "note")
    assert (lost.picture, lost.text) == ("", "(image of: gone)")
    assert cards.has_picture("text", "t0")  # through the picture that it is linked to
    assert not cards.has_picture("text", "t9")


def example(rank, linked=()):
    answers = tuple(Answer(f"t{at}", 0.9 - at / 10, at in linked) for at in range(4))
    return QueryExample("m0", answers, Answer("t2", 0.25, True), rank, -0.125)


def test_a_row_ends_with_the_linked_item_where_it_is_not_among_the_answers():
    cards = ItemCards(study_of_meshes(), Album())
    strip = example_strip(cards, ("mesh", "text"), example(1234))
    assert [card.name for card in strip.answers] == ["t0", "t1", "t2", "t2"]
    assert [card.mark for card in strip.answers] == ["wrong", "wrong", "wrong", "right"]
    assert strip.answers[0].note == "cosine 0.900"
    assert strip.answers[-1].note == "rank 1,234, cosine 0.250"
    assert strip.sentence == "Its linked text comes at rank 1,234; margin −0.125."
    assert (strip.query.name, strip.query.note) == ("m0", "query: mesh")


def test_a_row_marks_the_linked_item_where_it_is_among_the_answers():
    cards = ItemCards(study_of_meshes(), Album())
    strip = example_strip(cards, ("mesh", "text"), example(2, linked=(1,)))
    assert [card.mark for card in strip.answers] == ["wrong", "right", "wrong", "wrong"]
    first = example_strip(cards, ("mesh", "text"), example(1, linked=(0,)))
    assert first.sentence.startswith("Its linked text comes first;")


def test_hubs_are_shown_beside_what_would_be_without_favourites():
    cards = ItemCards(study_of_meshes(), Album())
    strip = hub_strip(cards, "text", [Hub("t0", 1500, 2000, 10), Hub("t1", 7, 2000, 10)], 3.3333)
    assert [card.note for card in strip.answers] == [
        "near 1,500 of 2,000 queries",
        "near 7 of 2,000 queries",
    ]
    assert "among the 10 nearest" in strip.sentence and "near 3.33 queries" in strip.sentence


def test_hits_are_numbered_from_the_best_and_hostile_ones_stay_text():
    hits = [Hit(HOSTILE, 0.75, HOSTILE, None), Hit("b", 0.5, "", Image.new("RGB", (4, 4)))]
    section = Section("found", "Found", "lead", ())
    page = hits_page(f"Search: {HOSTILE}", section, [(ItemCard(HOSTILE, ""), hits)], Album())
    (strips,) = page.sections[0].blocks
    assert [card.note for card in strips.strips[0].answers] == [
        "1. similarity 0.750",
        "2. similarity 0.500",
    ]
    assert [bool(card.picture) for card in strips.strips[0].answers] == [False, True]
    tags = [tag for tag, _ in Reader(html(page)).elements]
    assert tags.count("script") == 1 and tags.count("img") == 1


def counted_study():
    """Four pictures and five captions: two pictures alike, a dangling link, 25 faults."""
    x = np.eye(6)[[0, 0, 1, 2]]
    space = toy_set(np.eye(6)).space
    a = toy_set(x, "image", ["p0", "p1", "p2", "p3"], space)
    b = toy_set(np.eye(6)[:5], "text", [f"t{at}" for at in range(5)], space)
    links = Links([("p0", "t0"), ("p1", "t1"), ("p1", "t2"), ("p2", "t3"), ("p9", "t4")])
    faults = {f"x{at}": f"reason {at}" for at in range(23)} | {"y": "y is lost.", "z": "z is lost."}
    about = About(
        faults=faults,
        truncated=("t0", "t1"),
        notes={"p3": "is a copy"},
        credits=dict.fromkeys(("p0", "p1", "elsewhere"), Credit("CC0-1.0", "here")),
        context={"command": "isthmus study"},
    )
    return Dataset(a, b, links, about)


def test_data_are_counted():
    found = facts(counted_study(), 0)
    assert (found.links, found.dangling, found.objects) == (4, 1, 3)
    assert found.unlinked == {"image": 1, "text": 1}
    assert found.near_duplicates == {"image": 2, "text": 0}
    assert found.compared == {"image": 4, "text": 5}
    assert found.faults["the item is lost."] == 2
    kept = record(found)
    assert (kept["twins"], kept["twins_of"]) == (found.near_duplicates, found.compared)
    assert "near_duplicates" not in kept and [*kept] == [
        "items", "dim", "links", "dangling", "objects", "unlinked", "twins", "twins_of", "alike",
        "alike_of", "truncated", "faults",
    ]  # fmt: skip
    assert record(Interval(0.0, 1.0, "m"))["high"] == 1.0


def tables_of(data):
    section = data_section(data, facts(data, 7), 7)
    return {table.caption: dict(table.rows) for table in section.blocks}


def test_the_data_section_lists_what_was_counted():
    tables = tables_of(counted_study())
    assert tables["Data"] == {
        "image items": "4",
        "text items": "5",
        "links": "4",
        "linked objects": "3",
        "links that name an item that is not here": "1",
        "image items without a link": "1",
        "text items without a link": "1",
        "image items with a near-duplicate in another object (cosine ≥ 0.98)": "2 of 4 looked at",
        "text items with a near-duplicate in another object (cosine ≥ 0.98)": "0 of 5 looked at",
        "texts cut at the token limit": "2",
        "items skipped": "25",
    }
    reasons = tables["Items that were skipped, by reason (4 more)"]
    assert len(reasons) == 20 and reasons["the item is lost."] == "2"
    assert len(tables["Items that were skipped (the first 20)"]) == 20
    assert tables["Licences and sources"] == {"CC0-1.0, here": "2"}
    assert tables["Remarks on 1 item that were used (the first 20)"] == {"p3": "is a copy"}
    origin = tables["Origin"]
    assert (origin["seed"], origin["command"]) == ("7", "isthmus study")
    assert origin["hash of the image set"] == counted_study().a.fingerprint


def test_a_clean_study_has_no_tables_of_faults():
    data = counted_study()
    clean = replace(data, about=About(), links=Links([*data.links][:4]))
    tables = tables_of(clean)
    assert [*tables] == ["Data", "Origin"]
    assert "links that name an item that is not here" not in tables["Data"]


def test_the_map_says_how_much_it_shows_and_how_much_it_leaves_out():
    rng = np.random.default_rng(0)
    a, b = toy_set(rng.normal(size=(400, 5))), toy_set(rng.normal(size=(400, 5)), "text")
    data = Dataset(a, b)
    placed, some = project(a, b), sketch(data, rng)
    figure = drawn(data, placed, some)
    first, second = (round(100 * share) for share in placed.shares)
    assert f"the first direction holds {first}% and the second {second}%" in figure.sentence
    assert f"the other {100 - first - second}% is not to be seen" in figure.sentence
    assert len(some.a) == 350
    assert "Drawn: 350 of 400 image items and 350 of 400 text items." in figure.sentence
    assert "Scatter plot of 350 image and 350 text vectors" in figure.svg
    small = Dataset(a.take(a.ids[:9]), b.take(b.ids[:9]))
    whole = drawn(small, project(small.a, small.b), sketch(small, rng), "Mine")
    assert "Drawn:" not in whole.sentence
    assert (whole.title, whole.wide, figure.title) == ("Mine", False, "Map of image and text")
    assert figure.wide


def test_a_point_of_the_map_is_where_its_item_lies_among_all():
    rng = np.random.default_rng(1)
    a, b = toy_set(rng.normal(size=(9, 4))), toy_set(rng.normal(size=(9, 4)), "text")
    placed = project(a, b)
    np.testing.assert_allclose(placed(a.take(a.ids[::-1])), placed(a)[::-1], atol=1e-12)
    both = np.concatenate([placed(a), placed(b)])
    assert abs((both - both.mean(axis=0)).prod(axis=1).sum()) < 1e-9  # principal axes
    spread = both.var(axis=0) / np.concatenate([a.unit, b.unit]).var(axis=0).sum()
    np.testing.assert_allclose(placed.shares, spread, rtol=1e-6)


def test_a_map_of_many_rows_is_made_in_pieces(monkeypatch):
    rng = np.random.default_rng(2)
    a, b = toy_set(rng.normal(size=(40, 4)) + 1), toy_set(rng.normal(size=(30, 4)), "text")
    whole = project(a, b)
    monkeypatch.setattr("isthmus.studies.pages.map_figure.PIECE", 7)
    pieced = project(a, b)
    np.testing.assert_allclose(pieced.axes, whole.axes, atol=1e-12)
    np.testing.assert_allclose(pieced.shares, whole.shares, rtol=1e-12)


@pytest.mark.parametrize("side", ["a", "b"])
def test_the_first_direction_has_the_first_set_on_the_left(side):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(30, 6)) + 1, rng.normal(size=(30, 6)) - 1
    sets = (x, y) if side == "a" else (y, x)
    first, second = toy_set(sets[0]), toy_set(sets[1], "text")
    found = project(first, second)
    assert found(first)[:, 0].mean() < found(second)[:, 0].mean()
    assert found.shares[0] > found.shares[1]
