"""Vectors of the glyphs' test set in `mini`, so that the first search and study take seconds.

    python -m tools.build_gallery [--out src/isthmus/worlds/data/glyphs]

Run it again when the weights of `mini` or the glyphs change: vectors of other weights are not used.
float16, 1.6 MB; the same versions on the same machine write the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from isthmus.lab import embed, load
from isthmus.store import write_tensors
from isthmus.studies.shared.collection import world_hash
from isthmus.worlds import load as load_world


def build(folder: Path) -> Path:
    """Embed the pictures of the test split and write them."""
    world = load_world("glyphs").part("test")
    encoder = load("mini")["image"]
    found = embed(encoder, world.items["image"])
    path = folder / "mini-image.safetensors"
    about = {"space": encoder.space.id, "world": world_hash(world, "image")}
    write_tensors(path, {"vectors": found.vectors.astype(np.float16)}, about)
    return path


def main() -> None:
    """Build, and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("src/isthmus/worlds/data/glyphs"))
    path = build(parser.parse_args().out)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
