"""Sounds that are none, damaged or odd: one clear sentence each, or the vector they deserve."""

import re

import numpy as np
import pytest

import isthmus
from isthmus.read.audio import SUFFIXES, sound
from isthmus.types import ItemError
from tests.read.sound_files import muxed, silent_film, sweep, with_claims, written
from tests.read.test_audio import Loudness

NAN, INF = sweep(0.5), sweep(0.5)
NAN[11_025], INF[7] = np.nan, np.inf
OPPOSITE = np.stack([sweep(0.5), -sweep(0.5)], axis=1)

CASES = {
    "empty": (b"", "is empty (0 bytes)"),
    "header only": (written(np.zeros(0, np.float32)), "holds no samples"),
    "one sample": (written(sweep(0.5)[:1]), "holds 1 sample; 1 ms or more are a sound"),
    "nan": (written(NAN, subtype="FLOAT"), "NaN or infinite, the first at 0.250 s"),
    "infinite": (written(INF, subtype="FLOAT"), "NaN or infinite, the first at 0.000 s"),
    "beyond float32": (written(1e300 * sweep(0.5).astype(float), subtype="DOUBLE"), "infinite"),
    "as integers": (written(32767 * sweep(0.5), subtype="FLOAT"), "up to 16,384, where 1 is full"),
    "text": (b"This is a text, not a sound.\n" * 50, "is not a sound that can be read: WAV, AIFF"),
    "list of files": (b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n", "not a sound that can"),
    "page": (b"<html><body>404</body></html>" * 20, "is not a sound that can be read"),
    "riff start": (b"RIFF\xff\xff\xff\xffWAVE", "is not a sound that can be read"),
    "film": (silent_film(), "holds no sound, only video"),
    "opposite": (written(OPPOSITE), "opposite phase, which cancel each other when they are mixed"),
    "11 hertz": (written(sweep(60, 11), 11), "at 11 Hz is no sound: 1,000 to 10,000,000 Hz"),
    "4 gigahertz": (with_claims(written(sweep(0.5)), hertz=2**32 - 1), "is no"),
    "0 hertz": (with_claims(written(sweep(0.5)), hertz=0), "is no"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_one_sentence(case, tmp_path):
    content, said = CASES[case]
    path = tmp_path / "odd.wav"
    path.write_bytes(content)
    for item, name in ((path, str(path)), (content, "the sound")):
        with pytest.raises(ItemError, match=re.escape(said)) as caught:
            sound(item).mono(16_000)
        text = str(caught.value)
        assert text.startswith(name) and text.endswith(".") and "\n" not in text
        with pytest.raises(ItemError):
            list(sound(item).blocks(16_000, 0.1))


def test_the_rest_of_a_job_goes_on(tmp_path):
    names = []
    for case, (content, _) in CASES.items():
        names.append(tmp_path / f"{case}.wav")
        names[-1].write_bytes(content)
    good = [tmp_path / "a.wav", tmp_path / "b.wav"]
    for path in good:
        path.write_bytes(written(sweep(0.5)))
    found = isthmus.embed(Loudness(), [good[0], *names, good[1]])
    assert found.ids == tuple(map(str, good))
    assert set(found.history[0].parameters["faults"]) == set(map(str, names))


def test_no_such_file(tmp_path):
    for path, said in ((tmp_path / "none.wav", "not there"), (tmp_path, "folder or a device")):
        with pytest.raises(ItemError, match=said):
            sound(path).mono()


def test_a_list_of_files_opens_none_of_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.aac").write_bytes(muxed(sweep(1.0, 48_000), container="adts"))
    where = tmp_path / "secret.aac"
    for text in (
        "ffconcat version 1.0\nfile secret.aac\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{where}\n#EXT-X-ENDLIST\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{where}\n#EXT-X-ENDLIST\n",
    ):
        path = tmp_path / "list.wav"
        path.write_text(text)
        for item in (path, text.encode()):
            with pytest.raises(ItemError, match="is not a sound that can be read"):
                sound(item).mono()


@pytest.mark.parametrize("claimed", [0, 7, 2**31 - 1, 2**32 - 1])
def test_a_header_that_lies_of_its_size_loses_nothing(claimed):
    content = written(sweep(0.5))
    for size in ({"riff": claimed}, {"data": claimed if claimed != 7 else 2**32 - 2}):
        found = sound(with_claims(content, **size))
        np.testing.assert_allclose(found.mono(), sweep(0.5), atol=1e-4)
        assert found.seconds == 0.5


def test_a_flac_that_claims_more_than_it_holds_is_counted():
    content = bytearray(written(sweep(0.5), kind="FLAC"))
    content[22:26] = b"\x7f\xff\xff\xff"  # the low bits of STREAMINFO's count
    found = sound(bytes(content))
    assert found.seconds == 0.5 and len(found.mono()) == 22_050


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3", "OGG", "AIFF", "m4a"])
def test_damage_anywhere_ends_in_a_sentence_or_in_samples(kind):
    rng = np.random.default_rng(0)
    samples = sweep(0.5)
    content = muxed(samples, 44_100) if kind == "m4a" else written(samples, kind=kind)
    for trial in range(60):
        damaged = bytearray(content)
        if trial % 3 == 0:
            del damaged[int(rng.integers(len(content))) :]
        else:
            for _ in range(trial):
                at = int(rng.integers(len(content) if trial % 3 == 1 else 200))
                damaged[at] = int(rng.integers(256))
        try:
            found = sound(bytes(damaged)).mono(16_000)
            assert np.isfinite(found).all() and np.abs(found).max() <= 1
        except ItemError as error:
            assert "\n" not in str(error)


def test_silence_is_a_sound():
    found = sound(written(np.zeros((22_050, 2), np.float32)))
    assert found.seconds == 0.5 and not found.mono(16_000).any()


def test_almost_opposite_channels_are_mixed():
    samples = OPPOSITE + 0.01 * sweep(0.5)[:, None]
    np.testing.assert_allclose(
        sound(written(samples, subtype="FLOAT")).mono(), 0.01 * sweep(0.5), atol=1e-6
    )


def test_what_is_a_little_too_loud_is_clipped():
    found = sound(written(4 * sweep(0.5), subtype="FLOAT"))
    for hertz in (44_100, 16_000):
        assert found.mono(hertz).max() == 1 and found.mono(hertz).min() == -1
    square = np.sign(sweep(0.5)).astype(np.float32)  # clipped integers
    assert np.abs(sound(written(square)).mono(16_000)).max() <= 1


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (np.zeros(9, np.float32), "this is a ndarray"),
        ((sweep(0.1)[None], 44_100), r"float32 of the shape \(1, 4410\)"),
        ((np.zeros((9, 0)), 44_100), "shape"),
        ((np.zeros((9, 1, 1)), 44_100), "shape"),
        ((np.array(["a"]), 44_100), "<U1"),
        ((44_100, sweep(0.1)), "a tuple"),
        (sweep, "a function"),
        (None, "a NoneType"),
    ],
)
def test_what_is_no_sound_is_refused(item, said):
    with pytest.raises(ItemError, match=said):
        sound(item)


def test_a_call_that_fails_is_a_sentence():
    def broken():
        raise OSError("the disk is away")

    from isthmus.read.audio import Sound

    with pytest.raises(ItemError, match="the disk is away"):
        Sound(broken).mono()


def test_names_of_films_are_left_to_films():
    assert not {".mp4", ".webm", ".mkv", ".avi"} & set(SUFFIXES)
