"""What YAMNet makes of training sounds: played phrases and samples, as they are and varied.

    python -m tools.sounds.hear [--build .build] [--phrases 24]

Needs tinysoundfont. Writes `.build/sounds/heard.npz`, one row a patch; held-out pitches are played
for judging, held-out instruments too, and both are marked.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from onnx import numpy_helper

from isthmus.encode.sessions import session
from isthmus.encode.sounds.towers import YAMNET, heard
from isthmus.read.audio import Waveform, sound
from isthmus.store import read_table
from tools.sounds import DATA, TOWER
from tools.sounds.instruments import DRUMS, FIRST_DRUM, INSTRUMENTS, draw, held_out
from tools.sounds.rendered import DRUM_BANK, Player, phrase
from tools.sounds.rooms import varied

VARIANTS = 2
NOTES, HELD_OUT = 10, 8


class Clip(NamedTuple):
    """One training sound."""

    name: str
    part: str
    """``train``, ``pitch`` (of a held-out pitch) or the split of a held-out instrument."""
    wave: np.ndarray
    """Mono at 16 kHz."""


def played(build: Path, phrases: int) -> Iterator[Clip]:
    """Phrases and single notes of every instrument, single strokes of every drum."""
    player = Player(build)
    for one in INSTRUMENTS:
        rng = np.random.default_rng((1, one.program))
        player.choose(one.program)
        seen, unseen = ([key for key in one.keys if held_out(key) is x] for x in (False, True))
        for number in range(phrases + NOTES + HELD_OUT):
            keys = unseen if number >= phrases + NOTES else seen
            if number >= phrases:
                keys = [int(rng.choice(keys))]
            part = "pitch" if number >= phrases + NOTES and one.split == "train" else one.split
            yield Clip(one.name, part, phrase(player, keys, one.chords, rng))
    player.choose(DRUM_BANK)
    for number, name in enumerate(DRUMS):
        rng = np.random.default_rng((2, number))
        part = {0: "test", 1: "test", 2: "val"}.get(draw(name) % 10, "train")
        for _ in range(NOTES):
            yield Clip(name, part, phrase(player, [FIRST_DRUM + number], False, rng))


def recorded() -> Iterator[Clip]:
    """The worlds `orchestra` and `samples`, but for their tests."""
    for world in ("orchestra", "samples"):
        table = read_table(DATA / world / "sounds.parquet", ["name", "split", "sound"])
        for name, split, stored in zip(*table.values(), strict=True):
            if split != "test":
                yield Clip(str(name), str(split), sound(stored).mono(16_000))


def main() -> None:
    """Hear everything once."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--phrases", type=int, default=24)
    args = parser.parse_args()
    network = session(TOWER / YAMNET)
    rows: dict[str, list[np.ndarray]] = {"features": [], "scores": [], "clip": [], "variant": []}
    names, parts = list[str](), list[str]()
    for sounds in (played(args.build, args.phrases), recorded()):
        for clip in sounds:
            seed = int(hashlib.sha256(f"{clip.name}/{len(names)}".encode()).hexdigest()[:8], 16)
            rng = np.random.default_rng(seed)
            times = VARIANTS if clip.part in ("train", "val") else 0
            waves = [clip.wave, *(varied(clip.wave, rng) for _ in range(times))]
            for variant, wave in enumerate(waves):
                features, scores = heard(network, Waveform(wave[:, None], 16_000))
                rows["features"].append(features.astype(np.float16))
                rows["scores"].append(scores.astype(np.float16))
                rows["clip"].append(np.full(len(scores), len(names), np.int32))
                rows["variant"].append(np.full(len(scores), variant, np.int8))
            names.append(clip.name)
            parts.append(clip.part)
    folder = args.build / "sounds"
    folder.mkdir(parents=True, exist_ok=True)
    found = {key: np.concatenate(some) for key, some in rows.items()}
    stored = {one.name: one for one in onnx.load(TOWER / YAMNET).graph.initializer}
    found["classifier"] = numpy_helper.to_array(stored["model.classifier.weight.half"])
    np.savez(folder / "heard.npz", names=np.array(names), parts=np.array(parts), **found)
    print({key: x.shape for key, x in found.items()}, len(names))


if __name__ == "__main__":
    main()
