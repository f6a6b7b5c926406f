"""A clip seen as pictures, each in its place in time; and clips that are changed."""

import numpy as np
import pytest
from PIL import Image

from isthmus.encode.roads import Road, roads
from isthmus.read.video import Clip, Stack, at_rate
from isthmus.testing import check_bag
from isthmus.types import ItemError, Space
from isthmus.view.frames import FRAMES, frame_bag, frames
from isthmus.view.stress.clips import STRESS, backwards, double_speed, frozen, half_the_frames
from tests.read.films import number_of, numbered


def stack(count=16, step=0.1):
    return Stack(
        np.stack([numbered(number) for number in range(count)]),
        np.arange(count) * step,
        count * step,
    )


def numbers(bag):
    return [number_of(picture.rgb()) for picture in bag.parts]


def test_the_road_shows_eight_frames_each_at_its_second():
    bag = frames(stack(16), "clip")
    assert numbers(bag) == [1, 3, 5, 7, 9, 11, 13, 15]
    assert [place.seconds for place in bag.places] == [
        pytest.approx((number / 10, number / 10)) for number in numbers(bag)
    ]
    assert bag.parts.ids[:2] == ("clip/000", "clip/001")
    assert bag.place("clip/003").seconds[0] == pytest.approx(0.7)
    check_bag(lambda item: frames(item, str(len(item.frames))), [stack(16), stack(3)])


def test_other_moments_and_poolings():
    found = Clip(stack(20))
    bag = frame_bag(found, at_rate(found.timeline, 5.0), "clip", "max")
    assert numbers(bag) == list(range(0, 20, 2))
    assert bag.pooling == "max"


class Means:
    """An image encoder that gives the share of white bars, which are the number's bits."""

    modality, space = "image", Space("means", "0", 2)

    def encode(self, items):
        values = [np.asarray(item.rgb())[:20].mean() / 255 for item in items]
        return np.array([[np.cos(value), np.sin(value)] for value in values], np.float32)


def test_a_clip_is_embedded_as_the_mean_of_its_frames():
    road = roads({"image": Means()}, "video")["frames"]
    assert isinstance(road, Road)
    clips = [stack(16), stack(5)]
    bags = [frames(one, "clip") for one in clips]
    expected = [Means().encode(list(bag.parts)).mean(axis=0) for bag in bags]
    np.testing.assert_allclose(road.encode(clips), expected, atol=1e-6)
    assert FRAMES.about in road.preprocessing


def test_a_long_side_is_not_kept():
    wide = Stack(np.zeros((2, 900, 1800, 3), np.uint8), np.array([0.0, 1.0]), 2.0)
    (picture, _) = frames(wide, "wide").parts
    assert picture.rgb().size == (896, 448)


def test_no_clip_no_bag():
    with pytest.raises(ItemError, match="is not a video that can be read"):
        frames(b"words", "clip")


def shown(clip):
    return [number_of(Image.fromarray(frame)) for frame in clip.frames]


def test_changes_of_clips():
    some = Stack(stack(5).frames, np.array([0, 0.1, 0.2, 1.0, 1.1]), 2.0)
    assert shown(half_the_frames(some)) == [0, 2, 4]
    assert half_the_frames(some).seconds.tolist() == [0, 0.2, 1.1]
    assert shown(backwards(some)) == [4, 3, 2, 1, 0]
    np.testing.assert_allclose(backwards(some).seconds, [0, 0.9, 1.0, 1.8, 1.9])
    twice = backwards(backwards(some))
    np.testing.assert_allclose(twice.seconds, some.seconds, atol=1e-12)
    assert shown(twice) == shown(some)
    assert double_speed(some).seconds.tolist() == [0, 0.05, 0.1, 0.5, 0.55]
    assert double_speed(some).duration == 1.0
    assert shown(frozen(some)) == [0] * 5
    assert frozen(some).seconds.tolist() == some.seconds.tolist()
    assert shown(some) == [0, 1, 2, 3, 4], "A change leaves the clip itself alone."
    assert [*STRESS] == ["half_the_frames", "backwards", "double_speed", "frozen"]
    for name, change in STRESS.items():
        assert shown(change(Clip(some), None, None)) == shown(globals()[name](some))
    (few, _) = (STRESS["frozen"](stack(100), None, None), None)
    assert len(few.frames) == 64 and few.duration == pytest.approx(10)
