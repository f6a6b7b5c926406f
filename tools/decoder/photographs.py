"""What `mini` would make of a photograph of a class: `python -m tools.decoder.photographs BUILD`.

Its vector of a photograph is w times the expected class name, under the scores of a classifier, and
a rest. Scores are drawn around a class, as `tools.mini.photograph_proxies` does; the rest and w are
lent by free photographs of GCompris, of which no label is used.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from isthmus.encode.mini import WEIGHTS
from tools.mini.gcompris import free_photographs
from tools.mini.photograph_proxies import SHARP, seen, tapped


def main(build: Path) -> None:
    """Write class vectors, how alike classes look, and rests with their weights."""
    model = tapped(onnx.load(str(WEIGHTS / "image.onnx")))
    network = onnxruntime.InferenceSession(model.SerializeToString())
    free = free_photographs(build)
    found = seen(network, [free[name] for name in sorted(free)])
    rows = found.rows / np.linalg.norm(found.rows, axis=0)
    arrays = {"classes": found.names, "alike": SHARP * rows.T @ rows, "rests": found.own,
              "weights": found.weight[:, 0]}  # fmt: skip
    np.savez(build / "photographs.npz", **{k: x.astype(np.float32) for k, x in arrays.items()})
    print({key: x.shape for key, x in arrays.items()}, np.percentile(found.weight, [5, 50, 95]),
          np.median(np.linalg.norm(found.own, axis=1)))  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
