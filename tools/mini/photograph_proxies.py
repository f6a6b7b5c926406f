"""How well photographs keep their class: `python -m tools.mini.photograph_proxies [--build DIR]`.

There are no labelled photographs of the 1,000 classes here. In their place stand: free photographs
without labels (does the nearest of 1,000 class names agree with the classifier, whose accuracy is
published?), 24 animals by name, and simulated ones, whose class scores are drawn around a row of
the classifier and whose other half is that of a real photograph. Rows: the join as it ships, with
other rises of the class name's weight, and the class name alone. Glyphs stand beside (validation).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from posixpath import basename

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from isthmus.encode.mini import WEIGHTS, open_weights, pixels, session
from isthmus.types import Encoder
from tools.mini.evaluate import glyph_scores
from tools.mini.gcompris import free_photographs
from tools.mini.heads import RISES
from tools.mini.photographs import photographs
from tools.mini.pictures import WORLDS
from tools.mini.rejoin import rejoined
from tools.mini.scores import Figure, figure, unit
from tools.mini.sources import class_names

JOINS = {
    "as shipped": RISES,
    "18 above 1 (before)": ((1.0, 18.0),),
    "18 above 1, 200 above 1.2": ((1.0, 18.0), (1.2, 200.0)),
    "100 above 1": ((1.0, 100.0),),
    "class name alone": ((0.0, 1e6),),
}
LIKELY = (0.0, 0.3, 0.5, 0.8, 1.01)
"""Borders of the likelihood of the classifier's first class."""
SHARP, NOISE = 10.0, 2.5
"""Of simulated class scores: softmax(SHARP·cosines of the classifier's rows + NOISE·normal)."""
TEMPLATE = "a photo of a {}."


@dataclass(frozen=True)
class Seen:
    """What an image graph makes of pictures, row by row."""

    embedding: np.ndarray  # (n, 384)
    chances: np.ndarray  # (n, 1000), softmax of the classifier
    expected: np.ndarray  # (n, 384), the expected class name
    weight: np.ndarray  # (n, 1), of it
    names: np.ndarray  # (1000, 384), the classes' names, mean removed
    rows: np.ndarray  # (1280, 1000), the classifier


def tapped(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with the fields of `Seen` as outputs."""
    nodes = list(model.graph.node)
    made = {node.output[0]: node for node in nodes}
    softmax = next(node for node in nodes if node.op_type == "Softmax")
    expected = next(n for n in nodes if n.op_type == "MatMul" and softmax.output[0] in n.input)
    weighed = [n for n in nodes if n.op_type == "Mul" and n.input[0] == expected.output[0]][-1]
    taps = {
        "chances": softmax.output[0],
        "expected": expected.output[0],
        "weight": weighed.input[1],
        "names": expected.input[1],
        "rows": made[made[softmax.input[0]].input[0]].input[1],
    }
    for name, value in taps.items():
        model.graph.node.append(helper.make_node("Identity", [value], [name]))
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return model


def seen(model: onnx.ModelProto, pictures: np.ndarray) -> Seen:
    """Of (n, 224, 224, 3) pictures, sixteen at a time."""
    network = onnxruntime.InferenceSession(tapped(model).SerializeToString())
    fields = [one.name for one in network.get_outputs()]
    parts = [
        dict(zip(fields, network.run(None, {"pixels": batch}), strict=True))
        for batch in np.split(pictures, range(16, len(pictures), 16))
    ]
    alike = ("names", "rows")  # the same in every batch
    return Seen(
        **{f: parts[0][f] if f in alike else np.concatenate([p[f] for p in parts]) for f in fields}
    )


def named(vectors: np.ndarray, texts: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(n,) 1 where the nearest text is the wanted one, or one of equal vector."""
    cosines = unit(vectors) @ unit(texts).T
    return (cosines.max(1) <= cosines[np.arange(len(wanted)), wanted] + 1e-6).astype(float)


def simulated(found: Seen, rng: np.random.Generator) -> np.ndarray:
    """(1000, 384): the scores of class c are drawn, the rest is that of a picture drawn too."""
    rows = found.rows / np.linalg.norm(found.rows, axis=0)
    logits = SHARP * rows.T @ rows + NOISE * rng.normal(size=(rows.shape[1],) * 2)
    chances = np.exp(logits - logits.max(1, keepdims=True))
    expected = chances / chances.sum(1, keepdims=True) @ found.names
    own = found.embedding - found.weight * found.expected
    lent = rng.integers(len(found.embedding), size=len(expected))
    return found.weight[lent] * expected + own[lent]


def animal(path: str) -> str | None:
    """The name that its file gives an animal of GCompris."""
    return basename(path).split(".")[0].replace("_", " ") if "/animals/" in path else None


def figures(
    model: onnx.ModelProto, text: Encoder, pictures: np.ndarray, animals: Sequence[str | None]
) -> dict[str, Figure]:
    """All proxies of one graph."""
    found, rng, table = seen(model, pictures), np.random.default_rng(0), {}
    names = text.encode([TEMPLATE.format(name) for name in class_names()])
    first, likely = found.chances.argmax(1), found.chances.max(1)
    agrees = named(found.embedding, names, first)
    for low, high in pairwise(LIKELY):
        some = agrees[(likely >= low) & (likely < high)]
        table[f"agrees with the classifier, likelihood {low} to {min(high, 1.0)}"] = figure(some)
    table["agrees with the classifier, all"] = figure(agrees)
    drawn = simulated(found, rng)
    table["simulated, right one of 1,000"] = figure(named(drawn, names, np.arange(1000)))
    rows = [i for i, name in enumerate(animals) if name]
    known = sorted({name for name in animals if name})
    wanted = np.array([known.index(animals[i] or "") for i in rows])
    texts = text.encode([TEMPLATE.format(name) for name in known])
    right = named(found.embedding[rows], texts, wanted)
    table[f"animals, right one of {len(known)}"] = figure(right)
    return table


def glyph_figures(encoders: dict[str, Encoder]) -> dict[str, Figure]:
    """R@1 and R@5 of validation glyphs, mean over the styles."""
    _, found = glyph_scores(encoders, WORLDS, "val")
    return {
        f"glyphs val, R@{k}": figure(np.mean([hits[k] for hits in found.values()], axis=0))
        for k in (1, 5)
    }


def main() -> None:
    """Print the table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument(
        "--out", type=Path, default=Path("benchmarks/results/mini_photographs.json")
    )
    args = parser.parse_args()
    encoders, graph = open_weights(args.weights), onnx.load(args.weights / "image.onnx")
    free = free_photographs(args.build)
    others = [path for some in photographs().values() for path, _ in some]
    pictures = np.stack([pixels(item) for item in [*free.values(), *others]])
    animals = [*map(animal, free), *(None for _ in others)]
    table: dict[str, dict[str, Figure]] = {}
    for name, rises in JOINS.items():
        model = rejoined(graph, rises)
        with tempfile.TemporaryDirectory() as folder:
            onnx.save(model, f"{folder}/image.onnx")
            image = replace(encoders["image"], network=session(Path(folder) / "image.onnx"))
        table[name] = figures(model, encoders["text"], pictures, animals)
        table[name] |= glyph_figures({"image": image, "text": encoders["text"]})
        for row, value in table[name].items():
            print(f"{name:<28} {row:<52} {value}  n={value.n}", flush=True)
    kept = {
        "weights": json.loads((args.weights / "config.json").read_text("utf-8"))["sha256"],
        "pictures": len(pictures),
        "joins": {name: {k: v.to_dict() for k, v in rows.items()} for name, rows in table.items()},
    }
    args.out.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
