"""Mixed search before and after mending, beside rules that look at nothing but the modality.

    python -m benchmarks.mixed_search --arrays pairs.npz

Half of the pairs fit the chain, the other half is searched, over random halves; every number is a
mean over pairs, each averaged over the splits in which it is held out, with a bootstrap over pairs.
Where every item has one partner in the other modality, "other modality first" cannot be told from
a remedy by the mixed list: what it leaves as it is, and a remedy may change, is R@1.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from isthmus.measure.statistics import query_bootstrap
from isthmus.studies.shared.resolver import arrays_dataset
from isthmus.transform.mended import fit_mended
from isthmus.types import Calibration, EmbeddingSet, Links

TOP = 10
CHAIN = "symmetric_normalised+match_odds"
NUMBERS = ("other modality among the first 10", "match among the first 10", "R@1")


def scores(queries: EmbeddingSet, gallery: EmbeddingSet) -> np.ndarray:
    """(n, m) by the rule of the sets' space."""
    if queries.space.rule is None:
        return queries.unit @ gallery.unit.T
    rule = queries.space.rule.between(queries.modality, gallery.modality)
    return np.asarray(rule(np.asarray(queries.vectors), np.asarray(gallery.vectors)))


def searched(queries: EmbeddingSet, others: EmbeddingSet) -> dict[str, np.ndarray]:
    """The three numbers of each query; row i of both sets is one pair."""
    own, across = scores(queries, queries), scores(queries, others)
    np.fill_diagonal(own, -np.inf)
    n = len(queries)
    order = np.argsort(-np.concatenate([own, across], axis=1), axis=1, kind="stable")[:, :TOP]
    matched = (order == n + np.arange(n)[:, None]).any(axis=1)
    best = across.argmax(axis=1) == np.arange(n)
    return dict(zip(NUMBERS, ((order >= n).mean(axis=1), matched, best), strict=True))


def by_rule(queries: EmbeddingSet, others: EmbeddingSet) -> dict[str, dict[str, np.ndarray]]:
    """The same numbers of the two rules that only choose which modality to list."""
    across = scores(queries, others)
    n = len(queries)
    rank = (across > np.diag(across)[:, None]).sum(axis=1)
    first = {"other modality first": (1.0, TOP), "interleaved by rank": (0.5, TOP // 2)}
    return {
        name: dict(zip(NUMBERS, (np.full(n, share), rank < depth, rank == 0), strict=True))
        for name, (share, depth) in first.items()
    }


def measured(path: Path, splits: int, seed: int) -> dict[str, Any]:
    """Every number of every way to search, with its interval."""
    data = arrays_dataset(path)
    rows = data.pair.rows
    a, b = data.a[rows[:, 0]], data.b[rows[:, 1]]
    b = EmbeddingSet(b.vectors, a.ids, b.modality, b.space)
    totals: dict[str, dict[str, list[np.ndarray]]] = {}
    rng = np.random.default_rng(seed)
    for _ in range(splits):
        order = rng.permutation(len(a))
        fit, held = np.sort(order[: len(a) // 2]), np.sort(order[len(a) // 2 :])
        links = Links((name, name) for name in a[fit].ids)
        mended = fit_mended(CHAIN, Calibration.of(a[fit], b[fit], links), a.space)
        for x, y in ((a[held], b[held]), (b[held], a[held])):
            ways = {"as it is": searched(x, y), "mended": searched(mended(x), mended(y))}
            for way, found in {**ways, **by_rule(x, y)}.items():
                for name, values in found.items():
                    row = np.full(len(a), np.nan)
                    row[held] = values
                    totals.setdefault(way, {}).setdefault(name, []).append(row)
    means = {
        way: {name: np.nanmean(rows, axis=0) for name, rows in found.items()}
        for way, found in totals.items()
    }
    gain = means["mended"]["R@1"] - means["as it is"]["R@1"]
    return {
        "pairs": len(a),
        "splits": splits,
        "fitted on": len(a) // 2,
        "chain": CHAIN,
        "ways": {way: {name: interval(x) for name, x in of.items()} for way, of in means.items()},
        "R@1 gained by mending": interval(gain),
    }


def interval(values: np.ndarray) -> Mapping[str, float]:
    """A mean over pairs and its bootstrap."""
    drawn = query_bootstrap(values, np.arange(len(values)))
    return {"value": float(values.mean()), "low": drawn.low, "high": drawn.high}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arrays", type=Path, required=True)
    parser.add_argument("--data", default="CLIP ViT-B/16, MS-COCO val2017, one caption an image")
    parser.add_argument("--splits", type=int, default=20)
    options = parser.parse_args()
    found = measured(options.arrays, options.splits, seed=0)
    for way, numbers in found["ways"].items():
        print(f"{way:22}", *(f"{name}: {x['value']:.3f}" for name, x in numbers.items()), sep="  ")
    print("R@1 gained by mending", found["R@1 gained by mending"])
    print(write_results("mixed_search", {"data": options.data, **found}))


if __name__ == "__main__":
    main()
