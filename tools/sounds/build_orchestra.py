"""Build the world `orchestra`: General MIDI's instruments and drums, note by note.

    python -m tools.sounds.build_orchestra [--build .build] [--out packages/isthmus-sounds/src/...]

Needs tinysoundfont. Each note has a velocity and a length drawn by the hash of its name.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from isthmus.store import write_table
from tools.sounds import DATA
from tools.sounds.instruments import DRUMS, FIRST_DRUM, INSTRUMENTS, Instrument, draw, held_out
from tools.sounds.rendered import DRUM_BANK, RATE, Player
from tools.tables import report

OUT = DATA / "orchestra"
SEEN, UNSEEN = 12, 6
"""Pitches of an instrument that training may hear, and that it may not."""
VELOCITIES, SECONDS = (50, 85, 115), (0.4, 0.9, 1.6)
REST = 0.5
QUIET = 1e-3
"""Peak below which a note is no sound."""


def keys_of(one: Instrument) -> list[int]:
    """The notes of an instrument: evenly over its range, of both kinds of pitches."""
    found: list[int] = []
    for unseen, most in ((False, SEEN), (True, UNSEEN)):
        keys = [key for key in one.keys if held_out(key) is unseen]
        at = np.unique(np.linspace(0, len(keys) - 1, min(most, len(keys))).round().astype(int))
        found += [keys[row] for row in at]
    return sorted(found)


def notes() -> Iterator[dict[str, Any]]:
    """What is to be played, and what is true of it."""
    for one in INSTRUMENTS:
        for key in keys_of(one):
            part = "pitch" if held_out(key) else "nothing"
            what = part if one.split == "train" else "instrument"
            split = one.split if one.split != "train" else "test" if held_out(key) else "train"
            yield _row(one.program, one.name, one.family, key, split) | {"held_out": what}
    for number, name in enumerate(DRUMS):
        split = {0: "test", 1: "test", 2: "val"}.get(draw(name) % 10, "train")
        for velocity in VELOCITIES:
            row = _row(DRUM_BANK, name, "drums", FIRST_DRUM + number, split)
            row |= {"velocity": velocity, "id": f"{row['id']}-{velocity}"}
            yield row | {"held_out": "nothing" if split == "train" else "instrument"}


def _row(program: int, name: str, family: str, key: int, split: str) -> dict[str, Any]:
    chance = draw(f"{name}/{key}")
    return {
        "id": f"{name.replace(' ', '-')}/{key}", "program": program, "name": name,
        "family": family, "pitch": key, "velocity": VELOCITIES[chance % 3],
        "seconds": SECONDS[chance // 3 % 3], "split": split,
    }  # fmt: skip


def opus(wave: np.ndarray, rate: int) -> bytes:
    """Mono samples as a file of Ogg Opus."""
    out = io.BytesIO()
    soundfile.write(out, wave, rate, format="OGG", subtype="OPUS")
    return out.getvalue()


def build_orchestra(build: Path, out: Path) -> list[Path]:
    """Write the table of the world."""
    player, rows, last = Player(build), list[dict[str, Any]](), -1
    for row in notes():
        if row["program"] != last or row["program"] == DRUM_BANK:
            player.choose(row["program"])
            last = row["program"]
        wave = player.play([row["pitch"]], row["velocity"], row["seconds"], REST)
        player.synth.generate(RATE)
        peak = float(np.abs(wave).max())
        if peak > QUIET:
            rows.append(row | {"sound": opus(wave * min(1.0, 0.9 / peak), RATE)})
    write_table(out / "sounds.parquet", {key: [row[key] for row in rows] for key in rows[0]})
    return [out / "sounds.parquet"]


def main() -> None:
    """Build this world alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    print(report(build_orchestra(args.build, args.out)))


if __name__ == "__main__":
    main()
