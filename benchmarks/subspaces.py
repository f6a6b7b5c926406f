"""How well is the rank of a subspace read, at known rank and signal to noise?

Run: python -m benchmarks.subspaces [--draws 20]

A cloud is a Gaussian on k random directions plus white noise; the signal-to-noise ratio is the
energy of all signal over the energy of all noise. Printed is the share of draws whose rank is off
by at most one, and the mean rank, for parallel analysis and for held-out arcs.
"""

import argparse

import numpy as np

from benchmarks.harness import PeakMemory, seconds, write_results
from isthmus.measure.views.subspaces import affine_subspace, held_out_rank

SHAPES = ((200, 64), (200, 512), (24, 384))
RANKS = (1, 5, 10, 20, 40)
RATIOS = (0.5, 1.0, 4.0)


def cloud(rng: np.random.Generator, n: int, d: int, k: int, ratio: float) -> np.ndarray:
    """A Gaussian of rank k with this ratio of signal to noise."""
    basis = np.linalg.qr(rng.normal(size=(d, k)))[0].T
    return rng.normal(size=(n, k)) @ basis * np.sqrt(ratio * d / k) + rng.normal(size=(n, d))


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    draws = parser.parse_args().draws
    rows: list[dict[str, float]] = []

    def sweep() -> None:
        for n, d in SHAPES:
            for k in [rank for rank in RANKS if rank < n / 2]:
                for ratio in RATIOS:
                    rng = np.random.default_rng([n, d, k, round(10 * ratio)])
                    clouds = [cloud(rng, n, d, k, ratio) for _ in range(draws)]
                    own = np.array([affine_subspace(x).dim for x in clouds])
                    held = np.array([held_out_rank(x) for x in clouds])
                    row = {"n": n, "d": d, "rank": k, "ratio": ratio}
                    for name, found in (("parallel", own), ("held out", held)):
                        row[f"{name} within 1"] = float((np.abs(found - k) <= 1).mean())
                        row[f"{name} mean"] = float(found.mean())
                    rows.append(row)
                    print("  ".join(f"{key} {value:g}" for key, value in row.items()))

    with PeakMemory() as peak:
        took = seconds(sweep)
    write_results(
        "subspaces",
        {"draws": draws, "seconds": round(took, 1), "peak_mb": round(peak.resident), "rows": rows},
    )


if __name__ == "__main__":
    main()
