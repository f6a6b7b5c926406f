"""Sounds as other rooms and microphones would give them: reverberation, filters, noise, gain."""

from __future__ import annotations

import numpy as np

RATE = 16_000


def varied(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One of many ways that a recording of this sound (mono, 16 kHz) could have been made."""
    for change in (_room, _microphone, _noise):
        if rng.random() < 0.5:
            wave = _full(change(wave, rng))
    return (_full(wave) * 10 ** (-rng.uniform(0, 20) / 20)).astype(np.float32)


def _full(wave: np.ndarray) -> np.ndarray:
    return wave / (np.abs(wave).max() + 1e-6)


def _room(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exponentially decaying noise, 60 dB down after 0.1 to 0.9 s, behind the direct sound."""
    size = int(RATE * rng.uniform(0.1, 0.9))
    answer = rng.normal(size=size) * np.exp(-np.arange(size) / (size / 6.9))
    answer[0] += rng.uniform(3, 20)
    length = 1 << (len(wave) + size - 2).bit_length()
    return np.fft.irfft(np.fft.rfft(wave, length) * np.fft.rfft(answer, length), length)[
        : len(wave)
    ]


def _microphone(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A band and a tilt of the spectrum."""
    spectrum = np.fft.rfft(wave)
    hertz = np.linspace(0, RATE / 2, len(spectrum))
    low, high, tilt = rng.uniform(0, 250), rng.uniform(3000, 8000), rng.uniform(-0.5, 0.5)
    band = 1 / (1 + (low / np.maximum(hertz, 1)) ** 4) / (1 + (hertz / high) ** 8)
    return np.fft.irfft(spectrum * band * np.maximum(hertz / 1000, 0.05) ** tilt, len(wave))


def _noise(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White or pink, 3 to 35 dB below the sound."""
    noise = rng.normal(size=len(wave))
    if rng.random() < 0.5:
        spectrum = np.fft.rfft(noise)
        noise = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** 0.5, len(wave))
        noise = noise / noise.std()
    power = np.sqrt((wave**2).mean()) * 10 ** (-rng.uniform(3, 35) / 20)
    return wave + power * noise
