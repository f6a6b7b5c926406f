"""Build what intrinsic dimension is calibrated on: estimates on manifolds of known dimension.

python -m tools.build_manifolds [--out src/isthmus/measure/data/manifolds.safetensors]
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from isthmus.measure.dimensions.intrinsic import estimates
from tools.manifolds import FAMILIES, sphere

OUT = Path("src/isthmus/measure/data/manifolds.safetensors")
SIZES = {60: 10, 125: 10, 250: 10, 500: 10, 1000: 8, 2000: 5}
"""Points of a cloud, and draws of each family and dimension."""
DIMENSIONS = (
    *range(1, 13), 14, 16, 18, 20, 22, 24, 26, 28, 31, 34, 37, 40, 45, 50, 56, 63, 71, 80
)  # fmt: skip

Job = tuple[int, str, int, int]


def one(job: Job) -> np.ndarray:
    """Logarithms of the estimates of one drawn cloud."""
    n, family, d, draw = job
    number = list(FAMILIES).index(family)
    points = FAMILIES[family](n, d, np.random.default_rng([n, number, d, draw]))
    return np.log(estimates(points)).astype(np.float32)


def noise(n: int) -> np.ndarray:
    """Standard deviation of each estimate's logarithm over draws of one manifold: spheres."""
    draws = [
        [np.log(estimates(sphere(n, d, np.random.default_rng([n, d, draw])))) for draw in range(20)]
        for d in (5, 10, 20)
    ]
    return np.sqrt(np.var(draws, axis=1, ddof=1).mean(axis=0)).astype(np.float32)


def build(out: Path, workers: int = 2) -> None:
    """Draw, estimate and write."""
    from safetensors.numpy import save_file

    jobs = [
        (n, family, d, draw)
        for n, draws in SIZES.items()
        for family in FAMILIES
        for d in DIMENSIONS
        for draw in range(draws)
    ]
    with ProcessPoolExecutor(workers) as pool:
        rows = list(pool.map(one, jobs, chunksize=20))
        spread = list(pool.map(noise, SIZES))
    names = list(FAMILIES)
    table = {
        "estimates": np.stack(rows),
        "points": np.array([n for n, *_ in jobs], np.int32),
        "family": np.array([names.index(family) for _, family, *_ in jobs], np.int32),
        "dimension": np.array([d for *_, d, _ in jobs], np.int32),
    }
    table |= {"sizes": np.array(list(SIZES), np.int32), "noise": np.stack(spread)}
    save_file(table, out, {"families": ", ".join(names)})
    print(f"{len(jobs):,} clouds, {out.stat().st_size:,} bytes: {out}")


def main() -> None:
    """Build the table alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    build(parser.parse_args().out)


if __name__ == "__main__":
    main()
