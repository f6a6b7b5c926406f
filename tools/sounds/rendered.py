"""General MIDI by the SoundFont Fluid R3 (MIT), by tinysoundfont: notes and phrases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr

from tools.fetch import Pin, fetch

FONT = Pin(
    "deb",
    "fluid-soundfont-gm",
    "3.1-5.3",
    "6f531493ac4e4d9772fd96b2488ea1790af81c196135fbdd25997da0781fc60e",
)
RATE = 48_000
DRUM_BANK = 128


class Player:
    """A synthesiser with one SoundFont; the sound before has died away when the next begins."""

    def __init__(self, build: Path) -> None:
        import tinysoundfont

        self.synth = tinysoundfont.Synth(samplerate=RATE)
        file = fetch(FONT, build) / "usr/share/sounds/sf2/FluidR3_GM.sf2"
        self.font = self.synth.sfload(str(file))

    def choose(self, program: int) -> None:
        """The instrument of the notes that come; 128 stands for the drums."""
        bank, preset = (DRUM_BANK, 0) if program == DRUM_BANK else (0, program)
        self.synth.generate(2 * RATE)
        self.synth.program_select(0, self.font, bank, preset)

    def play(self, keys: Sequence[int], velocity: int, seconds: float, rest: float) -> np.ndarray:
        """Mono samples at ``RATE`` of keys held for some seconds and let go for others."""
        for key in keys:
            self.synth.noteon(0, int(key), int(velocity))
        held = self._generated(seconds)
        for key in keys:
            self.synth.noteoff(0, int(key))
        return np.concatenate([held, self._generated(rest)])

    def _generated(self, seconds: float) -> np.ndarray:
        found = np.frombuffer(self.synth.generate(round(RATE * seconds)), np.float32)
        return found.reshape(-1, 2).mean(axis=1)


def phrase(
    player: Player, keys: Sequence[int], chords: bool, rng: np.random.Generator
) -> np.ndarray:
    """A few seconds of notes of these keys, mono at 16 kHz, its peak at a half."""
    total, parts, time = float(rng.uniform(1.2, 4.5)), list[np.ndarray](), 0.0
    while time < total:
        several = int(rng.integers(2, 4)) if chords and rng.random() < 0.4 else 1
        chosen = rng.choice(keys, size=min(several, len(keys)), replace=False)
        held = float(rng.choice([0.25, 0.4, 0.6, 1.0, 1.8]))
        rest = float(rng.uniform(0.05, 0.4)) if rng.random() < 0.3 else 0.0
        parts.append(player.play([*chosen], int(rng.integers(50, 120)), held, rest))
        time += held + rest
    parts.append(player.play([], 0, 0.0, 0.5))
    player.synth.generate(RATE)
    wave = soxr.resample(np.concatenate(parts), RATE, 16_000).astype(np.float32)
    return 0.5 * wave / (np.abs(wave).max() + 1e-6)
