"""A linear gate between photographs and drawings: `python -m tools.mini.photograph_gate`.

d = row·f + bias is the log odds that a logistic regression gives a picture's standardised top
features f: free photographs of GCompris (gcompris.py) against training drawings and renders of
training shapes and scenes, both kinds of equal weight. It writes the 1,281 numbers that heads.py
reads, and prints how well gates that never saw a collection part it from validation drawings and
renders.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from isthmus.encode.mini import WEIGHTS, pixels
from isthmus.read.meshes.files import mesh
from isthmus.view.cameras import turntable
from isthmus.view.styles import drawn, names
from isthmus.worlds import load as load_world
from tools.mini.gcompris import free_photographs
from tools.mini.heads import GATE
from tools.mini.photographs import photographs
from tools.mini.pictures import STYLES, WORLDS, Drawing, clipart, glyphs
from tools.mini.rejoin import top_features

PENALTY = 1e-3  # scikit-learn's C: 1,281 numbers from some 250 photographs
PER_STYLE, CLIPART, SHAPES, SCENES = 250, 1500, 500, 300


def drawings(worlds: Path, split: str) -> list[Drawing]:
    """A sample of one split: glyphs, each style as often, and clip art."""
    rng, found = np.random.default_rng(0), []
    for size, every in (
        *((PER_STYLE, glyphs(worlds, style)) for style in STYLES),
        (CLIPART, clipart(worlds)),
    ):
        some = [one for one in every if one.split == split and not one.once]
        chosen = rng.choice(len(some), min(size, len(some)), replace=False)
        found += [some[i] for i in sorted(chosen)]
    return found


def renders(split: str) -> list[Any]:
    """Shapes of `furniture`, each from one side in one style, and scenes of `babel`."""
    rng, (shapes, scenes) = np.random.default_rng(0), map(load_world, ("furniture", "babel"))
    poses, styles = turntable(24), ("shaded", *names())
    found: list[Any] = []
    meshes = shapes.items["mesh"]
    chosen = [x for x in meshes.ids if shapes.split[x] == split][:SHAPES]
    for number, item in enumerate(meshes.take(chosen).payload):
        pose = poses[rng.integers(len(poses))]
        (view,) = drawn(mesh(item), (pose,), styles[number % len(styles)])
        found.append(Image.fromarray(view.colour))
    images = scenes.items["image"]
    some = [x for x in images.ids if scenes.split[x] == split][:SCENES]
    return [*found, *images.take(some).payload]


def drawn_and_rendered(worlds: Path, split: str) -> list[Any]:
    """All pictures of one split that are no photographs."""
    return [*(one.picture for one in drawings(worlds, split)), *renders(split)]


def tops(model: onnx.ModelProto, items: Sequence[Any]) -> np.ndarray:
    """(n, 1280) standardised top features of pictures, sixteen at a time."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    model.graph.node.append(helper.make_node("Identity", [top_features(model)], ["top"]))
    model.graph.output.append(helper.make_tensor_value_info("top", TensorProto.FLOAT, None))
    network = onnxruntime.InferenceSession(model.SerializeToString())
    batches = (items[i : i + 16] for i in range(0, len(items), 16))
    return np.concatenate(
        [network.run(["top"], {"pixels": np.stack([*map(pixels, some)])})[0] for some in batches]
    )


def activity(path: str) -> str:
    """The collection of GCompris that a photograph lies in."""
    return path.partition("/activities/")[2].split("/")[0]


def fitted(photographs: np.ndarray, drawings: np.ndarray) -> np.ndarray:
    """(1281,) row and bias from two sets of top features."""
    seen = np.concatenate([photographs, drawings]).astype(np.float64)
    kind = np.repeat([1, 0], [len(photographs), len(drawings)])
    gate = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=3000).fit(seen, kind)
    return np.append(gate.coef_[0], gate.intercept_).astype(np.float32)


def parted(gate: np.ndarray, photographs: np.ndarray, drawings: np.ndarray) -> str:
    """The area under the ROC curve and the median of d, in words."""
    d = [some @ gate[:-1] + gate[-1] for some in (photographs, drawings)]
    kind = np.repeat([1, 0], [len(one) for one in d])
    area = roc_auc_score(kind, np.concatenate(d))
    return f"AUC {area:.3f}, median d {np.median(d[0]):+.2f}, n={len(photographs)}"


def main() -> None:
    """Fit, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--worlds", type=Path, default=WORLDS)
    parser.add_argument("--build", type=Path, default=Path(".build"))
    args = parser.parse_args()
    model = onnx.load(args.weights / "image.onnx")
    free = free_photographs(args.build)
    inside = np.array([activity(path) for path in free])
    seen = tops(model, [*free.values()])
    learned, held = (
        tops(model, drawn_and_rendered(args.worlds, split)) for split in ("train", "val")
    )
    for name in sorted(set(inside)):
        gate = fitted(seen[inside != name], learned)
        print(f"{name:<26} unseen: {parted(gate, seen[inside == name], held)}")
    gate = fitted(seen, learned)
    for name, some in photographs().items():
        print(f"{name:<26} unseen: {parted(gate, tops(model, [p for p, _ in some]), held)}")
    np.save(GATE, gate)


if __name__ == "__main__":
    main()
