"""Do the commands give the numbers that they gave before? Record a run of each and compare.

python -m benchmarks.recorded_runs record OUT [--data DIR] [--only NAME ...]
python -m benchmarks.recorded_runs compare BEFORE AFTER

A record is made with the isthmus that is installed; run it before and after a change, each in its
own environment. Compared are all ``report.json`` and what ``--json`` printed;
names of modules, versions and hashes of code are left out. ``--data`` is a folder with
``clip_vitb16_coco500_pairs/pairs.npz`` and ``meshes_misc/``; without it some runs are left out.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAIRS, MESHES = "{data}/clip_vitb16_coco500_pairs/pairs.npz", "{data}/meshes_misc"
LOSSES = ("--losses", "info_nce", "sigmoid", "--heads", "linear", "mlp")
COMMANDS: dict[str, tuple[str, ...]] = {
    "parts": ("parts", "--json"),
    "worlds": ("worlds", "--json"),
    "study-glyphs": ("study",),
    "study-arrays": ("study", "--arrays", PAIRS),
    "study-images": ("study", "--images", "photos"),
    "study-two": ("study", "mini", "fresh", "--world", "clipart"),
    "embed-images": ("embed", "mini", "embedded", "--images", "photos"),
    "search": ("search", "a red fruit", "--json"),
    "search-images": ("search", "a red fruit", "--in", "photos", "--json"),
    "atlas-meshes": ("atlas", "--objects", MESHES, "--views", "12"),
    "atlas": ("atlas", "--limit", "40"),
    "styles": ("styles",),
    "styles-meshes": ("styles", "--world", "furniture", "--score", "30"),
    "mend-arrays": ("mend", "--arrays", PAIRS, "--splits", "5"),
    "mend-glyphs": ("mend", "--splits", "3"),
    "search-mended": ("search", "a red fruit", "--space", "mended:runs/mend-mini-glyphs", "--json"),
    "study-mended": ("study", "mended:runs/mend-mini-glyphs"),
    "fit": ("fit", "mini", "--world", "glyphs", "--standardise", "--epochs", "3"),
    "sweep": ("sweep", "--arrays", PAIRS, *LOSSES, "--seeds", "2", "--epochs", "3"),
    "fit-towers": (
        "fit",
        "fresh",
        "--images",
        "photos",
        "--towers",
        "image",
        "text",
        "--epochs",
        "2",
    ),
    "edit": ("edit", "{photo}", "--to", "happy", "--in", "photos", "--json"),
    "replicate": ("replicate", "--data", "{data}"),
}
"""One run of each command of the README, small where a small one says as much."""
LEFT_OUT = ("measure", "versions", "version", "content", "id", "fingerprint", "seconds", "space")
"""Keys that name code or hash it."""
ALIKE = 1e-9
"""Relative difference of numbers that counts as none: sums in another order."""


def record(out: Path, data: Path | None, only: list[str]) -> None:
    """Run the commands in a folder, and say how long each took."""
    out.mkdir(parents=True, exist_ok=True)
    photo = write_photos(out / "photos")
    for name, words in COMMANDS.items():
        if (only and name not in only) or (
            data is None and any("{data}" in word for word in words)
        ):
            continue
        command = [word.format(data=data, photo=photo) for word in words]
        quiet = [] if "--json" in command else ["--quiet"]
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "isthmus", *command, *quiet],
            cwd=out,
            env={**os.environ, "ISTHMUS_CACHE": str(out / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        if "--json" in command:
            (out / f"{name}.json").write_text(done.stdout, encoding="utf-8")
        (out / f"{name}.err").write_text(done.stderr, encoding="utf-8")
        print(
            f"{name:<16} exit {done.returncode}  {time.perf_counter() - start:6.1f} s", flush=True
        )


def write_photos(folder: Path) -> str:
    """120 pictures of glyphs with their names as captions; the path of the first one."""
    from isthmus.worlds import load

    world = load("glyphs").part("test")
    pictures, texts = world.items["image"], world.items["text"]
    names = dict(zip(texts.ids, texts.payload, strict=True))
    folder.mkdir(exist_ok=True)
    for name in pictures.ids[:720:6]:
        source: Any = pictures.take([name]).payload[0].source
        stem = name.replace("/", "_")
        source().save(folder / f"{stem}.png")
        caption = str(names[name.partition("/")[0]])
        (folder / f"{stem}.txt").write_text(caption, encoding="utf-8")
    return f"photos/{min(path.name for path in folder.glob('*.png'))}"


def differences(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """What is not the same in two JSON values, by its place."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if key in LEFT_OUT:
                continue
            if key not in before or key not in after:
                yield f"{place}/{key}: only {'after' if key in after else 'before'}"
            else:
                yield from differences(before[key], after[key], f"{place}/{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for row, pair in enumerate(zip(before, after, strict=True)):
            yield from differences(*pair, f"{place}/{row}")
    elif isinstance(before, float) and isinstance(after, float):
        if abs(before - after) > ALIKE * max(abs(before), abs(after), 1):
            yield f"{place}: {before} before, {after} after"
    elif before != after:
        yield f"{place}: {str(before)[:60]} before, {str(after)[:60]} after"


def compare(before: Path, after: Path, shown: int = 12) -> int:
    """Print what differs in each file; the exit code is 1 if anything does."""
    files = sorted(path.relative_to(before) for path in before.glob("*.json"))
    files += sorted(path.relative_to(before) for path in before.glob("runs/*/report.json"))
    changed = 0
    for file in files:
        if not (after / file).is_file():
            found = ["was not made again"]
        else:
            texts = ((root / file).read_text(encoding="utf-8") for root in (before, after))
            found = [*differences(*map(json.loads, texts))]
        print(f"{file}: {len(found) or 'no'} differences")
        print("".join(f"    {line}\n" for line in found[:shown]), end="")
        changed += bool(found)
    return int(changed > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    recording = verbs.add_parser("record")
    recording.add_argument("out", type=Path)
    recording.add_argument("--data", type=lambda text: Path(text).resolve())
    recording.add_argument("--only", nargs="*", default=[])
    comparing = verbs.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    asked = parser.parse_args()
    if asked.verb == "record":
        record(asked.out.resolve(), asked.data, asked.only)
    else:
        sys.exit(compare(asked.before, asked.after))
