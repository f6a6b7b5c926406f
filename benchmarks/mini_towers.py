"""The towers of `mini` against plain eager torch with the same weights; from JPEG to vector.

Run: python -m benchmarks.mini_towers [--weights DIR] [--threads 2]   (needs torch and onnx)

Both sides get the same arrays in batches of 32; equal to 1e-4 is checked first. Runs alternate, the
ratio is that of the medians of seven.
"""

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from kitoken import Kitoken
from PIL import Image

from benchmarks.harness import PeakMemory, alternate, write_results
from isthmus.encode.mini import WEIGHTS, MiniImage, MiniText, open_weights, pixels, word_pieces
from tools.mini.eager import Eager

BATCH = 32
RUNS = 7
WORDS = (
    "a",
    "photo",
    "of",
    "red",
    "old",
    "small",
    "dog",
    "house",
    "on",
    "the",
    "beach",
    "with",
    "two",
)


def pictures(count: int) -> np.ndarray:
    """(count, 224, 224, 3) smooth random pictures from a fixed seed."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, 12, 12, 3), dtype=np.uint8)
    sized = [Image.fromarray(c).resize((224, 224), Image.Resampling.BICUBIC) for c in coarse]
    return np.stack([np.asarray(image) for image in sized])


def captions(count: int) -> list[str]:
    """Captions of 5 to 20 words."""
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(WORDS, int(rng.integers(5, 21)))) for _ in range(count)]


def token_batches(texts: list[str], tokenizer: Kitoken) -> list[np.ndarray]:
    """Batches of like length, the longest first, padded with 0 to their longest."""
    rows = sorted(word_pieces(tokenizer, texts), key=len, reverse=True)
    batches = []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        ids = np.zeros((len(part), len(part[0])), np.int64)
        for i, row in enumerate(part):
            ids[i, : len(row)] = row
        batches.append(ids)
    return batches


def compared(
    batches: list[np.ndarray], encoder: MiniImage | MiniText, name: str, eager: Eager
) -> dict[str, object]:
    """Largest difference of unit vectors, items a second of both, ratio."""

    def one(batch: np.ndarray) -> np.ndarray:
        return np.asarray(encoder.network.run(None, {name: batch})[0])

    def ours() -> list[np.ndarray]:
        """As the encoder does it: a batch a core, where torch has all cores in one batch."""
        with ThreadPoolExecutor(encoder.workers) as pool:
            return list(pool.map(one, batches))

    def theirs() -> list[np.ndarray]:
        return [eager(batch) for batch in batches]

    a, b = (np.concatenate(side()) for side in (ours, theirs))
    found = alternate(ours, theirs)
    count = sum(len(batch) for batch in batches)
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b)]
    return {
        "items": count,
        "largest difference": float(np.abs(a - b).max()),
        "largest difference of unit vectors": float(np.abs(unit[0] - unit[1]).max()),
        "items/s ours": round(count / float(np.median(found.ours)), 1),
        "items/s torch": round(count / float(np.median(found.theirs)), 1),
        **found.to_dict(),
    }


def jpeg_path(encoder: MiniImage, folder: Path, count: int = 256) -> dict[str, float]:
    """JPEG files to vectors, against 1/(decode CPU + tower CPU) divided by the cores."""
    paths = [folder / f"{i}.jpg" for i in range(count)]
    for path, array in zip(paths, pictures(count), strict=True):
        Image.fromarray(array).resize((500, 375)).save(path, quality=90)
    encoder.encode(paths[:BATCH])
    cores = len(os.sched_getaffinity(0))
    bounds, times = np.empty(RUNS), np.empty(RUNS)
    for run in range(RUNS):
        start = time.process_time()
        arrays = np.stack([pixels(path) for path in paths])
        for i in range(0, count, BATCH):
            encoder.network.run(None, {"pixels": arrays[i : i + BATCH]})
        bounds[run] = (time.process_time() - start) / cores
        start = time.perf_counter()
        encoder.encode(paths)
        times[run] = time.perf_counter() - start
    return {
        "images/s": round(count / float(np.median(times)), 1),
        "bound images/s": round(count / float(np.median(bounds)), 1),
        "share of bound": round(float(np.median(bounds / times)), 3),
        "lowest share": round(float((bounds / times).min()), 3),
        "highest share": round(float((bounds / times).max()), 3),
    }


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    encoders = open_weights(args.weights, args.threads)
    image, text = encoders["image"], encoders["text"]
    with PeakMemory() as memory, tempfile.TemporaryDirectory() as folder:
        pixel_batches = list(pictures(4 * BATCH).reshape(4, BATCH, 224, 224, 3))
        found = {
            "image tower": compared(
                pixel_batches, image, "pixels", Eager(args.weights / "image.onnx")
            ),
            "text tower": compared(
                token_batches(captions(512), text.tokenizer),
                text,
                "ids",
                Eager(args.weights / "text.onnx"),
            ),
            "JPEG path": jpeg_path(image, Path(folder)),
        }
    for name, values in found.items():
        print(name, {k: v for k, v in values.items() if k not in ("ours", "theirs")})
    write_results(
        "mini_towers",
        {"threads": args.threads, "peak resident MB": round(memory.resident), **found},
    )


if __name__ == "__main__":
    main()
