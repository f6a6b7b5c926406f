"""Inverted lists (Faiss IVF) beside exact tiled search: how much is found, and how much sooner.

    OMP_NUM_THREADS=1 python -m benchmarks.approximate_search [--rows 1000000] [--kept FILE]

Wants ``pip install faiss-cpu``. The rows are made by ``benchmarks.many_vectors`` and written as
those of an index are, its lists prepared as ``isthmus index --search ivf`` prepares them: how many
lists are looked into is chosen by its own rows, words and sentences, and judged here on queries
that it has not seen. Both searches read the mapped file of vectors and are asked in turn.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import PeakMemory, alternate, write_results
from benchmarks.many_vectors import SEED, dimension, multiplied, real, recipe
from isthmus.arrays import evenly_spaced
from isthmus.indexes.exact import nearest
from isthmus.indexes.lists.approximate import Approximate, opened
from isthmus.indexes.lists.trials import HELD_OUT, prepare

TOP = 10
BATCHES = (1, 64)
TURNS = 16
"""Batches of different queries that one timing asks."""


def recall(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(q,) share of each query's nearest items that was found."""
    return (found[:, :, None] == truth[:, None, :]).any(axis=1).mean(axis=1)


def judged(search: Approximate, rows: np.ndarray, queries: np.ndarray) -> dict[str, Any]:
    """Recall of a kind of queries, with an interval over queries."""
    found = dict[str, Any]()
    some = queries[np.random.default_rng(1).permutation(len(queries))[:1000]]
    for top in (TOP, 100):
        each = recall(search(some, rows, top)[1], nearest(some, rows, top)[1])
        value, half = float(each.mean()), float(1.96 * each.std() / np.sqrt(len(each)))
        ends = {"low": round(value - half, 4), "high": round(min(1.0, value + half), 4)}
        found[f"recall@{top}"] = {"value": round(value, 4), **ends, "n": len(some)}
    return found


def timed(search: Approximate, rows: np.ndarray, queries: np.ndarray) -> dict[str, Any]:
    """Milliseconds a batch of both, asked in turn, every batch of other queries."""
    found = dict[str, Any]()
    order = np.random.default_rng(2).permutation(len(queries))
    for batch in BATCHES:
        turns = TURNS if batch == 1 else 4
        parts = [queries[order[k * batch : (k + 1) * batch]] for k in range(turns)]

        def ours(parts: list[np.ndarray] = parts) -> None:
            for some in parts:
                search(some, rows, TOP)

        def exact(parts: list[np.ndarray] = parts) -> None:
            for some in parts:
                nearest(some, rows, TOP)

        pair = alternate(ours, exact)
        ms = [round(1000 * float(np.median(x)) / turns, 3) for x in (pair.ours, pair.theirs)]
        ratios = np.array(pair.theirs) / np.array(pair.ours)
        found[f"batch {batch}"] = {
            "lists ms": ms[0],
            "exact ms": ms[1],
            "turns": turns,
            "ratio": round(pair.ratio, 2),
            "ratios": ratios.round(2).tolist(),
        }
    return found


def main() -> None:
    """Make, build, judge, time, write."""
    import faiss

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kept", type=Path, help="file that real vectors are kept in")
    parser.add_argument("--seed", type=int, default=SEED, help="of the scenes of babel")
    parser.add_argument("--name", default="approximate_search", help="of the record")
    args = parser.parse_args()
    asked = real(args.kept, args.seed)
    how, near = recipe(asked.gallery)
    print(len(asked.gallery), {name: len(some) for name, some in asked.queries.items()}, how)
    with tempfile.TemporaryDirectory() as folder:
        stem = Path(folder) / "image"
        np.save(stem.with_suffix(".npy"), multiplied(asked.gallery, near, how, args.rows, 0))
        rows = np.load(stem.with_suffix(".npy"), mmap_mode="r")
        found: dict[str, Any] = {
            "rows": args.rows,
            "dim": rows.shape[1],
            "threads": faiss.omp_get_max_threads(),
            "faiss": faiss.__version__,
            "real vectors": len(asked.gallery),
            "recipe": how.to_dict(),
            "dimension of the rows": round(dimension(rows), 2),
        }
        tried = {name: evenly_spaced(some, HELD_OUT) for name, some in asked.tried.items()}
        start = time.perf_counter()
        with PeakMemory() as memory:
            prepared = prepare(stem.with_suffix(".ivf"), rows, tried)
        found["build"] = {
            "seconds": round(time.perf_counter() - start, 1),
            "peak anonymous MB": round(memory.anonymous),
            "file MB": round(stem.with_suffix(".ivf").stat().st_size / 1e6, 1),
            "lists": prepared.lists,
            "settings": [vars(one) for one in prepared.settings],
        }
        print(found)
        search = opened(stem.with_suffix(".ivf"), prepared, rows)
        for name, queries in asked.queries.items():
            found[name] = {**timed(search, rows, queries), **judged(search, rows, queries)}
            print(name, found[name])
    write_results(args.name, found)


if __name__ == "__main__":
    main()
