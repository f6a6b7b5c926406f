"""One list of four modalities: is it fair, and are its probabilities right?

    isthmus fit mini --world "babel-sound?n=3500&takes=4&close=2&groups=1" \
        --modalities text image points audio --head mlp --out SPACE
    python -m benchmarks.lists mended:SPACE

Scenes of babel as text, picture, point cloud and sound, two of each. The space was fitted on other
scenes; the test scenes show pairs of colour and shape that no training scene shows, odds are
learned on validation scenes (seen pairs, other scenes), backgrounds on the gallery itself, as an
index does. Every item asks; what is of its scene is relevant, in all modalities. Beside: the
similarity as it is and the trivial rules. Mixed lists: nDCG@10, share of each modality in the first
ten against its share of what is relevant. Per ordered pair: R@1, calibration error and Brier score
at one match in two and in a hundred, beside a constant and a logistic of the raw cosine learned on
the same scenes.
"""

import argparse
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from isthmus.arrays import evenly_spaced
from isthmus.indexes.backgrounds import background
from isthmus.indexes.fairness import ASKED, due, offsets
from isthmus.indexes.odds import Odds, fit_odds
from isthmus.measure.statistics import brier_score, calibration_error, mean_interval
from isthmus.scores.odds import likelihood_ratio
from isthmus.scores.rules import direction

MODALITIES = ("text", "image", "points", "audio")
WORLD = "babel-sound?n={n}&takes=2&groups=1&seed={seed}"
PRIORS = (0.5, 0.01)
TOP = 10
WAYS = ("raw", "standardised", "odds", "fair")

Sets = Mapping[str, np.ndarray]


def material(space: str, n: int, seed: int, part: str) -> tuple[Sets, Sets]:
    """Unit vectors and scenes of a part's items, by modality."""
    from isthmus.lab import embed, load
    from isthmus.types.links import owners_of
    from isthmus.worlds import load as world_of

    world, encoders = world_of(WORLD.format(n=n, seed=seed)).part(part), load(space)
    sets = {name: embed(encoders[name], world.items[name], progress=True) for name in MODALITIES}
    owners = owners_of({name: some.ids for name, some in sets.items()}, world.links)
    return {name: some.unit for name, some in sets.items()}, owners


def scored(test: tuple[Sets, Sets], odds: Odds) -> dict[str, dict[str, np.ndarray]]:
    """Scores of every way, by direction: (queries, items), an item with itself never."""
    vectors, _ = test
    ways: dict[str, dict[str, np.ndarray]] = {name: {} for name in WAYS}
    for gallery, items in vectors.items():
        met = background(items)
        for query, asked in vectors.items():
            key, sides = direction(query, gallery), (asked, items)
            raw = asked.astype(np.float64) @ items.T
            asking = background(asked)
            found = odds.ratios(query, gallery, sides, met, asking)
            found += odds.prior(query, gallery, len(items))
            for name, scores in (
                ("raw", raw),
                ("standardised", met.among(asked.astype(np.float64), raw)),
                ("odds", found),
            ):
                if query == gallery:
                    np.fill_diagonal(scores, -np.inf)
                ways[name][key] = scores
    _balance(ways, odds)
    return ways


def _balance(ways: dict[str, dict[str, np.ndarray]], odds: Odds) -> None:
    """The list of an index: odds in the order of similarities, and one number a modality."""
    asked = []
    for query in MODALITIES:
        some = [ways["odds"][direction(query, name)] for name in MODALITIES]
        tops = np.stack([-np.sort(-one, axis=1)[:, :TOP] for one in some], axis=1)
        few = evenly_spaced(np.arange(len(tops)), ASKED)
        asked.append((tops[few], due([odds.expected(query, name) for name in MODALITIES])))
    added = dict(zip(MODALITIES, offsets(asked), strict=True))
    for key, scores in ways["odds"].items():
        order = np.argsort(-ways["raw"][key], axis=1, kind="stable")
        ways["fair"][key] = np.empty_like(scores)
        np.put_along_axis(ways["fair"][key], order, -np.sort(-scores, axis=1), axis=1)
        ways["fair"][key] += added[key.partition(">")[2]]


def merged(scores: Mapping[str, np.ndarray], query: str) -> np.ndarray:
    """Scores of the items of all modalities side by side."""
    return np.concatenate([scores[direction(query, name)] for name in MODALITIES], axis=1)


def places(scores: np.ndarray) -> np.ndarray:
    """The place of each item in its own modality's ranking, from 0."""
    return np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)


def own_first(ways: Any, query: str) -> np.ndarray:
    """All items of the query's modality before all others, each by the similarity."""
    parts = [ways["raw"][direction(query, name)] + 10 * (name == query) for name in MODALITIES]
    return np.concatenate(parts, axis=1)


def other_first(ways: Any, query: str) -> np.ndarray:
    """The items of other modalities first, by the similarity."""
    parts = [ways["raw"][direction(query, name)] - 10 * (name == query) for name in MODALITIES]
    return np.concatenate(parts, axis=1)


def interleaved(name: str) -> Callable[[Any, str], np.ndarray]:
    """One item of each modality in turn; modalities in the order of the best score."""

    def rule(ways: Any, query: str) -> np.ndarray:
        some = [ways[name][direction(query, m)] for m in MODALITIES]
        first = np.argsort(np.argsort([-one.max(axis=1) for one in some], axis=0), axis=0)
        parts = [
            -(places(one) + turn[:, None] / 10.0) for one, turn in zip(some, first, strict=True)
        ]
        out = np.concatenate(parts, axis=1)
        out[~np.isfinite(np.concatenate(some, axis=1))] = -np.inf
        return out

    return rule


LISTS: dict[str, Callable[[Any, str], np.ndarray]] = {
    "raw cosine": lambda ways, query: merged(ways["raw"], query),
    "own modality first": own_first,
    "other modalities first": other_first,
    "interleaved by rank": interleaved("raw"),
    "standardised, interleaved": interleaved("standardised"),
    "standardised": lambda ways, query: merged(ways["standardised"], query),
    "odds": lambda ways, query: merged(ways["odds"], query),
    "odds, made fair": lambda ways, query: merged(ways["fair"], query),
}
TRIVIAL = tuple(LISTS)[:5]
"""The similarity as it is and the rules; the others are what an index does."""


def gains(scores: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """nDCG@10 of each query."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    worth = 1 / np.log2(np.arange(2, TOP + 2))
    best = np.cumsum(worth)[np.minimum(relevant.sum(axis=1), TOP) - 1]
    return (np.take_along_axis(relevant, order, axis=1) * worth).sum(axis=1) / best


def lists(ways: Any, owners: Sets) -> dict[str, Any]:
    """nDCG@10 and modality shares of every way, over all queries."""
    of = np.concatenate([[k] * len(owners[m]) for k, m in enumerate(MODALITIES)])
    all_owners = np.concatenate([owners[m] for m in MODALITIES])
    found: dict[str, Any] = {}
    objects = {name: list[np.ndarray]() for name in LISTS}
    shares = {name: list[np.ndarray]() for name in (*LISTS, "relevant")}
    scenes = np.concatenate([owners[m] for m in MODALITIES])
    for k, query in enumerate(MODALITIES):
        relevant = owners[query][:, None] == all_owners[None]
        relevant[np.arange(len(relevant)), np.flatnonzero(of == k)] = False
        shares["relevant"].append(_shares(relevant, of))
        for name, way in LISTS.items():
            scores = way(ways, query)
            objects[name].append(gains(scores, relevant))
            top = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
            first = np.zeros_like(relevant)
            np.put_along_axis(first, top, True, axis=1)
            shares[name].append(_shares(first, of))
    mean = {name: np.concatenate(some).mean(axis=0) for name, some in shares.items()}
    best = max(TRIVIAL, key=lambda name: np.concatenate(objects[name]).mean())
    for name in LISTS:
        gained = np.concatenate(objects[name])
        row = {"nDCG@10": _interval(gained, scenes)}
        if name not in TRIVIAL:
            row["over " + best] = _interval(gained - np.concatenate(objects[best]), scenes)
        row["shares"] = dict(zip(MODALITIES, mean[name].round(4).tolist(), strict=True))
        row["share error, points"] = round(float(100 * abs(mean[name] - mean["relevant"]).max()), 2)
        row["nDCG@10 by query"] = {
            m: round(float(some.mean()), 4)
            for m, some in zip(MODALITIES, objects[name], strict=True)
        }
        found[name] = row
    found["relevant"] = dict(zip(MODALITIES, mean["relevant"].round(4).tolist(), strict=True))
    return found


def _shares(chosen: np.ndarray, of: np.ndarray) -> np.ndarray:
    count = np.stack([chosen[:, of == k].sum(axis=1) for k in range(len(MODALITIES))], axis=1)
    return count / count.sum(axis=1, keepdims=True)


def _interval(values: np.ndarray, scenes: np.ndarray) -> dict[str, float]:
    """The mean with an interval over scenes."""
    total = np.bincount(scenes, values) / np.maximum(np.bincount(scenes), 1)
    total = total[np.unique(scenes)]
    one = mean_interval(total, "over scenes")
    return {"value": round(float(values.mean()), 4), "low": round(one.low, 4),
            "high": round(one.high, 4), "n": len(values), "scenes": len(total)}  # fmt: skip


def hits(ways: Any, owners: Sets, key: tuple[str, str]) -> dict[str, Any]:
    """R@1 of one ordered pair: of the similarity as it is and by the odds."""
    query, gallery = key
    relevant = owners[query][:, None] == owners[gallery][None]
    found: dict[str, Any] = {}
    each = {}
    for name in ("raw", "fair"):
        first = ways[name][direction(*key)].argmax(axis=1)
        each[name] = relevant[np.arange(len(first)), first].astype(float)
        found[name] = _interval(each[name], owners[query])
    found["change"] = _interval(each["fair"] - each["raw"], owners[query])
    return found


def probabilities(
    ways: Any, owners: Sets, known: tuple[Sets, Sets], odds: Odds, key: tuple[str, str]
) -> dict[str, Any]:
    """Calibration error and Brier score of one ordered pair, by share of matches."""
    name = direction(*key)
    ratio = ways["odds"][name] - odds.prior(*key, len(owners[key[1]]))
    raw, line = ways["raw"][name], _raw_line(known, key)
    same = owners[key[0]][:, None] == owners[key[1]][None]
    finite = np.isfinite(raw)
    there, absent = (np.flatnonzero((same if which else ~same) & finite) for which in (True, False))
    found: dict[str, Any] = {"matches": len(there)}
    for prior in PRIORS:
        rng = np.random.default_rng(0)
        many = min(len(there), int(len(absent) * prior / (1 - prior)))
        one = rng.permutation(there)[:many]
        rows = np.concatenate([one, rng.permutation(absent)[: round(many * (1 - prior) / prior)]])
        match = np.arange(len(rows)) < len(one)
        shift = np.log(prior / (1 - prior))
        p = 1 / (1 + np.exp(-(ratio.ravel()[rows] + shift)))
        q = 1 / (1 + np.exp(-(line[0] * raw.ravel()[rows] + line[1] + shift)))
        found[f"{prior:g}"] = {
            "ECE": round(calibration_error(p, match), 4),
            "Brier": round(brier_score(p, match), 5),
            "Brier, logistic of the raw cosine": round(brier_score(q, match), 5),
            "Brier, constant": round(prior * (1 - prior), 5),
            "n": len(rows),
        }
    return found


def _raw_line(known: tuple[Sets, Sets], key: tuple[str, str]) -> tuple[float, float]:
    """The log likelihood ratio over the raw cosine, on the scenes that the odds were learned on."""
    (vectors, owners), (query, gallery) = known, key
    raw = vectors[query].astype(np.float64) @ vectors[gallery].T
    same = owners[query][:, None] == owners[gallery][None]
    other = ~np.eye(len(raw), dtype=bool) if query == gallery else np.ones(raw.shape, bool)
    return likelihood_ratio(raw[same & other], raw[~same])


def run(space: str, n: int) -> dict[str, Any]:
    """All figures of a space."""
    known, test = (material(space, n, 1, part) for part in ("val", "test"))
    odds = fit_odds(*known, WORLD.format(n=n, seed=1))
    ways, owners = scored(test, odds), test[1]
    pairs = [(a, b) for a in MODALITIES for b in MODALITIES]
    found: dict[str, Any] = {
        "space": space.rpartition("/")[2],
        "world": WORLD.format(n=n, seed=1),
        "scenes": len(np.unique(owners["text"])),
        "learned on": len(np.unique(known[1]["text"])),
        "lists": lists(ways, owners),
        "R@1": {direction(*key): hits(ways, owners, key) for key in pairs},
        "probabilities": {
            direction(*key): probabilities(ways, owners, known, odds, key) for key in pairs
        },
    }
    worst = [one for pair in found["probabilities"].values() for k, one in pair.items()
             if k != "matches"]  # fmt: skip
    key = "Brier, logistic of the raw cosine"
    found["Brier below the raw cosine's"] = sum(one["Brier"] < one[key] for one in worst)
    found["worst"] = {
        "ECE": max(one["ECE"] for one in worst),
        "Brier over the constant": max(one["Brier"] - one["Brier, constant"] for one in worst),
        "Brier over the raw cosine's": max(
            one["Brier"] - one["Brier, logistic of the raw cosine"] for one in worst
        ),
        "R@1 change": min(one["change"]["value"] for one in found["R@1"].values()),
    }
    return found


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("space")
    parser.add_argument("--scenes", type=int, default=2400)
    asked = parser.parse_args()
    found = run(asked.space, asked.scenes)
    for name, row in found["lists"].items():
        print(name, row)
    print(found["worst"])
    write_results("lists", found)


if __name__ == "__main__":
    main()
