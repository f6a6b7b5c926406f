"""Intrinsic dimension on manifolds whose family the calibration does not know.

    python -m benchmarks.dimensions [--draws 20]
    python -m benchmarks.dimensions --arrays PAIRS.npz   # of vectors that you have, instead

Each manifold is scored after all families like it are left out; beside it, the plain estimates.
"""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.harness import write_results
from isthmus.measure.dimensions.intrinsic import NAMES, dimension_of, intrinsic_dimension
from tools import manifolds

N = 500
DIMENSIONS = (2, 3, 5, 7, 10, 14, 20, 26, 30, 40)
Rng = np.random.Generator


def torus(n: int, d: int, rng: Rng) -> np.ndarray:
    """Flat torus in 2 d dimensions."""
    turn = 2 * np.pi * rng.random((n, d))
    return np.concatenate([np.cos(turn), np.sin(turn)], axis=1)


def simplex(n: int, d: int, rng: Rng) -> np.ndarray:
    """Uniform in the simplex of d + 1 corners."""
    x = rng.exponential(size=(n, d + 1))
    return x / x.sum(axis=1, keepdims=True)


def whole_turn(n: int, d: int, rng: Rng) -> np.ndarray:
    """M4, M6 and M8 of Hein & Audibert 2005: coordinates wound once around by the next."""
    x = rng.random((n, d))
    turn = 2 * np.pi * np.roll(x, -1, axis=1)
    return np.concatenate([x * np.cos(turn), x * np.sin(turn)], axis=1)


def beta(n: int, d: int, rng: Rng) -> np.ndarray:
    """Mbeta of Rozza 2012: strongly skewed coordinates, bent."""
    x = rng.beta(0.5, 10, (n, d))
    bent = x * np.sin(np.cos(2 * np.pi * x)), x * np.cos(np.sin(2 * np.pi * x))
    return np.concatenate(bent, axis=1)


def paraboloid(n: int, d: int, rng: Rng) -> np.ndarray:
    """Mp of Rozza 2012: heavy tails and their sum of squares."""
    x = rng.exponential(size=(n, d)) / (1 + rng.exponential(size=(n, 1)))
    return np.concatenate([x, (x**2).sum(axis=1, keepdims=True)], axis=1)


def ball(n: int, d: int, rng: Rng) -> np.ndarray:
    """Uniform in the unit ball."""
    x = rng.normal(size=(n, d))
    return x / np.linalg.norm(x, axis=1, keepdims=True) * rng.random((n, 1)) ** (1 / d)


def two_spheres(n: int, d: int, rng: Rng) -> np.ndarray:
    """Product of two unit spheres of half the dimension."""
    first = manifolds.sphere(n, d // 2, rng)
    return np.concatenate([first, manifolds.sphere(n, d - d // 2, rng)], axis=1)


Manifold = tuple[Callable[[int, int, Rng], np.ndarray], tuple[str, ...]]
STANDARD: dict[str, Manifold] = {
    "sphere": (manifolds.sphere, ("products of spheres", "shells")),
    "ball": (ball, ("balls",)),
    "cube": (lambda n, d, rng: rng.random((n, d)), ("balls", "skewed")),
    "Gaussian": (lambda n, d, rng: rng.normal(size=(n, d)), ("ellipsoids", "heavy tails")),
    "ellipsoid, 1 to 0.3": (
        lambda n, d, rng: rng.normal(size=(n, d)) * np.linspace(1, 0.3, d), ("ellipsoids",)
    ),
    "Student, 6": (
        lambda n, d, rng: rng.normal(size=(n, d)) / np.sqrt(rng.chisquare(6, (n, 1)) / 6),
        ("heavy tails",),
    ),
    "two spheres": (two_spheres, ("products of spheres",)),
    "network": (manifolds.networks, ("networks",)),
    "Mn (tangents)": (manifolds.warps, ("warps",)),
    "simplex": (simplex, ("balls", "mixtures")),
    "M4, M6, M8 (whole turn)": (whole_turn, ("curls",)),
    "Mbeta": (beta, ("skewed",)),
    "Mp (paraboloid)": (paraboloid, ("bowls", "heavy tails")),
    "flat torus": (torus, ("products of spheres", "curves")),
}  # fmt: skip
"""Manifolds, and the families of the calibration that are like them."""


Trial = tuple[str, int, int]


def tried(trial: Trial) -> list[float]:
    """Estimate, ends of its interval, and the plain estimates of one draw."""
    name, d, draw = trial
    make, alike = STANDARD[name]
    points = make(N, d, np.random.default_rng([7, list(STANDARD).index(name), d, draw]))
    found = dimension_of(points, without=alike)
    return [found.dimension, found.low, found.high, *found.raw.values()]


def rows(draws: int) -> Iterator[dict[str, object]]:
    """One row a manifold and dimension."""
    trials = [(name, d, draw) for name in STANDARD for d in DIMENSIONS for draw in range(draws)]
    with ProcessPoolExecutor(2) as pool:
        values = np.array(list(pool.map(tried, trials, chunksize=20)))
    for place, (name, d, _) in enumerate(trials[::draws]):
        found = values[place * draws : (place + 1) * draws]
        error = np.median(np.abs(found[:, [0, *range(3, found.shape[1])]] / d - 1), axis=0)
        inside = (found[:, 1] <= d) & (d <= found[:, 2])
        yield {
            "manifold": name,
            "dimension": d,
            "median": float(np.median(found[:, 0])),
            "error": float(error[0]),
            "in interval": float(inside.mean()),
            "plain errors": dict(zip(NAMES, error[1:].round(3).tolist(), strict=True)),
        }


def main() -> None:
    """Score, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--arrays", type=Path)
    args = parser.parse_args()
    if args.arrays:
        for name, x in np.load(args.arrays).items():
            result = intrinsic_dimension(x)
            print(f"{name}: {result}\n  {result.about}")
            print("  " + ", ".join(f"{key} {value:.1f}" for key, value in result.raw.items()))
        return
    found = list(rows(args.draws))
    print(f"{'':24}" + "".join(f"{d:>7}" for d in DIMENSIONS) + "  in interval")
    for name in STANDARD:
        mine = [row for row in found if row["manifold"] == name]
        inside = np.mean([row["in interval"] for row in mine])
        line = "".join(f"{row['error']:>7.1%}" for row in mine)
        print(f"{name:24}{line}  {inside:.0%}")
    within = [float(str(row["error"])) <= 0.1 for row in found]
    best = {
        name: np.mean([row["plain errors"][name] <= 0.1 for row in found])  # type: ignore[index]
        for name in NAMES
    }
    print(f"\nmedian error <= 10 % in {np.mean(within):.0%} of {len(found)} cells (n = {N})")
    print("plain estimates: " + ", ".join(f"{name} {share:.0%}" for name, share in best.items()))
    summary = {
        "n": N,
        "draws": args.draws,
        "cells within 10 %": float(np.mean(within)),
        "plain, cells within 10 %": {name: float(share) for name, share in best.items()},
    }
    write_results("dimensions", {**summary, "rows": found})


if __name__ == "__main__":
    main()
