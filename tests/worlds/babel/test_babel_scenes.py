"""The world: reproducible, balanced, split by pairs of facts never seen in training."""

import subprocess
import sys
from collections import Counter
from math import log2

import numpy as np
import pytest

from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.babel.facts import (
    COLOURS,
    SHAPES,
    Group,
    draw_facts,
    fact_values,
    information,
    is_unseen,
)
from isthmus.worlds.babel.parse_text import parse
from isthmus.worlds.babel.scenes import Scene


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
