"""Renders of training shapes by the image tower of ``mini``, kept a file an object.

    python -m tools.shapes.bank furniture --parts train val --out .build/shapes

It goes on where it was stopped.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from isthmus.read.meshes.files import mesh
from isthmus.read.points import sampled
from isthmus.view.cameras import dome
from isthmus.view.renders import render
from isthmus.worlds import load
from tools.shapes.seen import seen, tower

POINTS = 4096


def main() -> None:
    """Write one npz an object: views (12, 3888) float16, points, colours, normals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world")
    parser.add_argument("--parts", nargs="+", default=["train", "val"])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    world = load(options.world)
    folder = options.out / options.world
    folder.mkdir(parents=True, exist_ok=True)
    network = tower()
    ids = [name for name in world.items["mesh"].ids if world.split[name] in options.parts]
    begun = time.perf_counter()
    for number, name in enumerate(ids):
        path = folder / f"{name.replace('/', '__')}.npz"
        if path.exists():
            continue
        shape = mesh(world.items["mesh"][name])
        drawn = [view.colour for view in render(shape, dome(12), workers=1)]
        cloud = sampled(shape.fitted(), POINTS)
        np.savez(
            path.with_suffix(".part.npz"),
            views=seen(network, drawn),
            points=cloud.points.astype(np.float16),
            colours=cloud.colours,
            normals=cloud.normals.astype(np.float16),
            size=np.ptp(shape.bounds, axis=0),
        )
        path.with_suffix(".part.npz").rename(path)
        if number % 20 == 0:
            print(number, len(ids), f"{time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
