"""Exact tiled search beside Faiss Flat on equal threads: the same items, and how fast.

    python -m benchmarks.exact_search [--rows 1000000] [--dim 256]

Wants ``pip install faiss-cpu``. Rows and queries are random unit vectors, for which any exact
search does the same work; all are asked in turn, for one query and for 64, by one and by two
threads. Faiss is asked as it comes, and told to multiply matrices whatever the batch
(``distance_compute_blas_threshold``, which some of its builds set out of reach): the faster counts.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from typing import Any

import numpy as np

from benchmarks.harness import seconds, write_results
from isthmus.arrays import unit
from isthmus.indexes.exact import nearest

TOP = 10
BATCHES = (1, 64)
THREADS = (1, 2)
ROUNDS = 11


def compared(count: int, dim: int) -> dict[str, Any]:
    """Milliseconds of each, and how many times as fast ours is as the faster of Faiss."""
    import faiss

    rng = np.random.default_rng(0)
    rows = unit(rng.normal(size=(count, dim)).astype(np.float32))
    queries = unit(rng.normal(size=(max(BATCHES), dim)).astype(np.float32))
    flat = faiss.IndexFlatIP(dim)
    flat.add(rows)
    plain, found = faiss.cvar.distance_compute_blas_threshold, dict[str, Any]()

    def theirs(some: np.ndarray, threshold: int) -> np.ndarray:
        faiss.cvar.distance_compute_blas_threshold = threshold
        return flat.search(some, TOP)[1]

    for batch in BATCHES:
        some = queries[:batch]
        ways = {
            "ours": lambda some=some: nearest(some, rows, TOP)[1],
            "Faiss": lambda some=some: theirs(some, plain),
            "Faiss, matrices": lambda some=some: theirs(some, 1),
        }
        items = {name: way() for name, way in ways.items()}
        spent = [{name: seconds(way) for name, way in ways.items()} for _ in range(ROUNDS)]
        ms = {name: round(1000 * statistics.median(one[name] for one in spent), 2) for name in ways}
        fast = min(("Faiss", "Faiss, matrices"), key=lambda name: ms[name])
        ratios = [one[fast] / one["ours"] for one in spent]
        found[f"batch {batch}"] = {
            "ms": ms,
            "of the faster": round(ms[fast] / ms["ours"], 3),
            "ratios": [round(one, 3) for one in sorted(ratios)],
            "the same items": float((items["ours"] == items[fast]).mean()),
        }
    return found


def main() -> None:
    """Compare by one and by two threads, each in a process of its own; print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--here", action="store_true", help="only these threads, as JSON")
    args = parser.parse_args()
    if args.here:
        print(json.dumps(compared(args.rows, args.dim)))
        return
    found: dict[str, Any] = {"rows": args.rows, "dim": args.dim, "top": TOP}
    for threads in THREADS:
        command = [sys.executable, "-m", "benchmarks.exact_search", "--here"]
        command += ["--rows", str(args.rows), "--dim", str(args.dim)]
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        env = {**os.environ, **dict.fromkeys(names, str(threads))}
        ran = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
        found[f"threads {threads}"] = json.loads(ran.stdout)
        print(threads, found[f"threads {threads}"])
    write_results("exact_search", found)


if __name__ == "__main__":
    main()
