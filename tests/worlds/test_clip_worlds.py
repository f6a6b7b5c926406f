"""The worlds of data packages: motions and units, from small tables that the tests write."""

import numpy as np
import pytest
from PIL import Image

from isthmus.read.video import Clip
from isthmus.store import write_table
from isthmus.testing import check_world
from isthmus.types import DataMissingError
from isthmus.worlds import load, motions
from tests.read.films import animation, number_of


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Data folders of both worlds."""
    monkeypatch.setattr(motions, "data_folder", lambda name: tmp_path / name)
    names = load("glyphs").items["text"].ids[:6]
    clips = [animation(number + 2, "WEBP") for number in range(6)]
    write_table(tmp_path / "motions/clips.parquet", {"id": list(names), "clip": clips})
    rows = [
        ("tech", "cow", "walk", ["walking"], "train", ["a", "b"]),
        ("tech", "cow", "stop", ["standing"], "train", ["a"]),
        ("magic", "dragon_rider", "fly", ["standing", "walking"], "test", ["b", "c"]),
    ]
    write_table(
        tmp_path / "units/clips.parquet",
        {
            "id": [f"{faction}/{unit}/{model}/0" for faction, unit, model, *_ in rows],
            "faction": [row[0] for row in rows],
            "unit": [row[1] for row in rows],
            "model": [f"{row[0]}/{row[1]}/{row[2]}" for row in rows],
            "actions": [row[3] for row in rows],
            "azimuth": [30.0] * 3,
            "family": [row[1] for row in rows],
            "split": [row[4] for row in rows],
            "sounds": [row[5] for row in rows],
            "clip": clips[:3],
        },
    )
    sounds = {"id": ["a", "b", "c"], "sound": [b"1", b"2", b"3"]}
    write_table(tmp_path / "units/sounds.parquet", sounds)
    return tmp_path


def test_motions_are_named_and_split_as_glyphs(packages):
    world, glyphs = load("motions"), load("glyphs")
    check_world(world)
    for number, name in enumerate(world.items["video"].ids):
        assert world.items["text"][name] == glyphs.items["text"][name]
        assert world.split[name] == glyphs.split[name]
        assert world.factors[name]["family"] == glyphs.factors[name]["family"]
        shown = [number_of(frame.image) for frame in world.items["video"][name].frames()]
        assert shown == list(range(number + 2))
    assert load("motions", language="de").items["text"].payload != world.items["text"].payload


def test_units_say_who_does_what_and_no_sound_is_in_two_splits(packages):
    world = load("units")
    check_world(world)
    assert list(world.items["text"]) == [
        "a cow walking",
        "a cow standing still",
        "a dragon rider standing still or walking",
    ]
    assert [world.factors[name]["label"] for name in world.items["video"].ids] == [
        "walking",
        "standing",
        "several",
    ]
    heard = dict(world.split)
    assert {name: heard[name] for name in "abc"} == {"a": "train", "b": "train", "c": "test"}
    assert ("magic/dragon_rider/fly/0", "b") not in list(world.links["video", "audio"])
    assert world.items["audio"]["c"] == b"3"
    assert isinstance(world.items["video"].payload[0], Clip)


@pytest.mark.parametrize("name", ["motions", "units"])
def test_without_its_package_a_world_says_how_to_get_it(name, monkeypatch):
    monkeypatch.setattr(motions, "data_folder", lambda _name: None)
    with pytest.raises(DataMissingError, match="pip install"):
        load(name)


def test_an_animation_that_is_written_keeps_its_time():
    from tools.clips.motion_files import animated

    shades = [Image.new("RGB", (16, 16), (value,) * 3) for value in (0, 0, 90, 180, 250)]
    found = Clip(animated(shades, 130.4, 80)).timeline
    np.testing.assert_allclose(found.seconds, [0, 0.261, 0.391, 0.522], atol=0.001)
    np.testing.assert_allclose(found.duration, 0.652, atol=0.001)
