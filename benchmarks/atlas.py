"""The atlas of 200 objects of 24 views: from meshes, from renders, and from kept vectors.

Run: python -m benchmarks.atlas [--objects FOLDER] [--count 200]   (needs shape and analysis)

Without a folder: boxes, cylinders and tori of random sizes and colours, written as GLB. With one:
its meshes; if they are fewer than ``--count``, copies of them, which are as much work.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.harness import PeakMemory, write_results
from isthmus.read.meshes.files import SUFFIXES as MESH_SUFFIXES
from isthmus.studies.atlas.request import AtlasRequest
from isthmus.studies.atlas.run import run


def generated(folder: Path, count: int) -> None:
    """Random solids as GLB files."""
    import trimesh

    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(count):
        size = rng.uniform(0.2, 1.0, 3)
        solids = (
            trimesh.creation.box(size),
            trimesh.creation.cylinder(size[0] / 2, size[1], sections=64),
            trimesh.creation.torus(size[0], size[1] / 4),
        )
        solid = solids[number % 3]
        solid.visual.face_colors = rng.integers(0, 256, (len(solid.faces), 4)) | [0, 0, 0, 255]
        solid.export(folder / f"solid_{number:03d}.glb")


def copied(source: Path, folder: Path, count: int) -> None:
    """The folder once and again, until there are enough meshes."""
    meshes = sum(path.suffix.lower() in MESH_SUFFIXES for path in source.rglob("*"))
    for copy in range(-(-count // max(meshes, 1))):
        shutil.copytree(source, folder / f"copy {copy}")


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=Path)
    parser.add_argument("--count", type=int, default=200)
    args = parser.parse_args()
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as place:
        objects, out = Path(place, "objects"), Path(place, "run")
        if args.objects:
            copied(args.objects, objects, args.count)
        else:
            generated(objects, args.count)
        request = AtlasRequest(objects=objects, limit=args.count, out=out)
        for name in ("meshes to page", "kept vectors to page", "renders to page"):
            if name == "renders to page":
                shutil.rmtree(out / "jobs")
            with PeakMemory() as peak:
                start = time.perf_counter()
                done = run(request)
                seconds = time.perf_counter() - start
            kept = len(done.record["objects"])
            rows[name] = {"seconds": seconds, "peak_mb": peak.resident, "objects": kept}
            print(f"{name:<22} {seconds:7.1f} s  {peak.resident:6.0f} MB  {kept} objects")
    source = args.objects.name if args.objects else "generated solids"
    write_results("atlas", {"objects": source, "views": 24, "rows": rows})


if __name__ == "__main__":
    main()
