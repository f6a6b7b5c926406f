"""Frames of a world's clips as vectors of `mini`, kept in parts so that a killed run goes on.

    python -m tools.clips.vectors babel-motion --out FOLDER --n 3000 --seed 1

Only the parts ``train`` and ``val`` are looked at.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import unit
from isthmus.encode import mini
from isthmus.encode.clips.towers import in_order
from isthmus.read.image import Picture
from isthmus.types import LoadOptions, World
from isthmus.worlds import load

PART = 40


def seen(world: World, splits: Sequence[str]) -> list[str]:
    """Ids of the clips in some splits."""
    return [name for name in world.items["video"].ids if world.split[name] in splits]


def encoded(tower: Any, clips: Sequence[Any]) -> np.ndarray:
    """(n, t, d) float16 of the frames that the towers for clips see."""
    rows = [unit(tower.encode([Picture(one) for one in in_order(some, mini.SIDE)]))
            for some in clips]  # fmt: skip
    return np.stack(rows).astype(np.float16)


def embed(world: World, splits: Sequence[str], folder: Path) -> None:
    """Write the parts that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = seen(world, splits)
    (folder / "ids.json").write_text(json.dumps(ids), "utf-8")
    tower = mini.load("", LoadOptions(workers=1))["image"]
    for start in range(0, len(ids), PART):
        path = folder / f"{start:06d}.npy"
        if not path.exists():
            some = [world.items["video"][name] for name in ids[start : start + PART]]
            part = folder / "part.npy"
            np.save(part, encoded(tower, some))
            part.rename(path)
            print(f"{start + len(some)} of {len(ids)}", flush=True)


def kept(folder: Path) -> tuple[list[str], np.ndarray]:
    """Ids and (n, t, d) float16 of what is done: the first parts, in the order of the world."""
    ids = json.loads((folder / "ids.json").read_text("utf-8"))
    vectors = np.concatenate([np.load(path) for path in sorted(folder.glob("0*.npy"))])
    return ids[: len(vectors)], vectors


def main() -> None:
    """Embed one world's training and validation parts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("world")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--n", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    options = {"n": args.n, "seed": args.seed} if args.n else {}
    embed(load(args.world, **options), ("train", "val"), args.out)


if __name__ == "__main__":
    main()
