"""Build the world `motions`: animated emoji of the objects that the world `glyphs` names.

    python -m tools.clips.build_motions [--build .build] [--out packages/isthmus-clips/src/...]

Names, families and splits are those of `glyphs`, so that no object of its test split is trained on.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from isthmus.store import write_table
from isthmus.worlds import load
from tools.build_glyphs import object_id
from tools.clips.motion_files import animated, kept
from tools.fetch import Pin, fetch
from tools.tables import report

OUT = Path("packages/isthmus-clips/src/isthmus_clips/motions")
SUMS = (
    "4c03ac178c1eabf2e2a16dd498f3cc2b92dc30ec3466ae38fdc497d4774c99ea",
    "e431da8172e394036c330faa77648d6fbbae1fd3b0be95637c4497c9075019c0",
    "3624d0c34c819c1794b74ccf6ae9034adff7c4cb6318dd2a645145f0196feb43",
    "3d4c08f1e321f70808ef4996aba0ab575a9d97b6c56ffffc92cf6161a7836aa3",
)
PARTS = tuple(
    Pin("npm", f"@lobehub/fluent-emoji-anim-{number}", "1.0.0", sha256)
    for number, sha256 in enumerate(SUMS, 1)
)
FRAMES, SIDE, QUALITY = 20, 128, 75


def files(build: Path) -> dict[str, Path]:
    """The animated file of each object."""
    found = {}
    for pin in PARTS:
        for path in sorted(fetch(pin, build).glob("package/assets/*.webp")):
            with Image.open(path) as image:
                if getattr(image, "n_frames", 1) > 1:
                    found[object_id(path.stem)] = path
    return found


def shrunk(path: Path, folder: Path) -> bytes:
    """The clip of a file, kept in a folder."""
    return kept(folder / path.name, lambda: _shrunk(path))


def _shrunk(path: Path) -> bytes:
    """20 frames at equal steps of time, 128 pixels wide, and how many frames there were."""
    frames: list[Image.Image] = []
    ends: list[float] = []
    with Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(image.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
            ends.append(float(image.info["duration"]))
    total = np.cumsum(ends)
    times = (np.arange(FRAMES) + 0.5) / FRAMES * total[-1]
    some = [frames[int(np.searchsorted(total, time, side="right"))] for time in times]
    return animated(some, total[-1] / FRAMES, QUALITY)


def build_motions(build: Path, out: Path, workers: int = 1) -> list[Path]:
    """Write the file of the world and return it."""
    found, glyphs = files(build), load("glyphs")
    ids = [name for name in glyphs.items["text"].ids if name in found]
    with ProcessPoolExecutor(workers) as pool:
        paths = [found[name] for name in ids]
        clips = list(pool.map(shrunk, paths, [build / "motion-clips"] * len(ids), chunksize=8))
    write_table(out / "clips.parquet", {"id": ids, "clip": clips})
    return [out / "clips.parquet"]


def main() -> None:
    """Build this world alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    print(report(build_motions(args.build, args.out, args.workers)))


if __name__ == "__main__":
    main()
