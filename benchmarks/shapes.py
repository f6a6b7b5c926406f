"""Named objects of ``furniture`` by every road into ``mini``: the test part, opened once.

    python -m benchmarks.shapes --out shapes.json [--part val] [--poses 20] [--head head.npz]

Queries are the distinct English names of a part, relevant is every object of that name; by name
means the mean of the vectors of ``TEMPLATES``. Intervals are of names, and of families. Other
weights of the head for renders, such as one that no category's name was shown to, are measured
beside with ``--head``.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

import isthmus
from isthmus.arrays import unit
from isthmus.encode.roads import JOIN, Road, combined, roads
from isthmus.encode.shapes.towers import arrays
from isthmus.measure.statistics import wilson_interval
from isthmus.read.meshes.files import mesh
from isthmus.read.points import sampled
from isthmus.view.cameras import dome
from isthmus.view.mesh_views import RENDERS, RenderSetup, render_bag
from isthmus.view.shape_views import POINTS, rotated
from isthmus.view.stress.shapes import STRESS
from isthmus.worlds import load

COMBINED = ("renders&surface", "surface&surface+splats")
OTHER = "renders, another head"
TEMPLATES = ("{}", "a photo of a {}")
UNNAMEABLE = ("Miscellaneous", "Exterior", "Staircases")


def by_name(tower: Any, names: Sequence[str]) -> np.ndarray:
    """(n, d) unit vectors of names through the templates."""
    said = tower.encode([t.format(name.lower()) for name in names for t in TEMPLATES])
    return unit(unit(said).reshape(len(names), len(TEMPLATES), -1).mean(axis=1))


def hits(vectors: np.ndarray, names: np.ndarray, tower: Any) -> dict[str, Any]:
    """Share of names that find one of their objects among the first five."""
    asked = np.unique(names)
    order = np.argsort(-(by_name(tower, list(asked)) @ unit(vectors).T), axis=1, kind="stable")
    found = (names[order[:, :5]] == asked[:, None]).any(axis=1)
    around = wilson_interval(found.astype(float))
    return {"hit@5": float(found.mean()), "low": around.low, "high": around.high, "n": len(found)}


def classes(
    vectors: np.ndarray, labels: np.ndarray, families: np.ndarray, tower: Any
) -> dict[str, Any]:
    """Balanced accuracy of the nearest category name; interval by a bootstrap over families."""
    kept = ~np.isin(labels, UNNAMEABLE)
    known = np.unique(labels[kept])
    guess = known[(unit(vectors[kept]) @ by_name(tower, list(known)).T).argmax(axis=1)]
    right, own = guess == labels[kept], labels[kept]

    def balanced(rows: np.ndarray) -> float:
        shares = [right[rows][own[rows] == one].mean() for one in known if (own[rows] == one).any()]
        return float(np.mean(shares))

    rng, groups = np.random.default_rng(0), np.unique(families[kept], return_inverse=True)[1]
    members = [np.flatnonzero(groups == group) for group in range(groups.max() + 1)]
    draws = [
        balanced(
            np.concatenate([members[at] for at in rng.integers(len(members), size=len(members))])
        )
        for _ in range(1000)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return {
        "balanced accuracy": balanced(np.arange(len(own))), "low": float(low), "high": float(high),
        "accuracy": float(right.mean()),
        "majority": max(float((own == one).mean()) for one in known),
        "chance of balanced": 1 / len(known), "n": len(own), "families": len(members),
    }  # fmt: skip


def main() -> None:
    """Print and write one row a road."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", default="test")
    parser.add_argument("--poses", type=int, default=20)
    parser.add_argument("--view-poses", type=int, default=0)
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--head", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    world, mini = load("furniture"), isthmus.load("mini", workers=1)
    ids = [name for name in world.items["mesh"].ids if world.split[name] == options.part]
    facts = [world.factors[name] for name in ids]
    names, labels, families = (
        np.array([one[key] for one in facts]) for key in ("name", "label", "family")
    )
    shapes = [mesh(world.items["mesh"][name]) for name in ids]
    clouds = [sampled(shape.fitted(), POINTS) for shape in shapes]
    ways = roads({key: mini[key] for key in ("image", "text", "points") if key in mini}, "mesh")
    plain = replace(mini["image"], by_view={})
    six = replace(
        RENDERS, see=lambda item, owner: render_bag(item, RenderSetup(dome(6)), owner, workers=1)
    )
    ways |= {"mini as it is, 6 renders": Road(six, plain)}
    if options.head:
        head = replace(mini["image"].by_view["renders"], weights=arrays(options.head))
        ways |= {OTHER: Road(RENDERS, head)}
    ways |= combined(ways, COMBINED)
    known = json.loads(options.out.read_text()) if options.out.exists() else {}
    for road, tower in ways.items():
        if road in known or (options.only and road not in options.only):
            continue
        begun = time.perf_counter()
        vectors = encoded(road, tower, shapes, options.out.parent)
        row = {
            "names": hits(vectors, names, mini["text"]),
            "categories": classes(vectors, labels, families, mini["text"]),
            "seconds": time.perf_counter() - begun,
        }
        if road == "surface":
            row["stress"] = stressed(mini["points"], clouds, options.poses, names, mini["text"])
        if road in ("upright", "standing") and options.view_poses:
            row["any pose"] = posed(tower, shapes, options.view_poses, names, mini["text"])
        np.save(kept(options.out.parent, road), vectors)
        known[road] = row
        print(road, json.dumps(row), flush=True)
        options.out.write_text(json.dumps(known, indent=1))


def kept(folder: Path, road: str) -> Path:
    """Where the vectors of a road are kept."""
    return folder / f"{road}.npy"


def encoded(road: str, tower: Any, shapes: list[Any], folder: Path) -> np.ndarray:
    """Vectors of a road; roads that are taken together are read from those that are kept."""
    parts = road.split(JOIN)
    if len(parts) > 1 and all(kept(folder, one).exists() for one in parts):
        return np.mean([unit(np.load(kept(folder, one))) for one in parts], axis=0)
    return tower.encode(shapes)


def posed(
    tower: Any, shapes: list[Any], poses: int, names: np.ndarray, texts: Any
) -> dict[str, Any]:
    """Every mesh in random poses, the mean over poses of the share of names that find theirs."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(poses):
        turns = Rotation.random(len(shapes), rng=rng).as_matrix()
        turned = [rotated(shape, turn) for shape, turn in zip(shapes, turns, strict=True)]
        found.append(hits(tower.encode(turned), names, texts)["hit@5"])
        print("pose", found[-1], flush=True)
    return {"hit@5": float(np.mean(found)), "poses": found}


def stressed(
    tower: Any, clouds: list[Any], poses: int, names: np.ndarray, texts: Any
) -> dict[str, Any]:
    """Every distortion of clouds; random poses as often as asked for."""
    found = {}
    for name, distort in STRESS.items():
        rng, shares = np.random.default_rng(0), []
        for _ in range(poses if name == "any_pose" else 1):
            other = rng.permutation(len(clouds))
            changed = [distort(one, clouds[at], rng) for one, at in zip(clouds, other, strict=True)]
            shares.append(hits(tower.encode(changed), names, texts)["hit@5"])
        found[name.replace("_", " ")] = {"hit@5": float(np.mean(shares)), "times": len(shares)}
    return found


if __name__ == "__main__":
    main()
