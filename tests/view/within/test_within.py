"""Places inside items: boxes, seconds and pieces that could be a thing, whatever it is."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from isthmus.read.audio import Waveform, sound
from isthmus.read.meshes.triangles import merged
from isthmus.read.video import Stack, clip
from isthmus.view.within import within
from isthmus.view.within.meshes import PIECES
from isthmus.view.within.pictures import ALIKE, MOST, apart, candidates, overlaps, square_windows
from isthmus.view.within.times import EVERY, HOP, MOMENTS, SECONDS, SPANS, events
from tests.view.shapes import tetrahedron

skimage = pytest.importorskip("skimage", reason="scikit-image is not installed (isthmus[find])")


def drawn(width, height, box, colour=(200, 30, 30)):
    """A plain picture with one thing at a box in shares."""
    rng = np.random.default_rng(0)
    paper = rng.integers(200, 216, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(paper)
    sides = [round(x * size) for x, size in zip(box, (width, height, width, height), strict=True)]
    ImageDraw.Draw(image).rectangle((*sides[:2], sides[2] - 1, sides[3] - 1), fill=colour)
    return image


@pytest.mark.parametrize("size", [(128, 128), (320, 96), (80, 240), (500, 375)])
@pytest.mark.parametrize("box", [(0.1, 0.2, 0.35, 0.6), (0.55, 0.5, 0.95, 0.9)])
def test_a_thing_has_its_box_on_pictures_of_any_shape(size, box):
    view = within()["image"]
    bag = view.see(drawn(*size, box), "x")
    boxes = np.array([place.box for place in bag.places])
    assert tuple(boxes[0]) == (0, 0, 1, 1) and len(boxes) <= MOST + 1
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:] <= 1).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    best = int(overlaps(np.array(box), boxes).argmax())
    assert overlaps(np.array(box), boxes)[best] > 0.8
    crop = np.asarray(bag.parts.payload[best].rgb(), float)
    middle = crop[crop.shape[0] // 2, crop.shape[1] // 2]
    np.testing.assert_allclose(middle, (200, 30, 30), atol=2)


def test_what_stands_out_comes_first_and_the_same_picture_has_the_same_boxes():
    box = np.array([0.3, 0.3, 0.6, 0.7])
    pixels = np.asarray(drawn(160, 120, box))
    first = candidates(pixels)
    assert overlaps(box, first[:1])[0] > 0.7
    np.testing.assert_array_equal(first, candidates(pixels.copy()))
    nothing = candidates(np.zeros((40, 60, 3), np.uint8))
    np.testing.assert_array_equal(nothing, square_windows(60, 40)[: MOST // 3])


def test_boxes_that_are_one_are_one():
    boxes = np.array([[0.0, 0, 0.5, 0.5], [0, 0, 0.5, 0.49], [0.5, 0.5, 1, 1], [0, 0, 0.4, 0.4]])
    np.testing.assert_array_equal(apart(boxes, ALIKE, 9), boxes[[0, 2, 3]])
    np.testing.assert_array_equal(apart(boxes, ALIKE, 1), boxes[:1])
    assert overlaps(boxes[0], boxes[2:3])[0] == 0
    assert overlaps(boxes[0], boxes[3:])[0] == pytest.approx(0.16 / 0.25)


def test_stretches_of_a_sound_cover_it():
    wave = Waveform(np.zeros((16_000 * 4, 1), np.float32) + 0.1, 16_000)
    bag = SPANS.see(wave, "x")
    seconds = [place.seconds for place in bag.places]
    assert seconds[0] == (0, SECONDS) and seconds[1][0] == HOP and seconds[-1][1] == 4
    short = SPANS.see(Waveform(np.full((800, 1), 0.1, np.float32), 16_000), "x")
    assert [place.seconds for place in short.places] == [(0, 0.05)]


def test_moments_of_a_video_are_frames_with_the_time_they_stand_for():
    frames = np.stack([np.full((8, 8, 3), 10 * number, np.uint8) for number in range(20)])
    bag = MOMENTS.see(clip(Stack(frames, np.arange(20) / 5, 4.0)), "x")
    assert [place.seconds for place in bag.places] == [
        (k * EVERY, (k + 1) * EVERY) for k in range(8)
    ]
    values = [int(np.asarray(one.rgb())[0, 0, 0]) // 10 for one in bag.parts]
    assert values == [1, 3, 6, 8, 11, 13, 16, 18]
    still = MOMENTS.see(clip(Stack(frames[:1], np.zeros(1), 0.1)), "x")
    assert len(still) == 1


def at(x):
    shape = tetrahedron()
    from dataclasses import replace

    return replace(shape, vertices=shape.vertices + np.float32([x, 0, 0]))


def test_pieces_of_a_mesh_are_what_hangs_together_and_what_stands_apart():
    near, far = merged([at(0), at(1.5)]), at(20)
    bag = PIECES.see(merged([near, far]), "x")
    count = len(tetrahedron().faces)
    faces = [set(place.faces) for place in bag.places]
    assert faces[0] == set(range(3 * count))
    assert {frozenset(one) for one in faces[1:3]} == {
        frozenset(range(2 * count)), frozenset(range(2 * count, 3 * count))
    }  # fmt: skip
    assert {frozenset(range(k * count, (k + 1) * count)) for k in (0, 1)} <= set(
        map(frozenset, faces)
    )
    alone = PIECES.see(tetrahedron(), "x")
    assert [len(place.faces) for place in alone.places] == [count]
    assert len(bag.parts.payload[1].faces) == len(faces[1])


def test_events_are_what_stands_out_of_silence_with_their_own_ends():
    rng, hertz = np.random.default_rng(0), 16_000
    wave = rng.normal(0, 1e-3, 12 * hertz)
    wave[2 * hertz : 3 * hertz] += 0.3 * rng.normal(size=hertz)
    wave[int(3.1 * hertz) : int(3.4 * hertz)] += 0.3 * rng.normal(size=int(0.3 * hertz))
    tail = np.exp(-np.arange(2 * hertz) / hertz * 3)
    wave[8 * hertz : 10 * hertz] += 0.3 * tail * rng.normal(size=2 * hertz)
    some = sound(Waveform(wave.astype(np.float32)[:, None], hertz))
    (first, second), (start, end) = events(some)
    assert first == pytest.approx(2, abs=0.05) and second == pytest.approx(3.4, abs=0.05)
    assert start == pytest.approx(8, abs=0.05) and 9 < end < 10.01
    bag = SPANS.see(some, "x")
    assert [place.seconds for place in bag.places[-2:]] == [(first, second), (start, end)]
    steady = sound(Waveform(rng.normal(0, 0.1, (8 * hertz, 1)).astype(np.float32), hertz))
    assert events(steady) == []
    assert events(sound(Waveform(np.zeros((4 * hertz, 1), np.float32), hertz))) == []
    assert events(sound(Waveform(np.zeros((100, 1), np.float32), hertz))) == []
