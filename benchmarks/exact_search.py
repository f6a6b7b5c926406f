"""Exact tiled search beside Faiss Flat on equal threads: the same items, and how fast.

    OMP_NUM_THREADS=2 python -m benchmarks.exact_search [--rows 1000000] [--dim 256]

Wants ``pip install faiss-cpu``. Rows and queries are random unit vectors, for which any exact
search does the same work; both are asked in turn, for one query and for 64.
"""

import argparse

import numpy as np

from benchmarks.harness import alternate, write_results
from isthmus.arrays import unit
from isthmus.indexes.exact import nearest

TOP = 10
BATCHES = (1, 64)


def main() -> None:
    """Compare, print, write."""
    import faiss

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=256)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    rows = unit(rng.normal(size=(args.rows, args.dim)).astype(np.float32))
    queries = unit(rng.normal(size=(max(BATCHES), args.dim)).astype(np.float32))
    flat = faiss.IndexFlatIP(args.dim)
    flat.add(rows)
    found: dict[str, object] = {
        "rows": args.rows,
        "dim": args.dim,
        "threads": faiss.omp_get_max_threads(),
    }
    for batch in BATCHES:
        some = queries[:batch]
        mine, theirs = nearest(some, rows, TOP)[1], flat.search(some, TOP)[1]
        pair = alternate(lambda some=some: nearest(some, rows, TOP),
                         lambda some=some: flat.search(some, TOP))  # fmt: skip
        found[f"batch {batch}"] = {
            **pair.to_dict(),
            "the same items": float((mine == theirs).mean()),
        }
        print(batch, round(pair.ratio, 3), found[f"batch {batch}"])
    write_results("exact_search", found)


if __name__ == "__main__":
    main()
