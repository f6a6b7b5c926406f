"""Clips of babel: facts that the frames show in their order only."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.babel.facts import is_unseen
from isthmus.worlds.babel.motion import DIRECTIONS, OPPOSITE, SPEEDS, motion_world
from isthmus.worlds.babel.paint import PALETTE


def scenes(n=60, **options):
    return [clip.source for clip in motion_world(n, **options).items["video"]]


def frames(scene):
    return [frame.tobytes() for frame in scene().frames]


def test_opposites_show_the_same_frames_at_other_times():
    for scene in scenes(24):
        other = replace(scene, opposite=True)
        assert other.facts.motion == OPPOSITE[scene.facts.motion]
        assert frames(scene) != frames(other)
        assert sorted(frames(scene)) == sorted(frames(other))
        assert scene.text(scene.facts) != other.text(other.facts)
        if scene.facts.event is None:
            assert frames(scene) == frames(other)[::-1]


def middle(scene, number):
    """Where the first thing's colour is in a frame, across and down, as shares of the side."""
    colour = np.array(PALETTE[scene.facts.groups[0].colour], float)
    frame = scene().frames[number].astype(float)
    like = np.linalg.norm(frame - colour, axis=2) < 60
    assert like.any()
    return np.array([axis.mean() for axis in np.nonzero(like)[::-1]]) / scene.size


def test_a_thing_moves_where_and_as_far_as_its_facts_say():
    seen = set()
    for scene in scenes(400, style="flat"):
        facts = scene.facts
        if (
            facts.event
            or facts.groups[0].material != "matte"
            or (facts.motion, facts.speed) in seen
        ):
            continue
        seen.add((facts.motion, facts.speed))
        way = middle(scene, -1) - middle(scene, 0)
        wanted = SPEEDS[facts.speed] * np.array(DIRECTIONS[facts.motion])
        np.testing.assert_allclose(way, wanted, atol=0.02)
    assert len(seen) == 8


def test_the_first_event_is_the_first_groups_and_on_the_side_that_is_said():
    for scene in scenes(400, style="flat"):
        facts = scene.facts
        if facts.event != "vanishes" or any(one.material != "matte" for one in facts.groups):
            continue
        pixels = scene().frames.astype(float)
        near = [
            np.linalg.norm(pixels - np.array(PALETTE[one.colour], float), axis=3) < 60
            for one in facts.groups
        ]
        gone = [int(np.argmin(like.sum(axis=(1, 2)))) for like in near]
        assert gone[0] < gone[1]
        across = [np.nonzero(like[-1])[1].mean() for like in near]
        assert (across[0] < across[1]) == (facts.motion == "left first")


def test_texts_state_the_facts_and_the_split_holds_pairs_out():
    world = load("babel-motion", n=300)
    for name, text in zip(world.items["text"].ids, world.items["text"], strict=True):
        facts = world.factors[name]
        assert (facts["speed"] is None) == (facts["event"] is not None)
        if facts["motion"] in DIRECTIONS:
            assert ("slowly" in text) == (facts["speed"] == "slow")
    unseen = {
        scene.id for scene in scenes(300) if any(is_unseen(one) for one in scene.facts.groups)
    }
    assert {name for name, split in world.split.items() if split == "test"} == unseen


def test_a_clip_depends_on_seed_and_number_alone():
    assert frames(scenes(5)[3]) == frames(scenes(9)[3])
    assert frames(scenes(5, seed=1)[3]) != frames(scenes(5)[3])
    assert scenes(5, frames=12)[0]().frames.shape == (12, 128, 128, 3)
    assert scenes(2)[0].content_key != scenes(2)[1].content_key


@pytest.mark.parametrize(
    "wrong", [{"n": 0}, {"seed": -1}, {"size": 32}, {"frames": 4}, {"style": "oil"}]
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(RequestError, match=next(iter(wrong))):
        load("babel-motion", **wrong)
