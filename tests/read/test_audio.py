"""Sounds: every format gives the samples that were written, whatever rate, part and block."""

import io
import subprocess
import sys

import numpy as np
import pytest

import isthmus
from isthmus.engine.content_index import ContentIndex, content_hash
from isthmus.read.audio import SUFFIXES, Sound, Waveform, is_sound, resampled, sound
from isthmus.read.image import is_picture
from isthmus.read.recognise import modality_of
from isthmus.testing import check_reader
from isthmus.types import Encoder, ItemError, RequestError, Space
from tests.read.sound_files import LOW, RISE, muxed, pitch, soundfile, sweep, with_picture, written

PLAIN = [
    ("WAV", "PCM_U8", 0.01),
    ("WAV", "PCM_16", 1e-4),
    ("WAV", "PCM_24", 1e-6),
    ("WAV", "PCM_32", 1e-6),
    ("WAV", "FLOAT", 0),
    ("WAV", "DOUBLE", 1e-7),
    ("WAV", "ALAW", 0.03),
    ("WAV", "ULAW", 0.03),
    ("RF64", "PCM_16", 1e-4),
    ("W64", "PCM_16", 1e-4),
    ("AIFF", "PCM_16", 1e-4),
    ("CAF", "PCM_16", 1e-4),
    ("AU", "PCM_16", 1e-4),
    ("FLAC", "PCM_24", 1e-6),
]
LOSSY = {
    "mp3": lambda samples: written(samples, 48_000, "MP3"),
    "mp3 with a picture": lambda samples: with_picture(written(samples, 48_000, "MP3")),
    "ogg": lambda samples: written(samples, 48_000, "OGG"),
    "opus": lambda samples: written(samples, 48_000, "OGG", "OPUS"),
    "m4a": muxed,
    "alac": lambda samples: muxed(samples, codec="alac"),
    "aac": lambda samples: muxed(samples, container="adts"),
    "webm": lambda samples: muxed(samples, codec="libopus", container="webm"),
    "ac3": lambda samples: muxed(samples, codec="ac3", container="ac3"),
    "mp4": lambda samples: muxed(samples, container="mp4"),
}


@pytest.mark.parametrize(("kind", "subtype", "tolerance"), PLAIN)
def test_what_was_written_is_read(kind, subtype, tolerance):
    samples = sweep(0.5)
    content = written(samples, 44_100, kind, subtype)
    found = sound(content)
    assert (found.hertz, found.channels, found.seconds) == (44_100, 1, 0.5)
    np.testing.assert_allclose(found.mono(), samples, atol=tolerance)
    assert found.mono().dtype == np.float32
    assert is_sound(content[:32])


@pytest.mark.parametrize("name", LOSSY)
def test_the_pitch_is_where_it_was(name):
    content = LOSSY[name](sweep(6.0, 48_000))
    found = sound(content)
    assert (found.hertz, found.channels) == (48_000, 1)
    assert found.seconds == pytest.approx(6.0, abs=0.1)
    for hertz in (48_000, 16_000):
        samples = found.mono(hertz)
        level = np.sqrt((samples[hertz : 5 * hertz] ** 2).mean())
        assert level == pytest.approx(0.5 / 2**0.5, rel=0.03)
        for second in (0.5, 3.0, 5.5):
            wanted = LOW + RISE * second
            assert pitch(samples, hertz, second) == pytest.approx(wanted, abs=RISE * 0.03 + 4)
    part = found.part(3.9, 5.0).mono()
    whole = found.mono()[round(3.9 * 48_000) :][: len(part)]
    assert len(part) == round(1.1 * 48_000)
    assert pitch(part, 48_000, 0.5) == pytest.approx(pitch(whole, 48_000, 0.5), abs=RISE * 0.01)


@pytest.mark.parametrize("bitrate_mode", ["CONSTANT", "VARIABLE"])
def test_where_a_file_is_cut_into_blocks_makes_no_difference(bitrate_mode, tmp_path):
    path = tmp_path / "low.mp3"  # its frames are decoded from many before
    samples = sweep(20.0, 16_000)
    soundfile.write(path, samples, 16_000, format="MP3", bitrate_mode=bitrate_mode)
    whole, _ = soundfile.read(path, dtype="float32")
    found = sound(path)
    np.testing.assert_allclose(found.mono(), whole, atol=1e-6)
    for start, end in ((0.5, 9.0), (9.1, 20.0), (19.0, 25.0)):
        wanted = whole[round(start * 16_000) : round(end * 16_000)]
        np.testing.assert_allclose(found.part(start, end).mono(), wanted, atol=1e-6)


@pytest.mark.parametrize(("hertz", "to"), [(44_100, 16_000), (8_000, 48_000), (48_000, 48_000)])
def test_resampling_keeps_pitch_level_and_length(hertz, to):
    samples = sweep(3.0, hertz)
    found = sound((samples, hertz)).mono(to)
    assert abs(len(found) - 3 * to) <= 1
    for second in (0.5, 1.5, 2.5):
        wanted = LOW + RISE * second
        assert pitch(found, to, second) == pytest.approx(wanted, abs=2)
    assert np.sqrt((found**2).mean()) == pytest.approx(0.5 / 2**0.5, rel=0.01)


def test_what_is_above_half_the_rate_is_not_folded_down():
    t = np.arange(44_100) / 44_100
    samples = (0.5 * np.sin(2 * np.pi * 9_000 * t)).astype(np.float32)
    assert np.abs(sound((samples, 44_100)).mono(16_000)[500:-500]).max() < 1e-3


def test_blocks_are_the_whole_and_of_one_length(tmp_path):
    path = tmp_path / "long.flac"
    path.write_bytes(written(sweep(7.3, 44_100), 44_100, "FLAC"))
    found = sound(path)
    blocks = list(found.blocks(16_000, 2.0))
    assert [len(block) for block in blocks[:-1]] == [32_000] * 3
    np.testing.assert_allclose(np.concatenate(blocks), found.mono(16_000), atol=1e-6)
    with pytest.raises(RequestError, match="a sample or more"):
        next(found.blocks(16_000, 1e-6))


def test_a_cut_in_blocks_does_not_change_resampling():
    samples = sweep(2.0)[:, None]
    blocks = [samples[start : start + 777] for start in range(0, len(samples), 777)]
    one, many = (
        np.concatenate([*resampled(iter(some), 44_100, 16_000, 1)]) for some in ([samples], blocks)
    )
    np.testing.assert_allclose(many, one, atol=1e-6)


def test_channels_are_kept_until_they_are_mixed():
    left, right = sweep(0.5, loud=0.8), np.zeros(22_050, np.float32)
    found = sound((np.stack([left, right], axis=1), 44_100))
    assert found.channels == 2 and found.samples().shape == (22_050, 2)
    np.testing.assert_allclose(found.mono(), left / 2, atol=1e-7)
    np.testing.assert_array_equal(found.samples()[:, 0], left)
    np.testing.assert_array_equal(found.channel(0).mono(), left)
    assert not found.channel(1).mono().any() and found.channel(1).channels == 1
    with pytest.raises(ItemError, match="2 channels, from 0: none is 2"):
        found.channel(2).mono()
    part = found.part(0.1, 0.4).channel(0).part(0.1, 0.2)
    np.testing.assert_array_equal(part.mono(), left[8_820:13_230])
    assert part.seconds == pytest.approx(0.1)


def test_integers_are_scaled_by_their_range():
    for kind, values in (
        (np.int16, [-(2**15), 0, 2**14]),
        (np.uint8, [0, 128, 192]),
        (np.int32, [-(2**31), 0, 2**30]),
        (np.float64, [-1.0, 0.0, 0.5]),
    ):
        found = sound((np.array(values * 100, kind), 8_000)).mono()
        np.testing.assert_array_equal(found[:3], [-1, 0, 0.5])


def test_eight_channels_at_192_kilohertz():
    samples = np.stack([sweep(1.0, 192_000)] * 8, axis=1)
    found = sound(written(samples, 192_000, "WAV", "PCM_24"))
    assert (found.hertz, found.channels) == (192_000, 8)
    assert pitch(found.mono(16_000), 16_000, 0.5) == pytest.approx(LOW + RISE / 2, abs=2)


def test_a_sound_is_known_by_name_and_by_content(tmp_path):
    samples = sweep(0.2, 48_000)
    files = {
        name: make(samples) for name, make in LOSSY.items() if name not in ("webm", "mp4", "ac3")
    }
    files["wav"] = written(samples)
    for name, content in files.items():
        assert is_sound(content[:32]), name
        path = tmp_path / f"{name}.unknown"
        path.write_bytes(content)
        assert modality_of(path) == modality_of(content) == "audio"
        assert not is_picture(content[:32])
    for suffix in SUFFIXES:
        path = tmp_path / f"file{suffix.upper()}"
        path.write_bytes(b"")
        assert modality_of(str(path)) == "audio"
    for text in ("\ufeffa dog", "\ufeff\ufffd"):
        for code in ("utf-16-le", "utf-16-be", "utf-8", "utf-32-le"):
            assert not is_sound(text.encode(code) * 9)
    assert not is_sound(b"RIFF\0\0\0\0WEBPVP8 ") and not is_sound(b"\xff\xd8\xff\xe0" * 8)
    assert not is_sound(b"") and not is_sound(b"\xff\xfb\x9c\0") and not is_sound(b"\xff\xfb\xf0\0")
    assert is_sound(b"\xff\xfb\x90\0")
    assert modality_of((samples, 48_000)) == "audio"
    assert modality_of(np.zeros((4, 4, 3), np.uint8)) == "image"
    assert modality_of(b"MM\0*tiff") == "image"


def test_a_sound_is_hashed_by_its_content(tmp_path):
    content = written(sweep(1.0))
    (tmp_path / "a.wav").write_bytes(content)
    (tmp_path / "b.wav").write_bytes(content)
    a, b = (sound(tmp_path / name) for name in ("a.wav", "b.wav"))
    assert content_hash(a) == content_hash(b) == content_hash(sound(content))
    assert ContentIndex(tmp_path / "index").hashes([a]) == [content_hash(a)]
    samples = (sweep(1.0), 44_100)
    others = [
        sound(samples),
        sound((samples[0], 48_000)),
        sound((samples[0][:-1], 44_100)),
        a.part(0.0, 0.5),
        a.part(0.5, 1.0),
        a.channel(0),
    ]
    assert len({content_hash(one) for one in [a, *others]}) == 7
    assert content_hash(b.part(0.5, 1.0)) == content_hash(others[4])
    assert content_hash(sound(samples)) == content_hash(Sound(lambda: others[0].source))


def test_a_sound_is_decoded_when_it_is_asked_for():
    calls = []

    def made():
        calls.append(1)
        return Waveform(sweep(0.5)[:, None], 44_100)

    found = Sound(made)
    assert not calls
    assert found.seconds == 0.5 and len(found.mono(8_000)) == 4_000
    assert len(calls) == 2


class Loudness:
    """An encoder of sounds: their level and their brightness."""

    modality, space = "audio", Space("loudness", "1", 2)

    def encode(self, items):
        found = [sound(item).mono(16_000) for item in items]
        return np.array([[1.0, np.abs(np.diff(one)).mean()] for one in found], np.float32)


def test_files_are_embedded_under_their_names(tmp_path, monkeypatch):
    assert isinstance(Loudness(), Encoder)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dog.wav").write_bytes(written(sweep(1.0)))
    (tmp_path / "text.wav").write_bytes(b"Not a sound at all.\n" * 9)
    (tmp_path / "song").write_bytes(written(sweep(1.0), kind="MP3"))
    found = isthmus.embed(Loudness(), ["dog.wav", "text.wav", "song"])
    assert found.ids == ("dog.wav", "song") and found.modality == "audio"
    assert "text.wav is not a sound" in found.history[0].parameters["faults"]["text.wav"]


def test_the_contract_of_readers_holds(tmp_path):
    samples = sweep(0.3)
    path = tmp_path / "a.wav"
    path.write_bytes(written(samples))
    examples = [
        path,
        *(written(samples, kind=kind) for kind in ("FLAC", "MP3", "OGG")),
        muxed(samples),
    ]
    check_reader(sound, [*examples, (samples, 44_100)], lambda item: item.mono(16_000))


def test_a_long_sound_is_streamed_and_not_given_at_once(tmp_path, monkeypatch):
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_U8") as file:
        for _ in range(6):
            file.write(np.zeros(8_000 * 60, np.float32))
    monkeypatch.setattr("isthmus.read.audio.MOST_SAMPLES", 1_000_000)
    with pytest.raises(ItemError, match=r"more than 1,000,000 samples at 8,000 Hz: take it in bl"):
        sound(path).mono()
    assert sum(map(len, sound(path).blocks(0, 10.0))) == 8_000 * 360
    assert len(sound(path).part(300.0, 360.0).mono()) == 8_000 * 60


HEAVY = """
import sys
from isthmus.read.audio import sound
from isthmus.types import ItemError
from isthmus.view.windows import streamed, window_bag
item = sound(sys.argv[1])
assert abs(item.seconds - 10_800) < 1
assert sum(map(len, streamed(item, 16_000))) == 10_800 * 16_000
bag = window_bag(item, "a")
assert len(bag) == 1_080 and len(bag.parts[-1].mono(16_000)) == 160_000
try:
    item.mono(16_000)
except ItemError:
    status = open("/proc/self/status").read()  # getrusage counts what the parent held, too
    print(int(status.split("VmHWM:")[1].split()[0]) / 1e6)
"""
"""What is done with three hours; prints gigabytes that were resident at most."""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "loud"), [("flac", 0.0), ("flac", 0.2), ("wav", 0.2)])
def test_three_hours_take_less_than_a_gigabyte(kind, loud, tmp_path):
    path, rng = tmp_path / f"long.{kind}", np.random.default_rng(0)
    minute = (loud * rng.standard_normal((44_100 * 60, 2))).clip(-1, 1).astype(np.float32)
    with soundfile.SoundFile(path, "w", 44_100, 2, "PCM_16") as file:
        for _ in range(180):
            file.write(minute)
    ran = subprocess.run(
        [sys.executable, "-c", HEAVY, path], capture_output=True, text=True, check=True
    )
    assert float(ran.stdout) < 1


def test_what_a_page_shows():
    shown = isthmus.read.modality("audio").shown
    assert shown((sweep(0.5), 44_100)) == "the sound: 0.50 s, 44,100 Hz, 1 channel"


def test_a_file_handle_is_closed(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(written(sweep(0.5)))
    next(sound(path).blocks(8_000, 0.1))  # and a ResourceWarning would be an error
    assert io.BytesIO(path.read_bytes()).read(4) == b"RIFF"
