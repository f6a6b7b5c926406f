"""Renders of named meshes by the image tower of ``mini``, and their clouds, kept a file a mesh.

    python -m tools.shapes.bank furniture --out .build/shapes
    python -m tools.shapes.bank units --root .build/clips/unpacked/.../megaglest --out .build/shapes

It goes on where it was stopped.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from isthmus.read.points import sampled
from isthmus.types import ItemError
from isthmus.view.renders import render
from tools.shapes import sources
from tools.shapes.seen import seen, tower

POINTS = 4096


def found(kind: str, root: Path | None) -> Iterator[sources.Source]:
    """The meshes of a source."""
    return sources.units(root) if kind == "units" and root else getattr(sources, kind)()


def file(folder: Path, key: str) -> Path:
    """Where the renders of a mesh are kept."""
    return folder / f"{key.replace('/', '__')}.npz"


def main() -> None:
    """Write one npz a mesh: views (v, 3888) float16, points, colours, normals, and what it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["furniture", "turned", "units", "glyphs"])
    parser.add_argument("--root", type=Path, help="MegaGlest's folder of data, for units")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    folder = options.out / options.kind
    folder.mkdir(parents=True, exist_ok=True)
    network, begun = tower(), time.perf_counter()
    for number, source in enumerate(found(options.kind, options.root)):
        path = file(folder, source.id)
        if path.exists():
            continue
        try:
            shape = source.make()
            cloud = sampled(shape.fitted(), POINTS)
        except (ItemError, ValueError, IndexError) as error:
            print(source.id, error, flush=True)
            continue
        drawn = [view.colour for view in render(shape, source.poses, workers=1)]
        what = {key: getattr(source, key) for key in ("name", "part", "group", "label")}
        np.savez(
            path.with_suffix(".part.npz"),
            views=seen(network, drawn),
            points=cloud.points.astype(np.float16),
            colours=cloud.colours,
            normals=cloud.normals.astype(np.float16),
            size=np.ptp(shape.bounds, axis=0),
            **what,
        )
        path.with_suffix(".part.npz").rename(path)
        if number % 20 == 0:
            print(number, f"{time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
