"""Spectrograms: a known pitch and level stand where they should, whatever the rate of the file."""

import numpy as np
import pytest
from matplotlib import colormaps

from isthmus.engine.content_index import content_hash
from isthmus.read.audio import sound
from isthmus.testing import check_bag
from isthmus.types import ItemError, RequestError
from isthmus.view import views
from isthmus.view.spectrograms import (
    PICTURE,
    SAMPLES,
    SECONDS,
    SPECTROGRAM,
    Bands,
    log_mel,
    mel,
    mel_filters,
    spectrogram_bag,
)
from tests.read.sound_files import LOW, RISE, sweep

SHADES = np.rint(255 * colormaps["magma"](np.arange(256))[:, :3]).astype(np.uint8)


def sine(hertz, seconds=SECONDS, rate=32_000, loud=1.0):
    t = np.arange(round(seconds * rate)) / rate
    return (loud * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def band(hertz):
    """Number of the band, with fractions, whose middle a pitch is."""
    low, high = mel(PICTURE.low), mel(PICTURE.high)
    return (mel(hertz) - low) / (high - low) * (PICTURE.mels + 1) - 1


def decibels(picture):
    """What a picture says, (256 columns, 128 bands from low to high)."""
    pixels = np.asarray(picture)[::-2][:, :].astype(int)
    shade = np.abs(pixels[..., None, :] - SHADES).sum(-1).argmin(-1)
    return PICTURE.floor * (1 - shade.T / 255)


def test_mels_are_those_of_htk():
    assert mel(1_000) == pytest.approx(999.99, abs=0.1)
    assert mel(0) == 0 and mel(700) == pytest.approx(2595 * np.log10(2))


def test_filters_are_triangles_that_sum_to_one():
    filters = mel_filters(16_000, 512, 20, 125.0, 7_500.0)
    assert filters.shape == (20, 257) and filters.min() == 0 and filters.max() <= 1
    corners = 700 * (10 ** (np.linspace(mel(125), mel(7_500), 22) / 2595) - 1)
    bins = np.arange(257) * 16_000 / 512
    inside = (bins >= corners[1]) & (bins <= corners[-2])
    np.testing.assert_allclose(filters.sum(axis=0)[inside], 1, atol=1e-6)
    assert not filters[:, (bins < 125) | (bins > 7_500)].any()
    assert np.abs(filters.argmax(axis=1) * 16_000 / 512 - corners[1:-1]).max() <= 16
    with pytest.raises(
        RequestError, match=r"0 and 8,000 Hz, half the rate, not from 50.0 to 9000.0"
    ):
        mel_filters(16_000, 512, 20, 50.0, 9_000.0)


@pytest.mark.parametrize(("hertz", "loud"), [(440, 1.0), (440, 0.01), (5_000, 0.1), (1_000, 0.5)])
def test_level_and_pitch_are_those_of_the_sine(hertz, loud):
    found = log_mel(sine(hertz, loud=loud))
    assert found.shape == (256, 128)
    level = 10 * np.log10((10 ** (found[100] / 10)).sum())  # of the sine in all bands together
    assert level == pytest.approx(20 * np.log10(loud), abs=2)
    assert found[100].argmax() == pytest.approx(band(hertz), abs=1)


def test_silence_is_the_floor():
    assert (log_mel(np.zeros(SAMPLES, np.float32)) == PICTURE.floor).all()
    deep = Bands(floor=-60.0)
    assert (log_mel(sine(440, loud=1e-5), deep) == -60).all()


@pytest.mark.parametrize("rate", [44_100, 16_000])
def test_a_sweep_is_a_line_upwards(rate):
    (picture,) = spectrogram_bag((sweep(4.9, rate), rate), "a").parts
    pixels = picture.rgb()
    assert pixels.size == (256, 256)
    found = decibels(pixels)
    for second in (0.5, 2.0, 4.0):
        column = round((second * PICTURE.hertz - PICTURE.window / 2) / PICTURE.hop)
        assert found[column].argmax() == pytest.approx(band(LOW + RISE * second), abs=1.5)
        assert found[column].max() == pytest.approx(20 * np.log10(0.5), abs=3)
    assert (found[-1] == PICTURE.floor).mean() > 0.9  # after its end there is silence


def test_loud_is_bright_and_twice_as_loud_is_always_as_much_brighter():
    bags = (spectrogram_bag((sine(440, loud=loud), 32_000), "a") for loud in (0.1, 0.05))
    loud, quiet = (decibels(next(iter(bag.parts)).rgb()) for bag in bags)
    peak = loud.argmax(axis=1)[100]
    assert loud[100, peak] - quiet[100, peak] == pytest.approx(6, abs=0.5)


def test_a_silent_sound_is_a_picture_of_one_colour():
    (picture,) = spectrogram_bag((np.zeros(9_000, np.float32), 8_000), "a").parts
    assert (np.asarray(picture.rgb()) == SHADES[0]).all()


def test_long_sounds_have_a_picture_for_every_five_seconds():
    bag = spectrogram_bag((sweep(12.0, 8_000), 8_000), "a")
    assert [place.seconds[0] for place in bag.places] == pytest.approx([0, SECONDS, 12 - SECONDS])
    assert str(bag.parts[0].source) == "the spectrogram of the sound"
    assert len({content_hash(one) for one in bag.parts}) == 3
    again = spectrogram_bag((sweep(12.0, 8_000), 8_000), "b")
    assert [content_hash(one) for one in again.parts] == [content_hash(one) for one in bag.parts]


def test_the_contract_of_bags_holds():
    sounds = {"a": sound((sweep(1.0), 44_100)), "b": sound((sweep(12.0, 8_000), 8_000))}
    check_bag(lambda name: spectrogram_bag(sounds[name], name), ["a", "b"])
    with pytest.raises(ItemError, match="not a sound that can be read"):
        spectrogram_bag(b"no sound", "a")


def test_the_road_is_registered_and_says_what_is_seen():
    assert views()["spectrogram"] is SPECTROGRAM
    assert (SPECTROGRAM.of, SPECTROGRAM.to) == ("audio", "image")
    assert "128 bands from 50 to 14000 Hz, -100 to 0 dB" in SPECTROGRAM.about
