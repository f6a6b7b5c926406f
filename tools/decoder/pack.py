"""Put what was trained into the package: `python -m tools.decoder.pack BUILD`."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np

import isthmus
from isthmus.decode.weights import FOLDER, quantised, write_network
from isthmus.store import write_tensors
from isthmus.train.decoders import Shape


def main(build: Path) -> None:
    """Write the network, the memory and its vectors into `FOLDER`."""
    space = isthmus.load("mini")["text"].space.id
    shape, arrays = Shape(), dict(np.load(build / "run/weights.npz"))
    words = json.loads((build / "run/words.json").read_text("utf-8"))
    about = {"space": space, "heads": shape.heads, "longest": shape.longest}
    write_network(FOLDER, arrays, words, about)
    rows = (build / "memory.json").read_bytes()
    (FOLDER / "memory.json.gz").write_bytes(gzip.compress(rows, mtime=0))
    vectors = np.load(build / "mini.npz")["memory"].astype(np.float32)
    write_tensors(FOLDER / "memory.safetensors", quantised({"vectors": vectors}), {"space": space})
    print({file.name: file.stat().st_size for file in sorted(FOLDER.iterdir())})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
