"""Windows: where they lie, that streaming gives the same ones, and that nothing is left out."""

import numpy as np
import pytest

from isthmus.read.audio import sound
from isthmus.testing import check_bag
from isthmus.types import ItemError, Place, RequestError
from isthmus.view import views
from isthmus.view.windows import WINDOWS, spans, streamed, window_bag
from tests.read.sound_files import LOW, RISE, muxed, pitch, sweep, written


@pytest.mark.parametrize(
    ("total", "seconds", "hop", "wanted"),
    [
        (25.0, 10.0, 10.0, [(0, 10), (10, 20), (15, 25)]),
        (20.0, 10.0, 10.0, [(0, 10), (10, 20)]),
        (10.0, 10.0, 10.0, [(0, 10)]),
        (3.0, 10.0, 10.0, [(0, 3)]),
        (10.01, 10.0, 10.0, [(0, 10), (0.01, 10.01)]),
        (4.0, 2.0, 1.0, [(0, 2), (1, 3), (2, 4)]),
        (0.9, 0.3, 0.1, [(0.1 * k, 0.1 * k + 0.3) for k in range(7)]),
        (7.0, 2.0, 3.0, [(0, 2), (3, 5), (5, 7)]),
    ],
)
def test_windows_reach_from_start_to_end(total, seconds, hop, wanted):
    assert spans(total, seconds, hop) == pytest.approx(np.array(wanted))


def test_windows_of_no_length_are_refused():
    for seconds, hop in ((0.0, 1.0), (1.0, 0.0), (-1.0, 1.0)):
        with pytest.raises(RequestError, match="longer than 0 seconds"):
            spans(5.0, seconds, hop)
    with pytest.raises(RequestError, match="leave sound out"):
        next(streamed(sound((sweep(1.0), 44_100)), 8_000, 0.2, 0.3))


@pytest.mark.parametrize(("seconds", "hop"), [(2.0, 2.0), (2.0, 0.7), (3.0, 1.0), (30.0, 30.0)])
@pytest.mark.parametrize("hertz", [44_100, 16_000])
def test_streaming_gives_the_windows_of_the_bag(seconds, hop, hertz):
    whole = sound((sweep(9.3), 44_100))
    bag = window_bag(whole, "a", seconds, hop)
    found = list(streamed(whole, hertz, seconds, hop))
    assert len(found) == len(bag)
    everything = whole.mono(hertz)
    for one, place, part in zip(found, bag.places, bag.parts, strict=True):
        start, end = (round(hertz * second) for second in place.seconds)
        np.testing.assert_allclose(one, everything[start:end], atol=1e-6)
        alone = part.mono(hertz)
        assert abs(len(alone) - len(one)) <= 1
        middle = slice(200, min(len(alone), len(one)) - 200)  # at its ends a part has no neighbours
        np.testing.assert_allclose(alone[middle], one[middle], atol=2e-3)


@pytest.mark.parametrize("make", [written, muxed, lambda x, hz: written(x, hz, "MP3")])
def test_a_part_is_found_at_its_place(make):
    bag = window_bag(sound(make(sweep(12.0, 48_000), 48_000)), "song", 5.0, 5.0)
    assert bag.parts.ids == ("song/000", "song/001", "song/002")
    assert bag.place("song/001") == Place(1, seconds=(5.0, 10.0))
    for part, place in zip(bag.parts, bag.places, strict=True):
        wanted = LOW + RISE * (place.seconds[0] + 1)
        assert pitch(part.mono(), 48_000, 1.0) == pytest.approx(wanted, abs=RISE * 0.04)


def test_windows_keep_the_contract_of_bags():
    sounds = {"a": (sweep(1.0), 44_100), "b": (sweep(25.0, 8_000), 8_000)}
    check_bag(lambda name: window_bag(sounds[name], name), ["a", "b"])
    with pytest.raises(ItemError, match="not a sound that can be read"):
        window_bag(b"no sound", "a")


def test_the_road_is_registered():
    assert views()["windows"] is WINDOWS
    assert (WINDOWS.of, WINDOWS.to) == ("audio", "audio")
    assert "10 s" in WINDOWS.about
    bag = WINDOWS.see((sweep(25.0, 8_000), 8_000), "a")
    assert [place.seconds for place in bag.places] == [(0, 10), (10, 20), (15, 25)]
