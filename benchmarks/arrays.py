"""A study of 5,000 pairs, the exact streamed part and the whole command for 1,000,000 pairs.

Run: python -m benchmarks.arrays [--rows 1000000] [--only whole]

The whole command is ``isthmus study --arrays`` in a process of its own, page and vectors written;
a second time with ids, captions and paths beside the vectors.

The reference for the large one is what no program can avoid: a warm read of both files, one d x d
Gram matrix a modality, and one cross product, in blocks of the same size.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.harness import RESULTS, PeakMemory, seconds, write_results
from isthmus import measure
from isthmus.arrays import blocks
from isthmus.read.vectors.bundles import open_arrays
from isthmus.store import write_table
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


def describe(folder: Path, rows: int) -> None:
    """A table of ids, captions and picture paths beside the vectors."""
    numbers = range(rows)
    columns = {
        "id": [f"photos/{number:09d}.jpg" for number in numbers],
        "caption": [f"a photograph of thing number {number} on a table" for number in numbers],
        "image_path": [f"photos/{number:09d}.jpg" for number in numbers],
    }
    write_table(folder / "items.parquet", columns)


def whole(folder: Path, *options: str) -> dict[str, float]:
    """Seconds and peak memory of ``isthmus study --arrays`` as a command."""
    out = folder / "run"
    command = [sys.executable, "-m", "isthmus", "study", "--arrays", str(folder), "--quiet"]
    start = time.perf_counter()
    with (
        subprocess.Popen(
            [*command, "--out", str(out), *options], stdout=subprocess.DEVNULL
        ) as child,
        PeakMemory(child.pid) as memory,
    ):
        code = child.wait()
    took = time.perf_counter() - start
    if code:
        raise SystemExit(f"The command ended with {code}.")
    page = (out / "report.html").stat().st_size
    shutil.rmtree(out)
    return {
        "seconds": round(took, 1),
        "peak anonymous MB": round(memory.anonymous),
        "peak resident MB": round(memory.resident),
        "page kB": round(page / 1000),
    }


def small_study() -> dict[str, float]:
    """A study of 5,000 pairs in this process."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        write_pairs(folder, 5_000)
        with PeakMemory() as memory:
            took = seconds(lambda: study_dataset(arrays_dataset(folder), folder / "run"))
    return {"seconds": round(took, 2), "peak resident MB": round(memory.resident)}


def streamed(folder: Path) -> dict[str, object]:
    """The exact measures beside what cannot be avoided."""
    unavoidable(folder)
    reference = min(seconds(lambda: unavoidable(folder)) for _ in range(3))
    with PeakMemory() as memory:
        took = min(seconds(lambda: profile(folder)) for _ in range(2))
    return {
        "seconds": round(took, 2),
        "reference seconds": round(reference, 2),
        "ratio": round(took / reference, 2),
        "peak anonymous MB": round(memory.anonymous),
        "peak resident MB": round(memory.resident),
        "values": profile(folder),
    }


def main() -> None:
    """Run all parts or one, print one table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("small", "streamed", "whole"))
    options = parser.parse_args()
    rows, parts = options.rows, {options.only} if options.only else {"small", "streamed", "whole"}
    path = RESULTS / "arrays.json"
    found: dict[str, object] = json.loads(path.read_text()) if options.only else {}
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        if "small" in parts:
            found["study of 5,000 x 512 pairs"] = small_study()
        if parts & {"streamed", "whole"}:
            write_pairs(folder, rows)
        if "streamed" in parts:
            found[f"gap profile and spectra of {rows:,} x 512 x 2"] = streamed(folder)
        if "whole" in parts:
            found[f"isthmus study --arrays, {rows:,} x 512 x 2"] = whole(folder)
            describe(folder, rows)
            key = f"isthmus study --arrays, {rows:,} x 512 x 2, ids, captions and paths"
            found[key] = whole(folder)
    for name, values in found.items():
        print(name, values)
    write_results("arrays", found)


if __name__ == "__main__":
    main()
