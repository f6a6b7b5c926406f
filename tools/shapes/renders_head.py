"""The head that reads renders: ridge regression from the image tower's features to names.

    python -m tools.shapes.renders_head --bank .build/shapes/furniture --out FOLDER

What is added to a picture's vector is linear in the features of both branches. Strength and share
were chosen by four folds of training and validation objects, no name or family in two of them; the
head that ships is fitted on all of these.
"""

import argparse
from pathlib import Path

import numpy as np

import isthmus
from isthmus.worlds import load
from tools.shapes.seen import FEATURES

STRENGTH, SHARE, RANK = 1.0, 0.7, 128
TEMPLATES = ("{}", "a photo of a {}")


def unit(x: np.ndarray) -> np.ndarray:
    """Rows at length one."""
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def fitted(views: np.ndarray, names: np.ndarray) -> dict[str, np.ndarray]:
    """The head of (n, v, 384 + 3120) vectors and features of views and (n, 384) text vectors."""
    start = unit(unit(views[:, :, :384]).mean(axis=1))
    features = views[:, :, 384:]
    mean, spread = features.mean(axis=(0, 1)), features.std(axis=(0, 1)) + 1e-6
    x = ((features - mean) / spread).mean(axis=1) / features.shape[2] ** 0.5
    middle, y = x.mean(axis=0), names - start
    gram = (x - middle) @ (x - middle).T
    ridge = STRENGTH * np.trace(gram) / len(gram) * np.eye(len(gram))
    matrix = (x - middle).T @ np.linalg.solve(gram + ridge, y - y.mean(axis=0))
    left, size, right = np.linalg.svd(matrix, full_matrices=False)
    down = SHARE * left[:, :RANK] * size[:RANK] / (spread * features.shape[2] ** 0.5)[:, None]
    up = right[:RANK]
    bias = SHARE * (y.mean(axis=0) - middle @ matrix) - mean @ down @ up
    return {"down": down, "up": up, "bias": bias}


def main() -> None:
    """Fit and write ``head.npz``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    world = load("furniture")
    ids = [name for name in world.items["mesh"].ids if world.split[name] != "test"]
    wide = 384 + FEATURES["first"][1] + 1280
    views = np.stack(
        [
            np.load(options.bank / f"{name.replace('/', '__')}.npz")["views"][:, :wide]
            for name in ids
        ]
    ).astype(np.float32)
    said = [t.format(world.factors[name]["name"].lower()) for name in ids for t in TEMPLATES]
    texts = unit(isthmus.load("mini", workers=1)["text"].encode(said))
    names = unit(texts.reshape(len(ids), len(TEMPLATES), -1).mean(axis=1))
    found = fitted(views, names)
    options.out.mkdir(parents=True, exist_ok=True)
    np.savez(
        options.out / "head.npz",
        **{key: x.astype(np.float32 if key == "bias" else np.float16) for key, x in found.items()},
    )
    print(len(ids), {key: x.shape for key, x in found.items()})


if __name__ == "__main__":
    main()
