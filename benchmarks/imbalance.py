"""Does information imbalance drive the gap? Towers trained from the start, on a CPU.

    python -m benchmarks.imbalance [--scenes 1500] [--epochs 20]

Captions of the world babel state a known number of a scene's 13 facts; the less they say, the less
they know of the picture. Claimed (Schrodi et al. 2025, Two effects, one trigger): the gap grows
with it, Spearman 0.9 or more. Eight levels, three seeds of towers and batches; small towers
(``fresh``) that know nothing, without heads, at a fixed and at a learned temperature. The gap is
the distance of the two mean unit vectors of held-out scenes after the last epoch.
``benchmarks.laws`` asks the same of heads on frozen towers.
"""

import argparse
import time
from functools import cache
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from benchmarks.laws import MENTIONS, SEEDS, print_law

BOTH = ("image", "text")
RECIPE: dict[str, Any] = {
    "head": "none",
    "towers": BOTH,
    "tower_rate": 1e-3,
    "pairs": 128,
    "scale": 20.0,
    "patience": 1000,
}


@cache
def shown(n: int) -> dict[str, Any]:
    """The pictures by id, drawn once for all levels."""
    from isthmus.worlds.babel.scenes import babel_world

    images = babel_world(n).items["image"]
    return {name: picture.rgb() for name, picture in zip(images.ids, images, strict=True)}


def run(n: int, mentions: int, seed: int, **how: Any) -> dict[str, float]:
    """Gap and score on held-out scenes after the last epoch."""
    from isthmus.lab import embed, load
    from isthmus.studies.evaluate.splits import split_dataset
    from isthmus.studies.shared.dataset import world_dataset
    from isthmus.train.loop import Task, learn
    from isthmus.train.recipe import Recipe
    from isthmus.train.towers import Towers
    from isthmus.types import Items
    from isthmus.worlds.babel.scenes import babel_world

    world, encoders = babel_world(n, mentions=mentions), load(f"fresh:{seed}")
    pictures = shown(n)
    items = {"image": Items("image", tuple(pictures), list(pictures.values()))}
    items["text"] = world.items["text"]
    sets = [embed(encoders[m], items[m]) for m in BOTH]
    parts = split_dataset(world_dataset(world, *sets), {}, 0)
    towers = Towers(encoders, items, BOTH)
    recipe, centres = Recipe(**{**RECIPE, **how}), [x.unit.mean(axis=0) for x in sets]
    learned = learn(Task(parts.train.pair, parts.test.pair, recipe, seed, towers))
    last = learned.log[-1]
    return {
        "gap": last["held-out gap"],
        "gap before training": float(np.linalg.norm(centres[0] - centres[1])),
        "reciprocal rank": last["held-out reciprocal rank"],
        "scale": last["scale"],
    }


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=1500)
    parser.add_argument("--epochs", type=int, default=20)
    args = parser.parse_args()
    start = time.perf_counter()
    found: dict[str, Any] = {"scenes": args.scenes, "epochs": args.epochs, "recipe": RECIPE}
    for temperature in ("fixed", "learned"):
        rows: list[dict[str, Any]] = []
        for mentions in MENTIONS:
            for seed in SEEDS:
                how = {"temperature": temperature, "epochs": args.epochs}
                one = run(args.scenes, mentions, seed, **how)
                rows.append({"dropped": 13.0 - mentions, "seed": seed, **one})
                print(rows[-1], flush=True)
        title = f"facts that captions drop, temperature {temperature}"
        found[f"imbalance, {temperature}"] = print_law(title, "dropped", "gap", rows)
        found["seconds"] = time.perf_counter() - start
        write_results("imbalance", found)


if __name__ == "__main__":
    main()
