"""Twelve textured views of a mesh at 224 px, after the first view compiled the loops.

Run: python -m benchmarks.renders [MESH ...]   (needs the extra `shape`)

Without files: a ball of 20,480 triangles with a texture of 512 x 512 pixels. Printed are the first
views (cold: compiling, or opening what was compiled before), the median of seven later runs on all
cores and on one, and whether both gave the same bytes.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks.harness import PeakMemory, write_results
from isthmus.read.meshes.files import mesh
from isthmus.read.meshes.triangles import Material, Mesh
from isthmus.view.cameras import turntable
from isthmus.view.renders import Rendered, render

RUNS = 7


def ball() -> Mesh:
    """A textured sphere."""
    import trimesh

    shape = trimesh.creation.icosphere(subdivisions=5)
    place = np.asarray(shape.vertices, np.float32)
    uv = np.stack([np.arctan2(place[:, 0], place[:, 2]) / (2 * np.pi), place[:, 1] / 2 + 0.5], 1)
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 4), dtype=np.uint8)
    noise[..., 3] = 255
    return Mesh(
        place,
        np.asarray(shape.faces, np.int32),
        place,
        uv.astype(np.float32),
        np.full((len(place), 4), 255, np.uint8),
        np.zeros(len(shape.faces), np.int32),
        (Material(texture=noise),),
    )


def timed(shape: Mesh, workers: int) -> tuple[float, list[Rendered]]:
    """Median seconds of twelve views, and the views."""
    seconds: list[float] = []
    views: list[Rendered] = []
    for _ in range(RUNS):
        start = time.perf_counter()
        views = render(shape, turntable(12), workers=workers)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)), views


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("meshes", nargs="*", type=Path)
    args = parser.parse_args()
    shapes = {path.name: mesh(path) for path in args.meshes} or {"ball": ball()}
    start = time.perf_counter()
    render(next(iter(shapes.values())), turntable(1))
    found: dict[str, object] = {"cold start s": round(time.perf_counter() - start, 2)}
    with PeakMemory() as memory:
        for name, shape in shapes.items():
            many, views = timed(shape, 0)
            one, same = timed(shape, 1)
            found[name] = {
                "triangles": len(shape.faces),
                "12 views s": round(many, 3),
                "12 views on one core s": round(one, 3),
                "same bytes": all(
                    a.colour.tobytes() == b.colour.tobytes()
                    for a, b in zip(views, same, strict=True)
                ),
                "pixels covered": round(float(np.mean([view.mask.mean() for view in views])), 3),
            }
    for name, values in found.items():
        print(name, values)
    write_results("renders", {"peak resident MB": round(memory.resident), **found})


if __name__ == "__main__":
    main()
