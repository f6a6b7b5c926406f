"""Give built weights the present `NameWeight`: `python -m tools.mini.rejoin [--weights DIR]`.

How much the expected class name weighs (heads.py) is no trained number: when it alone changes, the
few nodes of it in the graph are replaced, and all trained weights stay as they are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from itertools import takewhile
from pathlib import Path

import onnx
from onnx import numpy_helper

from isthmus.encode.mini import WEIGHTS
from tools.mini.export_heads import risen
from tools.mini.graph import Graph
from tools.mini.heads import SHIPPED, NameWeight


def rejoined(model: onnx.ModelProto, by: NameWeight) -> onnx.ModelProto:
    """A copy of a graph of `export_heads.image_model` whose weight of the class name is `risen`.

    The nodes from r to the weight follow the only square root, and read nothing but r, the top
    features, one another and constants.
    """
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph, nodes = model.graph, list(model.graph.node)
    stored = {tensor.name: tensor for tensor in graph.initializer}
    start = next(i for i, node in enumerate(nodes) if node.op_type == "Sqrt") + 1
    top, rms = top_features(model), nodes[start - 1].output[0]
    known = {top, rms, *stored}

    def of_the_weight(node: onnx.NodeProto) -> bool:
        known.update(node.output if known.issuperset(node.input) else ())
        return node.output[0] in known

    old = list(takewhile(of_the_weight, nodes[start:]))
    adds = [name for node in old if node.op_type == "Add" for name in node.input]
    share = next(numpy_helper.to_array(stored[x]).item() for x in adds if x in stored)
    g = Graph("weight", prefix="weight.")
    risen(g, top, rms, share, by)
    g.nodes[-1].output[0] = old[-1].output[0]
    nodes[start : start + len(old)] = []
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in stored.values() if tensor.name in used]
    nodes[start:start] = g.nodes
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*kept, *g.stored])
    onnx.checker.check_model(model)
    return model


def top_features(model: onnx.ModelProto) -> str:
    """The standardised top features of the frozen branch: what r is the root mean square of."""
    made = {node.output[0]: node for node in model.graph.node}
    root = next(node for node in model.graph.node if node.op_type == "Sqrt")
    return made[made[root.input[0]].input[0]].input[0]


def main() -> None:
    """Rewrite image.onnx and what config.json says of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    folder = parser.parse_args().weights
    graph = rejoined(onnx.load(folder / "image.onnx"), SHIPPED).SerializeToString(
        deterministic=True
    )
    (folder / "image.onnx").write_bytes(graph)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["sha256"]["image.onnx"] = hashlib.sha256(graph).hexdigest()
    config["made"]["name weight"] = {"slope": SHIPPED.slope, "steep": SHIPPED.steep}
    config["made"].pop("rises", None)
    (folder / "config.json").write_text(
        json.dumps(config, indent=1, sort_keys=True) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
