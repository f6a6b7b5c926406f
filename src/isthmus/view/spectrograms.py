"""A sound as pictures: log-mel spectrograms, time to the right, pitch upwards, loudness as colour.

Decibels are those of full scale: a sine of amplitude 1 is 0 dB (at most 2 dB more in a wide band).
Colours, bands and range are fixed, so that equal pictures mean equal sounds.
"""

from functools import cache, lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from isthmus.engine.content_index import content_hash
from isthmus.read.audio import Mono, Sound
from isthmus.read.image import Picture
from isthmus.records import dataclass
from isthmus.types import Bag, Items, RequestError, View
from isthmus.view.windows import window_bag


@dataclass(frozen=True)
class Bands:
    """How a log-mel spectrogram is made: hertz, samples and decibels."""

    hertz: int = 32_000
    """Of the samples."""
    window: int = 2048
    """Samples of a Hann window."""
    hop: int = 620
    """Samples from one frame to the next; 256 frames are 5.0 s."""
    mels: int = 128
    """Bands, of equal width in mel."""
    low: float = 50.0
    high: float = 14_000.0
    """Hertz of the lowest and the highest band."""
    floor: float = -100.0
    """Decibels below which there is silence; 0 is full scale."""


PICTURE = Bands()
FRAMES, SIDE, COLOURS = 256, 256, "magma"
"""Columns of a picture, its pixels along a side, and the colours of matplotlib that it is drawn in,
from the floor to full scale."""
SAMPLES = (FRAMES - 1) * PICTURE.hop + PICTURE.window
SECONDS = SAMPLES / PICTURE.hertz


def mel(hertz: Any) -> Any:
    """Hertz as mel: 2595 log10(1 + f / 700), as in HTK.

    Source: O'Shaughnessy 1987, Speech communication, page 150.
    """
    return 2595 * np.log10(1 + hertz / 700)


@cache
def mel_filters(
    hertz: int, window: int, mels: int, low: float, high: float
) -> Float[np.ndarray, "mels bins"]:
    """Triangles of height 1 over the bins of a Fourier transform, their corners equal in mel.

    Args:
        hertz: of the samples.
        window: samples that are transformed.
        mels: bands.
        low: hertz where the lowest band begins.
        high: hertz where the highest band ends, at most half the rate.

    Raises:
        RequestError: bands beyond half the rate, or upside down.
    """
    if not 0 <= low < high <= hertz / 2:
        raise RequestError(
            f"Bands lie between 0 and {hertz / 2:,.0f} Hz, half the rate, not from {low} to {high}."
        )
    corners = np.linspace(mel(low), mel(high), mels + 2)[:, None]
    bins = mel(np.arange(window // 2 + 1) * hertz / window)[None]
    width = corners[1] - corners[0]
    return (1 - np.abs(bins - corners[1:-1]) / width).clip(0).astype(np.float32)


def log_mel(samples: Mono, bands: Bands = PICTURE) -> Float[np.ndarray, "frames mels"]:
    """Decibels of each frame and band, from the floor up; silence is the floor.

    Args:
        samples: at the bands' rate, a window or more.
        bands: see ``Bands``.
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples, bands.window)[:: bands.hop]
    hann = np.hanning(bands.window + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames * hann)) ** 2 * (2 / hann.sum()) ** 2
    filters = mel_filters(bands.hertz, bands.window, bands.mels, bands.low, bands.high)
    decibels = 10 * np.log10(np.maximum(power @ filters.T, 1e-30))
    return np.maximum(decibels, bands.floor)


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """The picture of a sound as ``PICTURE`` says, drawn when its pixels are asked for."""

    of: Sound

    def __str__(self) -> str:
        return f"the spectrogram of {self.of.name}"

    @property
    def content_key(self) -> str:
        """Says what it is, for fingerprints."""
        return f"{SPECTROGRAM.about}: {content_hash(self.of)}"

    def __call__(self) -> Image.Image:
        """The pixels.

        Raises:
            ItemError: as of ``Sound.mono``.
        """
        samples = self.of.mono(PICTURE.hertz)
        decibels = log_mel(np.pad(samples, (0, max(0, SAMPLES - len(samples)))))[:FRAMES]
        share = (1 - decibels / PICTURE.floor).clip(0, 1)
        pixels = _colours()[np.rint(255 * share).astype(np.uint8)].transpose(1, 0, 2)[::-1]
        return Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.NEAREST)


@lru_cache(1)
def _colours() -> Any:
    """(256, 3) sRGB from silence to full scale."""
    from matplotlib import colormaps

    return np.rint(255 * colormaps[COLOURS](np.arange(256))[:, :3]).astype(np.uint8)


def spectrogram_bag(item: Any, owner: str) -> Bag:
    """Pictures of the windows of a sound, called ``OWNER/000``, ...; the last ends with it.

    Args:
        item: whatever ``read.audio`` makes a sound of.
        owner: id of the sound.

    Raises:
        ItemError: no sound that can be read.
    """
    windows = window_bag(item, owner, SECONDS, SECONDS)
    drawn = [Picture(Spectrogram(part)) for part in windows.parts]
    return Bag(owner, Items("image", windows.parts.ids, drawn), windows.places)


SPECTROGRAM = View(
    "spectrogram",
    of="audio",
    to="image",
    see=spectrogram_bag,
    about=f"log-mel spectrograms of {SECONDS:.1f} s each as pictures: {PICTURE.mels} bands from "
    f"{PICTURE.low:g} to {PICTURE.high:g} Hz, {PICTURE.floor:g} to 0 dB of full scale in the "
    f"colours {COLOURS}, shorter sounds followed by silence",
)
"""The road over spectrograms, which pictures' towers read poorly: a baseline."""
