"""Put together what a network over clips is trained on, from the vectors of `tools.clips.vectors`.

    python -m tools.clips.gather mixer --vectors FOLDER --out FOLDER
    python -m tools.clips.gather direct --vectors FOLDER --out FOLDER

`--vectors` holds the folders ``babel``, ``units`` and ``motions``; what is missing is left out.
"""

import argparse
from pathlib import Path

import numpy as np

from isthmus.arrays import unit
from isthmus.encode import mini
from isthmus.encode.clips.towers import SIDE, in_order
from isthmus.types import World
from isthmus.worlds import load
from tools.clips import lessons, vectors

SEED, MANY, FEWER = 1, 6000, 2400
"""Of the training clips of `babel-motion` (what is asked for without options is seed 0), and how
many of them are kept as pixels."""


def worlds() -> dict[str, World]:
    """The three worlds that clips are taught by."""
    return {
        "babel": load("babel-motion", n=MANY, seed=SEED),
        "units": load("units"),
        "motions": load("motions"),
    }


def pixels(world: World, ids: list[str]) -> np.ndarray:
    """(n, 8, 64, 64, 3) uint8."""
    rows = []
    for name in ids:
        frames = in_order(world.items["video"][name], SIDE)
        rows.append(np.stack([np.asarray(mini.fitted(one, SIDE)) for one in frames]))
    return np.stack(rows)


def gather(kind: str, folder: Path, out: Path) -> None:
    """Write ``inputs``, ``bridge``, ``split``, ``often`` (events, hard) and ``lessons``."""
    every = worlds()
    found = {name: vectors.kept(folder / name) for name in every}
    if kind == "direct":
        found["babel"] = tuple(some[:FEWER] for some in found["babel"])
    ids = [found[name][0] for name in every]
    frames = np.concatenate([x for _, x in found.values()])
    out.mkdir(parents=True, exist_ok=True)
    splits = [
        int(every[name].split[one] == "val") for name, (some, _) in found.items() for one in some
    ]
    np.save(out / "split.npy", np.array(splits))
    events = [bool(every["babel"].factors[name]["event"]) for name in ids[0]]
    np.save(out / "often.npy", np.pad(events, (0, len(splits) - len(events))))
    np.save(out / "bridge.npy", unit(frames.astype(np.float32).mean(axis=1)))
    if kind == "direct":
        frames = np.concatenate([pixels(every[name], some) for name, (some, _) in found.items()])
    np.save(out / "inputs.npy", frames)
    taught = lessons.lessons(every["babel"], every["units"], every["motions"], ids)
    lessons.save(out / "lessons.npz", taught)
    counts = ", ".join(f"{len(some)} of {name}" for name, some in zip(every, ids, strict=True))
    print(f"{len(splits)} clips ({counts}), {len(taught.texts)} sentences")


def main() -> None:
    """Gather for one network."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", choices=("mixer", "direct"))
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    gather(args.kind, args.vectors, args.out)


if __name__ == "__main__":
    main()
