"""Where kinds of items lie in `mini`: `python -m tools.decoder.kinds BUILD` writes their means.

Training items of the bundled worlds, photographs as `isthmus.train.decoders` imitates them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

import isthmus
from isthmus.arrays import unit
from isthmus.decode.kinds import KINDS
from isthmus.decode.weights import FOLDER
from isthmus.store import write_tensors
from isthmus.train.decoders import photographed, prepared
from isthmus.types import Encoder
from isthmus.worlds import load
from tools.decoder.train import lessons
from tools.mini.gcompris import free_photographs

WORLDS = {
    "image": (("glyphs", 500), ("clipart", 400), ("babel?n=300", 200)),
    "mesh": (("furniture", 80), ("babel?n=300", 30)),
    "points": (("babel?n=300", 60), ("furniture", 60)),
    "voxels": (("primitives", 60),),
    "audio": (("orchestra", 300), ("samples", 60)),
    "video": (("units", 150), ("motions", 80)),
}
"""Items by modality: world and how many of its training split."""
IMITATED = 500


def some(encoder: Encoder, world: str, many: int) -> np.ndarray:
    """Unit vectors of items of a world's training split, evenly spaced; none if it has none."""
    opened = load(world)
    items = opened.items.get(encoder.modality)
    if items is None:
        return np.empty((0, encoder.space.dim), np.float32)
    rows = [i for i, name in enumerate(items.ids) if opened.split.get(name, "train") == "train"]
    rows = rows[:: max(1, len(rows) // many)][:many]
    return unit(encoder.encode([items.payload[i] for i in rows]))


def main(build: Path) -> None:
    """Write the means, and the plane between photographs and drawings."""
    mini = isthmus.load("mini", workers=1)
    parts = prepared(lessons(build, build / "mini.npz", 32)[0], 0)
    rng = torch.Generator().manual_seed(1)
    rows = (parts["weights"] * parts["pictured"]).multinomial(IMITATED, generator=rng)
    imitated = photographed(parts, rows, rng).numpy()
    free = free_photographs(build)
    real = unit(mini["image"].encode([free[name] for name in sorted(free)]))
    arrays: dict[str, np.ndarray] = {}
    dim = mini["text"].space.dim
    for modality, worlds in WORLDS.items():
        if modality not in mini:
            continue
        found = np.concatenate([some(mini[modality], *world) for world in worlds])
        name = KINDS[modality][-1]
        arrays[f"{modality}/{name}/mean"] = found.mean(0)
        arrays[f"{modality}/{name}/plane"] = np.zeros(dim + 1, np.float32)
        print(modality, len(found), np.linalg.norm(found.mean(0)), flush=True)
        if modality == "image":
            both = np.concatenate([real, imitated, found])
            drawn = np.r_[np.zeros(len(real) + IMITATED), np.ones(len(found))]
            plane = LogisticRegression(C=100.0, max_iter=2000, class_weight="balanced")
            plane.fit(both, drawn)
            print("photographs and drawings told apart:", plane.score(both, drawn))
            arrays["image/drawing/plane"] = np.r_[plane.coef_[0], plane.intercept_]
            arrays["image/photo/plane"] = np.zeros(dim + 1)
            arrays["image/photo/mean"] = parts["picture_mean"].numpy()
    weights = parts["text_mean"].numpy()
    arrays |= {"text/text/mean": weights, "text/text/plane": np.zeros(dim + 1)}
    kinds = {m: list(KINDS[m]) for m in KINDS if f"{m}/{KINDS[m][-1]}/mean" in arrays}
    about = {"space": mini["text"].space.id, "kinds": json.dumps(kinds)}
    FOLDER.mkdir(exist_ok=True)
    plain = {key: np.asarray(x, np.float16) for key, x in arrays.items()}
    write_tensors(FOLDER / "kinds.safetensors", plain, about)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
