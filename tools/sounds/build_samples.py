"""Build the world `samples`: the recordings of Sonic Pi that Debian declares CC0, with names.

python -m tools.sounds.build_samples [--build .build] [--out packages/isthmus-sounds/src/...]
"""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path

import numpy as np
import soundfile
import soxr

from isthmus.store import write_table
from tools.fetch import Pin, fetch
from tools.sounds import DATA
from tools.sounds.build_orchestra import opus
from tools.tables import report

OUT = DATA / "samples"
PACKAGE = Pin(
    "deb",
    "sonic-pi-samples",
    "3.2.2~repack-8",
    "25f2312d2fae005e6ad0f4726b8ed3084e776006a5a132083506e960224ac79d",
)
RATE = 48_000
SECONDS = 10.0

NAMES = {
    "ambi_choir": "choir", "ambi_piano": "piano", "ambi_glass_hum": "humming glass",
    "ambi_glass_rub": "rubbed glass", "ambi_drone": "drone", "ambi_dark_woosh": "dark whoosh",
    "ambi_haunted_hum": "haunted hum", "ambi_lunar_land": "ambient music",
    "ambi_soft_buzz": "soft buzz", "ambi_swoosh": "swoosh", "misc_crow": "crow",
    "misc_burp": "burp", "misc_cineboom": "cinematic boom", "perc_bell": "bell",
    "perc_snap": "finger snap", "perc_snap2": "finger snap", "perc_swash": "splash of a cymbal",
    "perc_till": "cash register", "drum_cowbell": "cowbell", "drum_roll": "drum roll",
    "drum_heavy_kick": "kick drum", "elec_triangle": "triangle", "elec_bell": "electronic bell",
    "elec_chime": "chime", "elec_cymbal": "electronic cymbal", "elec_wood": "woodblock",
    "elec_hollow_kick": "electronic kick drum", "elec_soft_kick": "electronic kick drum",
    "loop_tabla": "tabla rhythm", "loop_industrial": "industrial rhythm",
    "loop_garzul": "electronic music", "loop_compus": "electronic music",
    "loop_mika": "electronic music", "loop_safari": "african drum rhythm",
    "vinyl_hiss": "hiss of a vinyl record", "vinyl_rewind": "vinyl record rewound",
    "vinyl_scratch": "vinyl record scratched", "vinyl_backspin": "vinyl record spun back",
    "guit_harmonics": "guitar harmonics",
}  # fmt: skip
KINDS = {
    "bd": "bass drum", "sn": "snare drum", "guit": "electric guitar", "tabla": "tabla",
    "bass": "synth bass", "loop": "drum rhythm", "drum_bass": "bass drum",
    "drum_cymbal": "cymbal", "drum_snare": "snare drum", "drum_splash": "splash cymbal",
    "drum_tom": "tom drum", "elec": "electronic beep",
}  # fmt: skip
"""Names of those that are not named above, by the longest beginning that fits."""


def name_of(stem: str) -> str:
    """In plain words: ``drum_tom_hi_soft`` is a tom drum."""
    if "snare" in stem and stem.startswith("elec"):
        return "electronic snare drum"
    if "tom" in stem and stem.startswith("elec"):
        return "electronic tom drum"
    fits = [start for start in KINDS if stem.startswith(f"{start}_")]
    return NAMES.get(stem) or KINDS[max(fits, key=len)]


def free(declared: str) -> dict[str, tuple[str, str]]:
    """Stems of the samples under CC0 in Debian's copyright file, with maker and source."""
    found: dict[str, tuple[str, str]] = {}
    for block in declared.split("\n\n"):
        file = re.search(r"^Files: etc/samples/(\w+)\.flac$", block, re.MULTILINE)
        maker = re.search(r"^Copyright: \d+ (.+)$", block, re.MULTILINE)
        source = re.search(r"^Source: (\S+)$", block, re.MULTILINE)
        if file and maker and source and re.search(r"^License: CC0$", block, re.MULTILINE):
            found[file[1]] = (maker[1], source[1])
    return found


def split_of(name: str) -> str:
    """By a hash of the name, so that no name is in two splits."""
    share = int(hashlib.sha256(f"isthmus-samples/{name}".encode()).hexdigest()[:8], 16) % 10
    return {0: "test", 1: "test", 2: "val"}.get(share, "train")


def build_samples(build: Path, out: Path) -> list[Path]:
    """Write the table of the world."""
    root = fetch(PACKAGE, build) / "usr/share"
    declared = free((root / "doc/sonic-pi-samples/copyright").read_text("utf-8"))
    table: dict[str, list[object]] = {
        key: [] for key in ("id", "name", "label", "creator", "source", "split", "sound")
    }
    for stem, (maker, source) in sorted(declared.items()):
        wave, rate = soundfile.read(
            root / f"sonic-pi/samples/{stem}.flac", dtype="float32", always_2d=True
        )
        mono = soxr.resample(wave.mean(axis=1), rate, RATE)[: int(SECONDS * RATE)]
        mono = mono * min(1.0, 0.9 / (float(np.abs(mono).max()) + 1e-9))
        name = name_of(stem)
        values = (stem, name, stem.split("_")[0], maker, source, split_of(name), opus(mono, RATE))
        for key, value in zip(table, values, strict=True):
            table[key].append(value)
    write_table(out / "sounds.parquet", table)
    return [out / "sounds.parquet"]


def main() -> None:
    """Build this world alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    print(report(build_samples(args.build, args.out)))


if __name__ == "__main__":
    main()
