"""babel's oracles: texts parse back to their facts, masks show what the facts say."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.babel.facts import (
    COLOURS,
    SHAPES,
    STYLES,
    Facts,
    Group,
    draw_facts,
    fact_values,
    facts_of,
    information,
    is_unseen,
    stated,
)
from isthmus.worlds.babel.masks import things_seen
from isthmus.worlds.babel.parse_text import parse
from isthmus.worlds.babel.render_image import render
from isthmus.worlds.babel.render_text import caption
from isthmus.worlds.babel.scenes import Scene


@st.composite
def any_values(draw):
    """The facts of one or two groups, each stated or not, as a table."""
    groups = draw(st.sampled_from((1, 2)))
    return {
        name: draw(st.sampled_from((None, *known))) for name, known in fact_values(groups).items()
    }


@settings(max_examples=300, deadline=None)
@given(any_values(), st.integers(0, 2**32))
def test_a_text_parses_back_to_exactly_its_facts(values, seed):
    facts = facts_of(values)
    assert parse(caption(facts, np.random.default_rng(seed))) == facts


@pytest.mark.slow
def test_thousands_of_texts_parse_back():
    for seed in range(5000):
        rng = np.random.default_rng(seed)
        facts = draw_facts(rng, groups=int(rng.integers(1, 3)))
        names = [name for name in facts.to_dict() if rng.random() < rng.random()]
        facts = stated(facts, names)
        assert parse(caption(facts, rng)) == facts


@given(any_values())
def test_facts_survive_the_factor_table(values):
    facts = facts_of(values)
    assert facts_of(facts.to_dict()) == facts
    if facts.relation or len(facts.groups) == 1:
        assert facts.to_dict() == values


def test_a_scene_has_many_wordings():
    facts = draw_facts(np.random.default_rng(3))
    said = {caption(facts, np.random.default_rng(seed)) for seed in range(200)}
    assert len(said) > 150


def test_the_order_of_unrelated_groups_says_nothing():
    cube, ball = Group("cube", "red"), Group("sphere", "blue")
    assert Facts((cube, ball)) == Facts((ball, cube))
    assert Facts((cube, ball), "above") != Facts((ball, cube), "above")
    facts = Facts((cube, ball))
    first = [caption(facts, np.random.default_rng(seed)) for seed in range(400)]
    cube_first = sum(said.index("red") < said.index("blue") for said in first)
    assert 150 < cube_first < 250


@pytest.mark.parametrize(
    "text",
    ["", "a dog", "two red cube", "a red blue cube", "a red cube near a ball", "cube", "a red"],
)
def test_other_texts_are_refused(text):
    with pytest.raises(RequestError, match="Not a caption of babel"):
        parse(text)


def test_a_sentence_read_by_hand():
    text = "A pencil sketch of two big blue balls right of a tiny glossy red block, at eye level."
    assert parse(text) == Facts(
        (Group("cube", "red", "small", "shiny", 1), Group("sphere", "blue", "large", None, 2)),
        "left of",
        "front",
        "sketch",
    )


@given(any_values(), st.data())
def test_stating_keeps_what_is_named_and_nothing_else(values, data):
    facts = facts_of(values)
    values = facts.to_dict()
    names = data.draw(st.sets(st.sampled_from(sorted(values))))
    kept = stated(facts, names)
    if kept.relation is not None:
        expected = {name: value if name in names else None for name, value in values.items()}
        assert kept.to_dict() == expected
    assert Counter(map(str, kept.to_dict().values())) == Counter(
        str(value if name in names else None) for name, value in values.items()
    )


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("mentions", [0, 1, 4, 7])
def test_a_text_states_as_many_facts_as_asked(groups, mentions):
    for number in range(60):
        scene = Scene(0, number, groups=groups, mentions=mentions)
        said = parse(scene.text(scene.facts))
        assert said == scene.told(scene.facts)
        assert sum(value is not None for value in said.to_dict().values()) == mentions


def test_every_fact_is_dropped_as_often_as_any_other():
    n, mentions = 2000, 5
    world = load("babel", n=n, mentions=mentions)
    said = [parse(text).to_dict() for text in world.items["text"].payload]
    for name in ("relation", "view", "style"):
        share = sum(facts[name] is not None for facts in said) / n
        assert abs(share - mentions / 13) < 0.05


def test_information_is_the_entropy_of_the_stated_facts():
    assert information({"shape", "colour"}) == pytest.approx(log2(10) + 3)
    assert information(fact_values(2)) == pytest.approx(2 * log2(10 * 8 * 3 * 5 * 3) + log2(24))
    facts = [draw_facts(np.random.default_rng(seed)) for seed in range(4000)]
    pairs = Counter((one.groups[0].shape, one.view) for one in facts)
    p = np.array(list(pairs.values())) / len(facts)
    bias = (30 - 1) / (2 * len(facts) * np.log(2))  # Miller and Madow
    assert -(p * np.log2(p)).sum() + bias == pytest.approx(information({"shape", "view"}), abs=0.01)


@pytest.mark.parametrize("size", [64, 128])
def test_masks_show_count_colour_place_and_relation(size):
    for number in range(40):
        scene = Scene(11, number, size=size)
        facts, drawn = scene.facts, scene.rendering
        seen = things_seen(drawn.pixels, drawn.mask)
        assert len(seen) == len(drawn.things) == sum(group.count for group in facts.groups)
        shown = {}
        for thing in drawn.things:
            nearest = min(seen, key=lambda one: abs(one.x - thing.x) + abs(one.y - thing.y))
            shown[nearest] = thing
            # lopsided solids do not fill their window: a quarter of it is their widest margin
            assert max(abs(nearest.x - thing.x), abs(nearest.y - thing.y)) < (
                thing.diameter / 4 + 1 / size
            )
            if size == 128:
                assert nearest.colour == thing.facts.colour
        assert len(shown) == len(seen)
        first, second = ([one for one in seen if shown[one].group == at] for at in (0, 1))
        if facts.relation == "left of":
            assert max(one.right for one in first) <= min(one.left for one in second)
        else:
            assert max(one.bottom for one in first) <= min(one.top for one in second)
        middle = [np.mean([(one.x, one.y) for one in part], axis=0) for part in (first, second)]
        dx, dy = middle[1] - middle[0]
        assert (dx > abs(dy)) if facts.relation == "left of" else (dy > abs(dx))


def test_centres_are_exact_where_the_solid_fills_its_window():
    for number in range(40):
        facts = Facts((Group("sphere", "red", "large", "matte", 2),), None, "front", "flat")
        drawn = render(facts, np.random.default_rng(number), 128)
        seen = sorted((one.x, one.y) for one in things_seen(drawn.pixels, drawn.mask))
        true = sorted((thing.x, thing.y) for thing in drawn.things)
        np.testing.assert_allclose(seen, true, atol=0.51 / 128)


def test_sizes_are_ordered_in_the_mask():
    for shape in SHAPES:
        areas = [
            (
                render(
                    Facts((Group(shape, "red", size, "matte", 1),), None, "angle", "flat"),
                    np.random.default_rng(0),
                ).mask
                > 0
            ).sum()
            for size in ("small", "medium", "large")
        ]
        assert areas[0] * 1.5 < areas[1]
        assert areas[1] * 1.5 < areas[2]


@pytest.mark.parametrize("style", STYLES)
def test_every_fact_shows_in_the_pixels(style):
    base = Facts((Group("cube", "red", "large", "matte", 1),), None, "front", style)
    drawn = render(base, np.random.default_rng(0)).pixels.astype(int)
    for name, values in fact_values(1).items():
        for value in values:
            if value == base.to_dict()[name]:
                continue
            other = facts_of({**base.to_dict(), name: value})
            pixels = render(other, np.random.default_rng(0)).pixels
            assert (abs(pixels - drawn).max(axis=-1) > 25).sum() > 60, (name, value)


def test_scene_i_depends_on_the_seed_and_i_alone():
    few, many, other = (load("babel", n=n, seed=seed) for n, seed in ((5, 1), (50, 1), (50, 2)))
    assert few.items["text"].payload == many.items["text"].payload[:5]
    assert few.factors["babel-00004"] == many.factors["babel-00004"]
    assert many.items["text"].payload != other.items["text"].payload
    plain = load("babel", n=50, seed=1, mentions=3)
    assert plain.factors == many.factors
    assert _bytes(plain, 7) == _bytes(many, 7) != _bytes(other, 7)


def _bytes(world, number):
    return world.items["image"].payload[number].rgb().tobytes()


def test_another_process_draws_the_same_bytes():
    code = (
        "from isthmus.worlds import load; import sys; w = load('babel', n=6, seed=5);"
        "[sys.stdout.buffer.write(p.rgb().tobytes() + t.encode()) for p, t in "
        "zip(w.items['image'].payload, w.items['text'].payload)]"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    world = load("babel", n=6, seed=5)
    pairs = zip(world.items["image"].payload, world.items["text"].payload, strict=True)
    assert other == b"".join(picture.rgb().tobytes() + text.encode() for picture, text in pairs)


def test_the_content_key_tells_pictures_apart():
    scenes = [
        Scene(0, 1),
        Scene(0, 2),
        Scene(1, 1),
        Scene(0, 1, size=64),
        Scene(0, 1, style="flat"),
    ]
    assert len({scene.content_key for scene in scenes}) == len(scenes)
    assert Scene(0, 1).content_key == scenes[0].content_key
    assert Scene(0, 1, mentions=3).content_key == scenes[0].content_key


def test_the_test_split_holds_the_unseen_pairs_and_train_everything_else():
    world = load("babel", n=3000)
    pairs = {"train": set(), "val": set(), "test": set()}
    values = {name: set() for name in fact_values(2)}
    for name, facts in world.factors.items():
        split = world.split[name]
        for prefix in ("", "other_"):
            pairs[split].add((facts[f"{prefix}shape"], facts[f"{prefix}colour"]))
        for fact, value in facts.items() if split == "train" else ():
            values[fact].add(value)
    unseen = {(s, c) for s in SHAPES for c in COLOURS if is_unseen(Group(s, c))}
    assert len(unseen) == 10
    assert not pairs["train"] & unseen
    assert not pairs["val"] & unseen
    assert pairs["test"] >= unseen
    assert len(pairs["train"]) == 80 - 10
    assert values == {name: set(known) for name, known in fact_values(2).items()}


def test_a_style_can_be_held_fixed():
    world = load("babel", n=40, style="sketch", groups=1)
    assert {facts["style"] for facts in world.factors.values()} == {"sketch"}
    assert all("relation" not in facts for facts in world.factors.values())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "n is the number"),
        ({"seed": -1}, "seed"),
        ({"size": 8}, "64 pixels or more, not 8"),
        ({"style": "cubist"}, "flat, outlined, shaded, sketch, not 'cubist'"),
        ({"groups": 3}, "groups is 1 or 2"),
        ({"mentions": 14}, "at most the 13 facts"),
        ({"mentions": 8, "groups": 1}, "at most the 7 facts"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(RequestError, match=message):
        load("babel", **options)


def test_a_picture_needs_all_facts():
    facts = replace(draw_facts(np.random.default_rng(0)), view=None)
    with pytest.raises(RequestError, match="'view' is not stated"):
        render(facts, np.random.default_rng(0))
    with pytest.raises(RequestError, match="64 pixels"):
        render(draw_facts(np.random.default_rng(0)), np.random.default_rng(0), 63)
    with pytest.raises(RequestError, match="A relation needs two groups"):
        Facts((Group("cube"),), "above")
