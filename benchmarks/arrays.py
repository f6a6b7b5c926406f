"""A calibrated study of 5,000 pairs, and the exact streamed part of it for 1,000,000 pairs.

Run: python -m benchmarks.arrays [--rows 1000000]

The reference for the large one is what no program can avoid: a warm read of both files, one d x d
Gram matrix a modality, and one cross product, in blocks of the same size.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import PeakMemory, seconds, write_results
from isthmus import measure
from isthmus.arrays import blocks
from isthmus.read.vectors.bundles import open_arrays
from isthmus.studies.shared.resolver import arrays_dataset
from isthmus.studies.study.run import study_dataset

DIM = 512


def write_pairs(folder: Path, rows: int) -> None:
    """Two npy files in a folder: pairs with a gap, a spectrum and noise, from a fixed seed."""
    rng = np.random.default_rng(0)
    scales = (1.0 / np.sqrt(np.arange(1, DIM + 1))).astype(np.float32)
    offset = rng.normal(size=DIM).astype(np.float32) * 0.05
    files = {
        name: np.lib.format.open_memmap(
            folder / f"{name}.npy", mode="w+", dtype=np.float32, shape=(rows, DIM)
        )
        for name in ("image", "text")
    }
    for start in range(0, rows, 10_000):
        size = min(10_000, rows - start)
        shared = rng.standard_normal((size, DIM), dtype=np.float32) * scales
        for sign, file in zip((1, -1), files.values(), strict=True):
            noise = rng.standard_normal((size, DIM), dtype=np.float32) * 0.05
            file[start : start + size] = shared + noise + sign * offset


def unavoidable(folder: Path) -> None:
    """Read both files once, one Gram matrix each and their cross product."""
    x, y = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("image", "text"))
    grams = np.zeros((3, DIM, DIM), np.float32)
    for (_, a), (_, b) in zip(blocks(x), blocks(y), strict=True):
        grams += np.stack([a.T @ a, b.T @ b, a.T @ b])


def profile(folder: Path) -> dict[str, float]:
    """The exact measures of the streamed part."""
    bundle = open_arrays(folder)
    a, b = bundle.sets["image"], bundle.sets["text"]
    pair = [measure.centroid_gap(a, b), measure.gap_concentration(a, b)]
    single = [measure.participation_ratio(some) for some in (a, b)]
    return {result.name: result.value for result in [*pair, *single]}


def main() -> None:
    """Run both, print one table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        write_pairs(folder, 5_000)
        with PeakMemory() as memory:
            took = seconds(lambda: study_dataset(arrays_dataset(folder), folder / "run"))
        found["study of 5,000 x 512 pairs"] = {
            "seconds": round(took, 2),
            "peak resident MB": round(memory.resident),
        }
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        write_pairs(folder, rows)
        unavoidable(folder)
        reference = min(seconds(lambda: unavoidable(folder)) for _ in range(3))
        with PeakMemory() as memory:
            took = min(seconds(lambda: profile(folder)) for _ in range(2))
        found[f"gap profile and spectra of {rows:,} x 512 x 2"] = {
            "seconds": round(took, 2),
            "reference seconds": round(reference, 2),
            "ratio": round(took / reference, 2),
            "peak anonymous MB": round(memory.anonymous),
            "peak resident MB": round(memory.resident),
            "values": profile(folder),
        }
    for name, values in found.items():
        print(name, values)
    write_results("arrays", found)


if __name__ == "__main__":
    main()
