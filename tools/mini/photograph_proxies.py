"""How well photographs keep their class: `python -m tools.mini.photograph_proxies [--build DIR]`.

There are no labelled photographs of the 1,000 classes here. In their place stand: free photographs
without labels (does the nearest of 1,000 class names agree with the classifier, whose accuracy is
published?), 24 animals by name, and simulated ones, whose class scores are drawn around a row of
the classifier and whose other half is that of a real photograph. Rows: the join as it ships, with
other weights of the class name, and the class name alone. A photograph's gate never saw its
collection. Drawings (validation glyphs and stamps) stand beside.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from posixpath import basename
from typing import Any
from zlib import crc32

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from isthmus.encode.mini import WEIGHTS, open_weights, pixels
from isthmus.types import Encoder
from tools.mini.gcompris import free_photographs
from tools.mini.heads import SHIPPED, TOP, NameWeight
from tools.mini.photograph_gate import activity, drawn_and_rendered, fitted, tops
from tools.mini.photographs import photographs
from tools.mini.pictures import STYLES, WORLDS, glyphs
from tools.mini.rejoin import top_features
from tools.mini.scores import Figure, figure, one_to_one, ranks, unit
from tools.mini.sources import class_names
from tools.mini.stamps import stamps

JOINS = {
    "as shipped": SHIPPED,
    "without the gate (before)": replace(SHIPPED, steep=0.0),
    "gate of 30": replace(SHIPPED, steep=30.0),
    "gate of 200": replace(SHIPPED, steep=200.0),
    "class name alone": NameWeight(0.0, 1e6, np.append(np.zeros(TOP), 1).astype(np.float32)),
}
LIKELY = (0.0, 0.3, 0.5, 0.8, 1.01)
"""Borders of the likelihood of the classifier's first class."""
SCENES = ("explore_farm_animals", "explore_monuments", "explore_world_animals", "others")
"""Collections of whole pictures; those of the others are mostly cut out, on white."""
SHARP, NOISE = 10.0, 2.5
"""Of simulated class scores: softmax(SHARP·cosines of the classifier's rows + NOISE·normal)."""
TEMPLATE = "a photo of a {}."


@dataclass(frozen=True)
class Seen:
    """What the shipped image graph makes of pictures, row by row."""

    embedding: np.ndarray  # (n, 384)
    chances: np.ndarray  # (n, 1000), softmax of the classifier
    expected: np.ndarray  # (n, 384), the expected class name
    weight: np.ndarray  # (n, 1), of it
    top: np.ndarray  # (n, 1280), standardised top features
    names: np.ndarray  # (1000, 384), the classes' names, mean removed
    rows: np.ndarray  # (1280, 1000), the classifier

    @property
    def own(self) -> np.ndarray:
        """(n, 384): what the vector says beside the class name."""
        return self.embedding - self.weight * self.expected

    @property
    def share(self) -> float:
        """The learned weight, which `NameWeight` multiplies."""
        return float(np.median(self.weight / SHIPPED.of(self.top)))


def tapped(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with the fields of `Seen` as outputs."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    nodes = list(model.graph.node)
    made = {node.output[0]: node for node in nodes}
    softmax = next(node for node in nodes if node.op_type == "Softmax")
    expected = next(n for n in nodes if n.op_type == "MatMul" and softmax.output[0] in n.input)
    weighed = [n for n in nodes if n.op_type == "Mul" and n.input[0] == expected.output[0]][-1]
    taps = {
        "chances": softmax.output[0],
        "expected": expected.output[0],
        "weight": weighed.input[1],
        "top": top_features(model),
        "names": expected.input[1],
        "rows": made[made[softmax.input[0]].input[0]].input[1],
    }
    for name, value in taps.items():
        model.graph.node.append(helper.make_node("Identity", [value], [name]))
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return model


def seen(network: onnxruntime.InferenceSession, items: Sequence[Any]) -> Seen:
    """Of pictures, sixteen at a time, by a graph that is `tapped`."""
    names = [field.name for field in fields(Seen)]
    batches = (items[i : i + 16] for i in range(0, len(items), 16))
    parts = [
        dict(
            zip(names, network.run(names, {"pixels": np.stack([*map(pixels, some)])}), strict=True)
        )
        for some in batches
    ]
    alike = ("names", "rows")  # the same in every batch
    return Seen(
        **{f: parts[0][f] if f in alike else np.concatenate([p[f] for p in parts]) for f in names}
    )


@dataclass(frozen=True)
class Photographs:
    """Free and other photographs, with gates that never saw a picture's collection."""

    found: Seen
    animals: Sequence[str | None]
    gates: Mapping[str, np.ndarray]
    collections: np.ndarray

    def weights(self, by: NameWeight) -> np.ndarray:
        """(n, 1) of every picture; a `steep` gate is that of its collection."""
        out = np.empty_like(self.found.weight)
        for name, gate in self.gates.items():
            rows = self.collections == name
            own = replace(by, gate=gate) if by.gate is SHIPPED.gate else by
            out[rows] = self.found.share * own.of(self.found.top[rows])
        return out


def all_photographs(
    network: onnxruntime.InferenceSession, model: onnx.ModelProto, build: Path
) -> Photographs:
    """Those of GCompris, then the few others, which no gate ever saw."""
    free = free_photographs(build)
    others = [path for some in photographs().values() for path, _ in some]
    found = seen(network, [*free.values(), *others])
    learned = tops(model, drawn_and_rendered(WORLDS, "train"))
    inside = np.array([*map(activity, free), *("others" for _ in others)])
    gates = {
        name: fitted(found.top[(inside != name) & (inside != "others")], learned)
        for name in sorted(set(inside))
    }
    animals = [*map(animal, free), *(None for _ in others)]
    return Photographs(found, animals, gates, inside)


def named(vectors: np.ndarray, texts: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(n,) 1 where the nearest text is the wanted one, or one of equal vector."""
    cosines = unit(vectors) @ unit(texts).T
    return (cosines.max(1) <= cosines[np.arange(len(wanted)), wanted] + 1e-6).astype(float)


def simulated(found: Seen, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(1000, 384): the scores of class c are drawn, the rest is that of a picture drawn too."""
    rows = found.rows / np.linalg.norm(found.rows, axis=0)
    logits = SHARP * rows.T @ rows + NOISE * rng.normal(size=(rows.shape[1],) * 2)
    chances = np.exp(logits - logits.max(1, keepdims=True))
    expected = chances / chances.sum(1, keepdims=True) @ found.names
    lent = rng.integers(len(found.embedding), size=len(expected))
    return weights[lent] * expected + found.own[lent]


def animal(path: str) -> str | None:
    """The name that its file gives an animal of GCompris."""
    return basename(path).split(".")[0].replace("_", " ") if "/animals/" in path else None


def photograph_figures(some: Photographs, text: Encoder, by: NameWeight) -> dict[str, Figure]:
    """All proxies of photographs under one join."""
    found, rng, table = some.found, np.random.default_rng(0), {}
    weights = some.weights(by)
    vectors = weights * found.expected + found.own
    names = text.encode([TEMPLATE.format(name) for name in class_names()])
    first, likely = found.chances.argmax(1), found.chances.max(1)
    agrees = named(vectors, names, first)
    for low, high in pairwise(LIKELY):
        within = agrees[(likely >= low) & (likely < high)]
        table[f"agrees with the classifier, likelihood {low} to {min(high, 1.0)}"] = figure(within)
    table["agrees with the classifier, all"] = figure(agrees)
    scenes = np.isin(some.collections, SCENES)
    table["agrees with the classifier, whole scenes"] = figure(agrees[scenes])
    drawn = simulated(found, weights, rng)
    table["simulated, right one of 1,000"] = figure(named(drawn, names, np.arange(1000)))
    rows = [i for i, name in enumerate(some.animals) if name]
    known = sorted({name for name in some.animals if name})
    wanted = np.array([known.index(some.animals[i] or "") for i in rows])
    texts = text.encode([TEMPLATE.format(name) for name in known])
    table[f"animals, right one of {len(known)}"] = figure(named(vectors[rows], texts, wanted))
    return table


@dataclass(frozen=True)
class Drawings:
    """Validation glyphs by style, and the validation half of the stamps by kind."""

    glyphs: Mapping[str, Seen]
    names: np.ndarray  # (n, 384), text vectors of the glyphs' names
    stamps: Mapping[str, tuple[Seen, np.ndarray, np.ndarray]]
    """Pictures, text vectors of their distinct captions, and which caption fits which picture."""


def all_drawings(network: onnxruntime.InferenceSession, text: Encoder, build: Path) -> Drawings:
    """Both, seen once."""
    by_style = {
        style: [one for one in glyphs(WORLDS, style) if one.split == "val"] for style in STYLES
    }
    names = text.encode([one.name for one in by_style["noto"]])
    stamped = {}
    for kind, every in stamps(build).items():
        half = [one for one in every if crc32(one.caption.encode()) % 2 == 0]
        captions = sorted({one.caption for one in half})
        fits = np.array([[one.caption == caption for one in half] for caption in captions])
        pictures = seen(network, [one.picture for one in half])
        stamped[kind] = pictures, text.encode(captions), fits
    found = {
        style: seen(network, [one.picture for one in some]) for style, some in by_style.items()
    }
    return Drawings(found, names, stamped)


def drawing_figures(some: Drawings, by: NameWeight) -> dict[str, Figure]:
    """R@1 and R@5 of glyphs, mean over the styles; hit@1 of stamps' captions."""

    def vectors(found: Seen) -> np.ndarray:
        return found.share * by.of(found.top) * found.expected + found.own

    hits = [one_to_one(some.names, vectors(found)) for found in some.glyphs.values()]
    table = {
        f"glyphs val, R@{k}": figure(np.mean([one[k] for one in hits], axis=0)) for k in (1, 5)
    }
    for kind, (found, captions, fits) in some.stamps.items():
        rank = ranks(unit(captions) @ unit(vectors(found)).T, fits)
        table[f"stamps val, {kind}, hit@1"] = figure((rank <= 1).astype(float))
    return table


def main() -> None:
    """Print the table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument(
        "--out", type=Path, default=Path("benchmarks/results/mini_photographs.json")
    )
    args = parser.parse_args()
    text, graph = open_weights(args.weights)["text"], onnx.load(args.weights / "image.onnx")
    network = onnxruntime.InferenceSession(tapped(graph).SerializeToString())
    photographed = all_photographs(network, graph, args.build)
    drawn = all_drawings(network, text, args.build)
    table: dict[str, dict[str, Figure]] = {}
    for name, by in JOINS.items():
        table[name] = photograph_figures(photographed, text, by) | drawing_figures(drawn, by)
        for row, value in table[name].items():
            print(f"{name:<28} {row:<52} {value}  n={value.n}", flush=True)
    kept = {
        "weights": json.loads((args.weights / "config.json").read_text("utf-8"))["sha256"],
        "pictures": len(photographed.animals),
        "joins": {name: {k: v.to_dict() for k, v in rows.items()} for name, rows in table.items()},
    }
    args.out.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
