"""Coverage of the intervals of proportions and of paired differences of them.

Run: python -m benchmarks.calibration.proportions [--trials 4000]

Independent items: exact, summed over the binomial law. Objects with several items that are alike
(beta-binomial) and paired changes: drawn. Every cell is to be at least 93 %.
"""

import argparse
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from benchmarks.harness import write_results
from isthmus.measure.statistics import change_interval, wilson_interval

SHARES = (0.0, 0.002, 0.01, 0.05, 0.5, 0.95, 0.99, 0.998, 1.0)
SIZES = (12, 50, 200, 500, 2000)
CLUSTERS = ((0.0, 5), (0.2, 5), (0.6, 5), (0.95, 8))
"""Correlation of the items of one object, and most items an object."""
CHANGES = (
    (0.0, 0.0),
    (0.0, 0.002),
    (0.002, 0.002),
    (0.01, 0.0),
    (0.05, 0.01),
    (0.2, 0.2),
    (0.5, 0.1),
)
"""Shares of objects that gain, and that lose."""
WANTED = 0.93


def exact(n: int, p: float) -> float:
    """Coverage of the share of n independent items of which each is right with probability p."""
    from scipy.stats import binom

    law, found = binom.pmf(np.arange(n + 1), n, p), 0.0
    for hits in np.flatnonzero(law > 1e-9):
        found += law[hits] * (p in wilson_interval((np.arange(n) < hits).astype(float)))
    return float(found)


def clustered(n: int, p: float, alike: float, most: int, trials: int) -> float:
    """Coverage of the share of items right, n objects of 1 to so many items."""
    covered = 0
    for trial in range(trials):
        scores, objects = answers(np.random.default_rng([trial, n]), n, p, alike, most)
        covered += p in wilson_interval(scores, objects)
    return covered / trials


def answers(
    rng: np.random.Generator, n: int, p: float, alike: float, most: int
) -> tuple[Float[np.ndarray, " q"], Int[np.ndarray, " q"]]:
    """Items right or wrong and their objects; items of one object are alike by so much."""
    objects = np.repeat(np.arange(n), rng.integers(1, most + 1, n))
    chance = np.full(n, p)
    if alike and 0 < p < 1:
        chance = rng.beta(p * (1 - alike) / alike, (1 - p) * (1 - alike) / alike, n)
    return (rng.random(len(objects)) < chance[objects]).astype(float), objects


def changed(n: int, gain: float, loss: float, trials: int) -> float:
    """Coverage of the mean change of n objects, of which some gain 1 and some lose 1."""
    covered = 0
    for trial in range(trials):
        u = np.random.default_rng([trial, n]).random(n)
        changes = (u < gain).astype(float) - (u > 1 - loss)
        covered += gain - loss in change_interval(changes)
    return covered / trials


def main() -> None:
    """Sweep, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=4000)
    trials = parser.parse_args().trials
    rows: list[dict[str, Any]] = []
    for n in SIZES:
        cells = [({"kind": "independent", "p": p}, exact(n, p)) for p in SHARES]
        cells += [
            ({"kind": "clustered", "alike": alike, "p": p}, clustered(n, p, alike, most, trials))
            for alike, most in CLUSTERS
            for p in SHARES
        ]
        cells += [
            ({"kind": "paired change", "gain": gain, "loss": loss}, changed(n, gain, loss, trials))
            for gain, loss in CHANGES
        ]
        for what, share in cells:
            rows.append({"n": n, **what, "coverage": round(share, 4)})
            print(*rows[-1].values(), "" if share >= WANTED else "BELOW", flush=True)
    lowest = min(float(row["coverage"]) for row in rows)
    print(f"lowest of {len(rows)} cells: {lowest:.1%}")
    write_results("proportions", {"trials": trials, "lowest": lowest, "rows": rows})


if __name__ == "__main__":
    main()
