"""Sounds made harder: noise, gain, half of their length, two at once.

Pure functions of mono samples in -1..1 (float32, any hertz); what leaves the range is clipped, as a
recorder does. ``STRESS`` names the settings that results are reported under.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.read.audio import Mono, Sound, sound
from isthmus.view.stress import Change


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


def _alone(change: Callable[[Mono, np.random.Generator], Mono]) -> Change:
    """A change of whatever is a sound: mono, at its own hertz."""

    def changed(item: Any, _other: Any, rng: np.random.Generator) -> Sound:
        found = sound(item)
        return sound((change(found.mono(), rng), found.hertz))

    return changed


def _both(item: Any, other: Any, _rng: np.random.Generator) -> Sound:
    found = sound(item)
    return sound((two_at_once(found.mono(), sound(other).mono(found.hertz)), found.hertz))


STRESS: dict[str, Change] = {
    "noise_10db": _alone(lambda samples, rng: with_noise(samples, 10.0, rng)),
    "noise_0db": _alone(lambda samples, rng: with_noise(samples, 0.0, rng)),
    "louder_12db": _alone(lambda samples, _: with_gain(samples, 12.0)),
    "quieter_12db": _alone(lambda samples, _: with_gain(samples, -12.0)),
    "half_length": _alone(half_length),
    "two_at_once": _both,
}
"""Changes of whatever ``read.audio`` makes a sound of, by name; see ``view.stress``."""


def _rms(samples: Any) -> float:
    return float(np.sqrt(np.square(samples, dtype=np.float64).mean()))


def _clipped(samples: Any) -> Mono:
    return samples.clip(-1, 1).astype(np.float32)
