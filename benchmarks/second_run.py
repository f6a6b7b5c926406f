"""Embed 10,000 JPEG files with the default model, twice: the second run must encode nothing.

Run: python -m benchmarks.second_run [--images 10000]
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.harness import PeakMemory, seconds, write_results
from isthmus.lab import embed_into, load
from isthmus.read.image import Picture
from isthmus.types import Items


def write_pictures(folder: Path, count: int) -> Items:
    """Smooth random pictures of 320 x 240 pixels, about 15 kB each, from a fixed seed."""
    rng = np.random.default_rng(0)
    paths: list[Path] = []
    for number in range(count):
        coarse = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        path = folder / f"{number:06d}.jpg"
        Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC).save(path, quality=85)
        paths.append(path)
    ids = tuple(path.name for path in paths)
    return Items("image", ids, [Picture(path) for path in paths])


def main() -> None:
    """Time both runs of the embedding stage, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    count = parser.parse_args().images
    encoder = load("mini")["image"]
    with tempfile.TemporaryDirectory() as root:
        items = write_pictures(Path(root), count)
        job = Path(root) / "job"
        with PeakMemory() as memory:
            first = seconds(lambda: embed_into(job, encoder, items))
        again: list[int] = []
        second = min(
            seconds(lambda: again.append(embed_into(job, encoder, items).encoded)) for _ in range(3)
        )
    found = {
        "images": count,
        "first run seconds": round(first, 2),
        "images per second": round(count / first, 1),
        "second run seconds": round(second, 3),
        "encoded in the second run": max(again),
        "times faster": round(first / second, 1),
        "peak resident MB": round(memory.resident),
    }
    for name, value in found.items():
        print(f"{name:<28} {value}")
    write_results("second_run", found)


if __name__ == "__main__":
    main()
