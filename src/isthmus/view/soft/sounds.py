"""A synthesiser whose sounds have gradients, and the spectrograms of ``view.spectrograms``.

Partials of a gliding tone, bent by frequency modulation (Chowning 1973, The synthesis of complex
audio spectra by means of frequency modulation, eq. 1), and noise in bands, under an envelope of
attack, decay, sustain and release that may be struck several times.
"""

from functools import cache
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.records import dataclass
from isthmus.types import RequestError
from isthmus.view.spectrograms import PICTURE, Bands, mel, mel_filters

BANDS = 16
"""Of noise, equally wide in mel from 60 Hz up."""


@dataclass(frozen=True, eq=False)
class Voice:
    """What is played. Every number is a tensor and may have gradients."""

    pitch: Float[Tensor, " 2"]
    """Hertz at the beginning and at the end; in between it glides evenly in octaves."""
    partials: Float[Tensor, " k"]
    """Amplitudes of the tone and its overtones, 0 or more."""
    modulation: Float[Tensor, " 2"]
    """Hertz of the modulator as a multiple of the pitch, and its index in radians."""
    noise: Float[Tensor, f" {BANDS}"]
    """Amplitudes of noise in each band, 0 or more."""
    envelope: Float[Tensor, " 4"]
    """Seconds of attack, of decay and of release, above 0, and the level of sustain, 0..1."""
    strikes: Float[Tensor, ""]
    """How often a second the envelope begins anew; below 1 / seconds it is struck once."""

    def __post_init__(self) -> None:
        told = torch.cat((self.pitch, self.envelope[:3])).detach()
        if not bool((told > 0).all()) or not len(self.partials):
            raise RequestError(
                "A voice wants pitches and seconds above 0 and one partial or more, not "
                f"{[round(float(x), 4) for x in told]} and {len(self.partials)} partials."
            )


def played(
    voice: Voice, seconds: float = 1.0, hertz: int = 16_000, seed: int = 0
) -> Float[Tensor, " n"]:
    """Samples of a voice; partials that would lie above half the rate are silent.

    Args:
        voice: what is played.
        seconds: how long.
        hertz: samples a second.
        seed: of the noise, whose samples are no parameters.
    """
    time = torch.arange(round(seconds * hertz)).to(voice.pitch) / hertz
    low, high = voice.pitch
    octaves = torch.log2(high / low) / seconds
    pitch = low * 2 ** (octaves * time)
    phase = 2 * torch.pi * torch.cumsum(pitch, 0) / hertz
    ratio, index = voice.modulation
    phase = phase + index * torch.sin(ratio * phase)
    number = torch.arange(1, len(voice.partials) + 1).to(pitch)
    heard = (number[:, None] * pitch < hertz / 2).to(pitch)
    tone = (voice.partials[:, None] * heard * torch.sin(number[:, None] * phase)).sum(dim=0)
    hiss = torch.as_tensor(hisses(len(time), hertz, seed)).to(pitch)
    return (tone + voice.noise @ hiss) * loudness(voice, time, seconds)


def loudness(voice: Voice, time: Float[Tensor, " n"], seconds: float) -> Float[Tensor, " n"]:
    """Linear attack, exponential decay to the level of sustain, linear release at the end."""
    attack, decay, release, level = voice.envelope
    period = (1 / voice.strikes.clamp_min(1e-6)).clamp_max(seconds)
    since = time - period * torch.floor((time / period).detach())
    rise = (since / attack).clamp_max(1)
    fall = level + (1 - level) * torch.exp(-(since - attack).clamp_min(0) / decay)
    return rise * fall * ((seconds - time) / release).clamp(0, 1)


@cache
def hisses(count: int, hertz: int, seed: int) -> Float[np.ndarray, "b n"]:
    """Noise in bands, each of mean square 1."""
    corners = np.linspace(mel(60.0), mel(hertz / 2), BANDS + 1)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=count))
    place = mel(np.arange(len(spectrum)) * hertz / count)
    found = list[np.ndarray]()
    for low, high in pairwise(corners):
        one = np.fft.irfft(np.where((place >= low) & (place < high), spectrum, 0), count)
        found.append(one / max(float(np.sqrt((one**2).mean())), 1e-12))
    return np.stack(found).astype(np.float32)


def log_mel(samples: Float[Tensor, " n"], bands: Bands = PICTURE) -> Float[Tensor, "frames mels"]:
    """Decibels of each frame and band: ``view.spectrograms.log_mel`` with gradients."""
    if len(samples) < bands.window:
        raise RequestError(
            f"A spectrogram wants {bands.window} samples or more, not {len(samples)}."
        )
    frames = samples.unfold(0, bands.window, bands.hop)
    hann = torch.as_tensor(np.hanning(bands.window + 1)[:-1].astype(np.float32)).to(samples)
    waves = torch.view_as_real(torch.fft.rfft(frames * hann))
    power = waves.square().sum(dim=-1) * (2 / hann.sum()) ** 2
    filters = mel_filters(bands.hertz, bands.window, bands.mels, bands.low, bands.high)
    sums = power @ torch.as_tensor(filters).to(samples).T
    return (10 * torch.log10(sums.clamp_min(1e-30))).clamp_min(bands.floor)
