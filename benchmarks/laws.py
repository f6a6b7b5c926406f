"""Three published laws of the modality gap, re-tested by training heads on a CPU.

    python -m benchmarks.laws [--scenes 1500]

1. The gap grows with the inverse temperature (Liang et al. 2022, Mind the Gap).
2. Matched pairs that are kept in two planes end as far apart as the planes (Yi et al. 2025,
   arXiv 2510.03268); claimed within 3 degrees.
3. Information imbalance drives the gap (Schrodi et al. 2025, Two effects, one trigger): captions of
   the world babel state a known number of a scene's 13 facts; claimed Spearman 0.9 or more.

Eight levels and three seeds each. Heads start at random (mlp); the temperature is fixed, in law 3
also learned; the gap is the distance of the two mean unit vectors of held-out scenes after the last
epoch. All runs share one default model, so that intervals tell of seeds and data, not of other
models.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import write_results

SEEDS = (0, 1, 2)
SCALES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0)
ANGLES = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0)
MENTIONS = (1, 2, 4, 6, 8, 10, 12, 13)
RECIPE: dict[str, Any] = {"head": "mlp", "temperature": "fixed", "epochs": 40, "patience": 40}


def scenes(mentions: int | None, n: int, folder: Path) -> Any:
    """Linked vectors of babel's pictures and of captions with so many facts, by split."""
    from isthmus.lab import embed, load
    from isthmus.studies.evaluate.splits import split_dataset
    from isthmus.studies.shared.dataset import world_dataset
    from isthmus.worlds.babel.scenes import babel_world

    world, encoders = babel_world(n, mentions=mentions), load("mini")
    kept = folder / "image.npy"
    image = embed(encoders["image"], world.items["image"]) if not kept.exists() else None
    if image is not None:
        np.save(kept, image.vectors)
    text = embed(encoders["text"], world.items["text"])
    pictures = np.load(kept)
    a = type(text)(pictures, world.items["image"].ids, "image", text.space)
    return split_dataset(world_dataset(world, a, text), {}, 0)


def trained_gap(parts: Any, scale: float, seed: int, **how: Any) -> dict[str, float]:
    """Gap and score on held-out scenes after the last epoch."""
    from isthmus.train.loop import Task, learn
    from isthmus.train.recipe import Recipe

    recipe = Recipe(scale=scale, last_scale=max(scale, 100.0), **{**RECIPE, **how})
    learned = learn(Task(parts.train.pair, parts.test.pair, recipe, seed))
    last = learned.log[-1]
    return {"gap": last["held-out gap"], "reciprocal rank": last["held-out reciprocal rank"]}


def plane_angle(degrees: float, seed: int, n: int = 60, steps: int = 1500) -> dict[str, float]:
    """Points free on two great circles, trained by InfoNCE: degrees between matched pairs."""
    import torch

    from isthmus.train.losses.contrastive import info_nce

    made = torch.Generator().manual_seed(seed)
    free = torch.randn(2, n, 2, generator=made, dtype=torch.float64).requires_grad_()
    tilt = torch.tensor(np.radians(degrees))
    planes = torch.zeros(2, 2, 3, dtype=torch.float64)
    planes[:, 0, 0] = 1  # the line that both planes share
    planes[0, 1, 1], planes[1, 1, 1], planes[1, 1, 2] = 1, torch.cos(tilt), torch.sin(tilt)
    optimiser = torch.optim.Adam([free], lr=0.02)
    for _ in range(steps):
        x, y = torch.nn.functional.normalize(free, dim=2) @ planes
        loss = info_nce(20 * x @ y.T)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    x, y = (torch.nn.functional.normalize(free, dim=2) @ planes).detach()
    apart = torch.rad2deg(torch.acos((x * y).sum(dim=1).clip(-1, 1)))
    gap = float((x.mean(dim=0) - y.mean(dim=0)).norm())
    return {"largest": float(apart.max()), "mean": float(apart.mean()), "gap": gap}


def spearman(levels: list[float], values: list[float]) -> dict[str, float]:
    """Rank correlation over all runs and over level means, with its interval over seeds."""
    from scipy.stats import spearmanr

    grid = np.array(values).reshape(len(set(levels)), -1)
    known = sorted(set(levels), key=levels.index)
    rng = np.random.default_rng(0)
    draws = rng.integers(grid.shape[1], size=(1000, *grid.shape))
    again = [spearmanr(known, np.take_along_axis(grid, d, 1).mean(axis=1))[0] for d in draws]
    low, high = np.quantile(again, [0.025, 0.975])
    return {
        "all runs": float(spearmanr(levels, values)[0]),
        "level means": float(spearmanr(known, grid.mean(axis=1))[0]),
        "low": float(low),
        "high": float(high),
    }


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=1500)
    args = parser.parse_args()
    start = time.perf_counter()
    found: dict[str, Any] = {"scenes": args.scenes, "seeds": list(SEEDS), "recipe": RECIPE}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        parts = scenes(None, args.scenes, folder)
        rows = [{"scale": s, "seed": k, **trained_gap(parts, s, k)} for s in SCALES for k in SEEDS]
        found["temperature"] = print_law("inverse temperature", "scale", "gap", rows)
        rows = [{"degrees": t, "seed": k, **plane_angle(t, k)} for t in ANGLES for k in SEEDS]
        found["planes"] = print_law("angle of the planes", "degrees", "largest", rows)
        worst = max(abs(row["largest"] - row["degrees"]) for row in rows)
        found["planes"]["largest error, degrees"] = worst
        print(f"largest matched-pair angle less the planes' angle: at most {worst:.2f} degrees")
        shortened = [(13 - m, scenes(m, args.scenes, folder)) for m in MENTIONS]
        for temperature in ("fixed", "learned"):
            rows = [
                {
                    "dropped": float(k),
                    "seed": seed,
                    **trained_gap(parts, 20.0, seed, temperature=temperature),
                }
                for k, parts in shortened
                for seed in SEEDS
            ]
            title = f"facts that captions drop, temperature {temperature}"
            found[f"imbalance, {temperature}"] = print_law(title, "dropped", "gap", rows)
    found["seconds"] = time.perf_counter() - start
    write_results("laws", found)


def print_law(title: str, level: str, value: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Print a table of level means and the rank correlation."""
    print(f"\n{title}: {value}, mean (min to max) of {len(SEEDS)} seeds")
    for at in dict.fromkeys(row[level] for row in rows):
        some = [row[value] for row in rows if row[level] == at]
        print(f"{at:8.1f}  {np.mean(some):7.3f}  ({min(some):.3f} to {max(some):.3f})")
    rho = spearman([row[level] for row in rows], [row[value] for row in rows])
    print(
        f"Spearman {rho['all runs']:.3f} over all runs, {rho['level means']:.3f} over level means "
        f"[{rho['low']:.3f}, {rho['high']:.3f}]",
        flush=True,
    )
    return {"rows": rows, "spearman": rho}


if __name__ == "__main__":
    main()
