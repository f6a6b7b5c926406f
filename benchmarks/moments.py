"""Second moments about the mean, added up in float64, against float32 products about zero.

Run: python -m benchmarks.moments [--rows 200000] [--dim 512]

The same pass over the same blocks of rows: what exactness costs. Goal: at most 1.10 times as long.
"""

import argparse

import numpy as np
from jaxtyping import Float

from benchmarks.harness import seconds, write_results
from isthmus.arrays import BLOCK, unit
from isthmus.measure.statistics.streaming import link_moments, moments

GROUPS = 20
ROUNDS = 7


def uncentred(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n d"] | None = None) -> None:
    """Sums, and products about zero in float32, as blocks of rows come."""
    d = x.shape[1]
    sums, products = np.zeros((GROUPS, d)), np.zeros((GROUPS, d, d))
    for number, start in enumerate(range(0, len(x), BLOCK)):
        a = unit(x[start : start + BLOCK])
        if y is None:
            sums[number % GROUPS] += np.add.reduceat(a, [0], axis=0, dtype=np.float64)[0]
            products[number % GROUPS] += a.T @ a
            continue
        b = unit(y[start : start + BLOCK])
        sums[number % GROUPS, 0] += np.einsum("nd,nd->n", a, b).sum(dtype=np.float64)
        sums[number % GROUPS, 1] += np.linalg.norm(a - b, axis=1).sum(dtype=np.float64)
        products[number % GROUPS] += a.T @ b
    products.astype(np.float32)


def main() -> None:
    """Alternate both, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=512)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    x, y = (rng.normal(0.3, 1, (given.rows, given.dim)).astype(np.float32) for _ in "xy")
    cells = np.arange(given.rows) // BLOCK
    blocks = np.arange(int(cells[-1]) + 1) % GROUPS
    links = np.repeat(np.arange(given.rows)[:, None], 2, axis=1)
    forms = {
        "one set": (lambda: uncentred(x), lambda: moments(x, cells, blocks)),
        "links": (
            lambda: uncentred(x, y),
            lambda: link_moments(x, y, links, blocks[cells], GROUPS),
        ),
    }
    found: dict[str, object] = {"rows": given.rows, "dim": given.dim}
    for name, both in forms.items():
        took = np.median([[seconds(form) for form in both] for _ in range(ROUNDS)], axis=0)
        ratio = float(took[1] / took[0])
        found[name] = {"float32": float(took[0]), "float64": float(took[1]), "ratio": ratio}
        print(f"{name:8} float32 about zero {took[0]:.2f} s, exact {took[1]:.2f} s: {ratio:.2f}")
    write_results("moments", found)


if __name__ == "__main__":
    main()
