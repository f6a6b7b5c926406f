"""Facts as sound: each is heard where its code says, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from isthmus.testing import check_world
from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.babel.facts import OF_GROUP, STYLES, VIEWS, Facts, Group
from isthmus.worlds.babel.sound import HERTZ, NOTE, PITCHES, STEPS, played

FIRST = Group("sphere", "red", "small", "matte", 1)
SECOND = Group("cube", "blue", "large", "matte", 2)
BASE = Facts((FIRST, SECOND), "left of", "front", "flat")
SIZE = int(NOTE * HERTZ)


def of(**changes):
    return replace(BASE, groups=(replace(FIRST, **changes), SECOND))


def pitch(wave):
    return (
        np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 8 * len(wave))).argmax()
        * HERTZ
        / (8 * len(wave))
    )


def test_every_value_of_every_fact_sounds_its_own_way():
    scenes = [of(**{name: value}) for name, some in OF_GROUP.items() for value in some]
    scenes += [replace(BASE, view=one) for one in VIEWS]
    scenes += [replace(BASE, style=one) for one in STYLES]
    scenes += [replace(BASE, relation="above")]
    waves = {facts: played(facts) for facts in scenes}
    assert len({wave.tobytes() for wave in waves.values()}) == len(waves)
    for wave in waves.values():
        assert wave.dtype == np.float32 and np.isclose(np.abs(wave).max(), 0.8)
    np.testing.assert_array_equal(played(BASE), waves[BASE])


@pytest.mark.parametrize("size", PITCHES)
@pytest.mark.parametrize("colour", ["red", "green", "pink"])
def test_size_is_the_pitch_and_colour_the_step(size, colour):
    wave = played(of(size=size, colour=colour))
    assert abs(pitch(wave[:SIZE]) - PITCHES[size]) < 5
    second = PITCHES[size] * 2 ** (STEPS[colour] / 12)
    assert abs(pitch(wave[SIZE : 2 * SIZE]) - second) < 7


def test_count_is_how_often_and_relation_the_order():
    lengths = [len(played(of(count=count))) for count in (1, 2, 3)]
    assert np.diff(lengths).tolist() == [2 * SIZE, 2 * SIZE]
    apart, over = played(BASE), played(replace(BASE, relation="above"))
    assert len(over) < len(apart)
    turned = played(replace(BASE, groups=(SECOND, FIRST)))
    assert abs(pitch(turned[:SIZE]) - PITCHES["large"]) < 5


def test_view_is_the_room_and_style_the_recording():
    def after(facts):
        return float(np.abs(played(facts)[-int(0.3 * HERTZ) : -int(0.2 * HERTZ)]).max())

    assert after(BASE) == 0 < after(replace(BASE, view="above"))
    assert after(replace(BASE, style="sketch")) > 0.01
    start = slice(0, SIZE // 4)
    swelling = np.abs(played(replace(BASE, style="shaded"))[start]).mean()
    assert swelling < 0.5 * np.abs(played(BASE)[start]).mean()


def test_scenes_are_those_of_babel():
    world, pictures = load("babel-sound", n=12, seed=3), load("babel", n=12, seed=3)
    check_world(world)
    assert list(world.items["text"]) == list(pictures.items["text"])
    assert world.split == pictures.split and world.factors == pictures.factors
    again = load("babel-sound", n=4, seed=3)
    for name in again.items["audio"].ids:
        one, other = again.items["audio"][name], world.items["audio"][name]
        np.testing.assert_array_equal(one.mono(), other.mono())
    single = load("babel-sound", n=5, groups=1)
    assert single.label == "shape" and single.items["audio"].payload[0].mono().ndim == 1


def test_options_out_of_range_are_refused():
    for bad in ({"n": 0}, {"seed": -1}, {"groups": 3}, {"style": "oil"}):
        with pytest.raises(RequestError, match="babel-sound"):
            load("babel-sound", **bad)
    with pytest.raises(RequestError, match="all of whose facts"):
        played(replace(BASE, view=None))
