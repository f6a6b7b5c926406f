"""Frames of every kind of video come out upright, in order, at their own seconds."""

import io
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from isthmus.read.image import moves
from isthmus.read.recognise import modality_of
from isthmus.read.video import Clip, Stack, at_rate, clip, evenly, of_shots
from isthmus.testing import check_reader
from isthmus.types import ItemError
from tests.read.films import animation, film, number_of, numbered, sound_only, turned

av = pytest.importorskip("av")


def shown(content, moments=None, side=0):
    found = Clip(content)
    frames = found.at(found.timeline.seconds if moments is None else moments, side)
    return [(number_of(one.image), round(one.seconds, 3)) for one in frames]


KINDS = {
    "mp4": {},
    "webm": {"codec": "libvpx-vp9", "container": "webm"},
    "webm vp8": {"codec": "libvpx", "container": "webm"},
    "mkv": {"codec": "ffv1", "pixels": "bgr0", "container": "matroska"},
    "mov": {"container": "mov"},
    "avi": {"codec": "mpeg4", "container": "avi"},
    "10 bit": {"pixels": "yuv420p10le"},
    "4:4:4": {"pixels": "yuv444p"},
    "odd": {"pixels": "yuv444p", "size": (51, 67)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_has_its_number_and_its_second(kind):
    assert shown(film(9, **KINDS[kind])) == [(k, k / 10) for k in range(9)]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_pictures_that_move_are_clips(kind):
    assert shown(animation(6, kind)) == [(k, k / 10) for k in range(6)]
    assert Clip(animation(6, kind)).timeline.duration == pytest.approx(0.6)
    assert shown(animation(1, kind)) == [(0, 0.0)]


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_a_variable_rate_keeps_its_times(container):
    ticks = [0, 1, 2, 10, 11, 30]
    content = film(6, container=container, ticks=ticks)
    assert shown(content) == [(k, tick / 10) for k, tick in enumerate(ticks)]
    assert [k for k, _ in shown(content, [0.95, 1.0, 2.9, 3.0])] == [2, 3, 4, 5]
    assert [k for k, _ in shown(content, [0.5, 1.05, 2.5])] == [2, 3, 4]
    assert Clip(content).timeline.duration > 3.0


def test_sampling_by_count_and_by_rate():
    content = film(40, gop=7)
    times = Clip(content).timeline
    assert times.duration == pytest.approx(4.0)
    assert [k for k, _ in shown(content, evenly(times, 4))] == [5, 15, 25, 35]
    assert [k for k, _ in shown(content, at_rate(times, 2.5))] == list(range(0, 40, 4))
    assert [k for k, _ in shown(content, evenly(times, 500))] == list(range(40))
    assert len(evenly(Clip(film(1)).timeline, 8)) == 8
    assert shown(film(1), evenly(Clip(film(1)).timeline, 8)) == [(0, 0.0)]


def test_jumps_and_plain_decoding_agree():
    content = film(120, gop=5)
    every = dict(shown(content))
    rng = np.random.default_rng(0)
    for _ in range(5):
        moments = np.sort(rng.uniform(0, 12, 6))
        for number, second in shown(content, moments):
            assert every[number] == second
        assert [k for k, _ in shown(content, moments)] == sorted(
            {int(m * 10 + 1e-6) for m in moments}
        )


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_a_phone_held_otherwise_stands_upright(quarter):
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as found:
        stream = found.add_stream("libx264", rate=10)
        lying = np.rot90(numbered(5), quarter)  # what the sensor saw
        stream.height, stream.width, stream.pix_fmt = *lying.shape[:2], "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(lying), format="rgb24")
        frame.pts, frame.time_base = 0, Fraction(1, 10)
        found.mux(stream.encode(frame))
        found.mux(stream.encode())
    assert shown(turned(out.getvalue(), quarter)) == [(5, 0.0)]


def test_transparent_pixels_are_white():
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:10] = 0
    content = film(3, "libvpx-vp9", "yuva420p", "webm", alpha=alpha)
    (frame, *_) = Clip(content).frames()
    assert np.asarray(frame.image)[:8].min() > 235
    assert number_of(frame.image) == 0


def test_shots_are_found_by_their_colours():
    frames = np.zeros((30, 40, 40, 3), np.uint8)
    frames[:12], frames[12:20], frames[20:] = (200, 30, 30), (30, 200, 30), (30, 30, 200)
    some = Clip(Stack(frames, np.arange(30) / 10, 3.0))
    assert of_shots(some) == pytest.approx([0.6, 1.6, 2.5])


def test_frames_are_scaled_down_never_up():
    content = film(2, size=(96, 128))
    assert next(Clip(content).frames(48)).image.size == (64, 48)
    assert next(Clip(content).frames(500)).image.size == (128, 96)


def test_sound_is_the_same_file_and_silence_is_none(tmp_path):
    path = tmp_path / "talk.mp4"
    path.write_bytes(film(5, sound=True))
    assert Clip(path).sound == path
    with av.open(str(path)) as found:
        assert found.streams.audio[0].rate == 48000
    assert Clip(film(5)).sound is None
    assert Clip(animation(3)).sound is None


def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path):
    text = tmp_path / "words.mp4"
    text.write_text("#EXTM3U\n#EXTINF:1,\nother.ts\n")
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"")
    matroska = film(2, codec="ffv1", pixels="bgr0", container="matroska")
    for source, said in [
        (text, "words.mp4 is not a video that can be read"),
        (empty, "is empty"),
        (tmp_path / "none.mp4", "is not there"),
        (tmp_path, "is a folder"),
        (sound_only(), "no video stream in it, only sound"),
        (matroska[: matroska.index(b"\x1f\x43\xb6\x75")], "holds no frame|End of file"),
        (film(5)[:300], "the video"),
    ]:
        with pytest.raises(ItemError, match=said) as caught:
            list(Clip(source).frames())
        assert str(caught.value).count(". ") == 0
    with pytest.raises(ItemError, match="a Stack of frames with their seconds; this is a ndarray"):
        clip(np.zeros((4, 8, 8, 3), np.uint8))
    with pytest.raises(ItemError, match="ascending seconds"):
        Stack(np.zeros((2, 8, 8, 3), np.uint8), np.zeros(2), 1.0)


def test_a_damaged_end_leaves_the_frames_before(caplog):
    content = film(30, gop=3, container="matroska", codec="ffv1", pixels="bgr0")
    found = Clip(content[: len(content) * 2 // 3])
    numbers = [number_of(one.image) for one in found.frames()]
    assert numbers == list(range(len(numbers)))
    assert 10 < len(numbers) < 30
    broken = bytearray(film(30, gop=30, codec="mjpeg", pixels="yuvj420p", container="avi"))
    for start in starts(broken, b"\xff\xd8\xff")[-1:]:
        broken[start : start + 800] = bytes(800)
    some = Clip(bytes(broken))
    with caplog.at_level("WARNING"):
        stack = some.stack(some.timeline.seconds)
    assert len(stack.frames) == 29
    assert "damaged after 2.800 s" in caplog.text
    assert "damaged after 2.800 s" in stack.note


def starts(content, pattern):
    found, at = [], content.find(pattern)
    while at >= 0:
        found.append(at)
        at = content.find(pattern, at + 1)
    return found


def test_huge_frames_are_refused_from_the_header():
    wide, out = Image.new("P", (9000, 8000)), io.BytesIO()
    wide.save(out, "GIF")
    with pytest.raises(ItemError, match="9000 x 8000 pixels; at most 40,000,000"):
        list(Clip(out.getvalue()).frames())


def test_content_decides_and_names_only_guess(tmp_path):
    files = {"a.mp4": film(3), "b.gif": animation(3), "c.mp4": animation(3), "d": film(3),
             "e.webp": animation(3, "WEBP"), "f.apng": animation(3, "PNG")}  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    kinds = {name: modality_of(str(tmp_path / name)) for name in files}
    assert kinds == dict.fromkeys(files, "video")
    for kind in ("GIF", "WEBP", "PNG"):
        still = tmp_path / f"still.{kind.lower()}"
        Image.new("RGB", (9, 9)).save(still)
        assert modality_of(str(still)) == "image"
    assert not moves(b"\xff-\x2d other bytes - that are no picture") and not moves(b"RIFF")
    for name in files:
        assert [k for k, _ in shown(tmp_path / name)] == [0, 1, 2]


def test_the_kit_accepts_it(tmp_path):
    path = tmp_path / "clip.webm"
    path.write_bytes(film(4, "libvpx-vp9", container="webm"))
    examples = [path, film(3), animation(3), animation(4, "WEBP")]
    check_reader(clip, examples, lambda one: [frame.image for frame in clip(one).frames()])


def test_memory_does_not_grow_with_the_length():
    import tracemalloc

    def peak(count):
        content = film(count, size=(240, 320), gop=10)
        tracemalloc.start()
        some = Clip(content)
        for _ in some.frames():
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(200) < peak(20) + 300_000  # a frame is 230 kB
