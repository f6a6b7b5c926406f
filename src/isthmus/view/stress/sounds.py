"""Sounds made harder: noise, gain, half of their length, two at once.

Pure functions of mono samples in -1..1 (float32, any hertz); what leaves the range is clipped, as a
recorder does. ``STRESS`` names the settings that results are reported under.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.read.audio import Mono, Sound, sound
from isthmus.types import RequestError


def with_noise(samples: Mono, decibels: float, rng: np.random.Generator) -> Mono:
    """White noise added, the sound so many decibels louder than it on average; silence stays.

    Args:
        samples: a sound.
        decibels: ratio of the powers of sound and noise (SNR) over the whole length.
        rng: draws the noise.
    """
    noise = rng.standard_normal(len(samples))
    return _clipped(samples + _rms(samples) * 10 ** (-decibels / 20) * noise / _rms(noise))


def with_gain(samples: Mono, decibels: float) -> Mono:
    """Louder (above 0) or quieter by so many decibels."""
    return _clipped(samples * 10 ** (decibels / 20))


def half_length(samples: Mono, rng: np.random.Generator) -> Float[np.ndarray, " half"]:
    """A stretch of half the length, rounded up, from a random place."""
    size = (len(samples) + 1) // 2
    start = int(rng.integers(0, len(samples) - size + 1))
    return samples[start : start + size]


def two_at_once(samples: Mono, other: Float[np.ndarray, " other"]) -> Mono:
    """A sound and another one at the same loudness, half as loud each, as long as the first.

    The other is repeated or cut to that length; one that is silent leaves the first alone.
    """
    second = np.resize(other, len(samples))
    return _clipped((samples + second * _rms(samples) / (_rms(second) or 1.0)) / 2)


STRESS: dict[str, Callable[[Mono, Mono, np.random.Generator], Mono]] = {
    "noise_10db": lambda samples, _, rng: with_noise(samples, 10.0, rng),
    "noise_0db": lambda samples, _, rng: with_noise(samples, 0.0, rng),
    "louder_12db": lambda samples, _, rng: with_gain(samples, 12.0),
    "quieter_12db": lambda samples, _, rng: with_gain(samples, -12.0),
    "half_length": lambda samples, _, rng: half_length(samples, rng),
    "two_at_once": lambda samples, other, _: two_at_once(samples, other),
}
"""By name: of a sound's samples, those of another sound at its rate, and a generator."""


def stressed(item: Any, name: str, seed: int, other: Any = None) -> Sound:
    """A sound made harder: mono, at its own hertz; equal seeds give equal samples.

    Args:
        item: whatever ``read.audio`` makes a sound of.
        name: of a setting in ``STRESS``.
        seed: one an item, so that items do not share their noise.
        other: the second sound of ``two_at_once``, of any rate.

    Raises:
        ItemError: one of them cannot be read.
        RequestError: no such setting, or it wants a second sound.
    """
    if name not in STRESS or (name == "two_at_once" and other is None):
        wanted = "two_at_once wants another sound" if name in STRESS else "there is no such one"
        raise RequestError(f"Sounds are stressed by {', '.join(STRESS)}; {name!r}: {wanted}.")
    first = sound(item)
    samples = first.mono()
    second = samples if other is None else sound(other).mono(first.hertz)
    rng = np.random.default_rng(seed)
    return sound((STRESS[name](samples, second, rng), first.hertz))


def _rms(samples: Any) -> float:
    return float(np.sqrt(np.square(samples, dtype=np.float64).mean()))


def _clipped(samples: Any) -> Mono:
    return samples.clip(-1, 1).astype(np.float32)
