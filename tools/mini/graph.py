"""A small writer of ONNX graphs whose weights are stored in 8 or 16 bits and used in 32.

Every stored weight is followed by Cast (and Mul by a scale per channel), which ONNX Runtime folds
into ordinary float32 constants when it opens the file. Activations are never quantised, so a vector
does not depend on what else is in its batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20


class Graph:
    """Nodes and constants in the order they are added; values are called by name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append a node, return the name of its (first) output."""
        out = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [out], domain=domain, **attributes))
        return out

    def const(self, value: np.ndarray) -> str:
        """A constant as it is."""
        name = f"c{len(self.stored)}"
        self.stored.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def half(self, value: np.ndarray) -> str:
        """A weight stored in 16 bits."""
        return self.add("Cast", self.const(value.astype(np.float16)), to=TensorProto.FLOAT)

    def int8(self, value: np.ndarray, axis: int) -> str:
        """A weight stored in 8 bits with one scale for each index along `axis`."""
        codes, scale = int8_codes(value, axis)
        return self.add(
            "Mul", self.add("Cast", self.const(codes), to=TensorProto.FLOAT), self.const(scale)
        )

    def model(self, inputs: list[onnx.ValueInfoProto], output: str, dim: int) -> onnx.ModelProto:
        """The finished model with one output, ``embedding`` (n, dim)."""
        out = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", dim])
        nodes = [*self.nodes, helper.make_node("Identity", [output], ["embedding"])]
        graph = helper.make_graph(nodes, self.name, inputs, [out], self.stored)
        domains = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(
            graph, opset_imports=domains, ir_version=9, producer_name="isthmus"
        )


def int8_codes(value: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes in -127..127 and scales, of the clipping that loses least (of six) in every channel."""
    others = tuple(i for i in range(value.ndim) if i != axis)
    top = np.maximum(np.abs(value).max(axis=others, keepdims=True), 1e-12).astype(np.float32)
    best_scale, best_loss = top / 127, np.full(top.shape, np.inf, np.float32)
    for share in (1.0, 0.95, 0.9, 0.85, 0.8, 0.7):
        scale = top * np.float32(share / 127)
        error = np.clip(np.round(value / scale), -127, 127) * scale - value
        loss = (error**2).sum(axis=others, keepdims=True)
        best_scale = np.where(loss < best_loss, scale, best_scale)
        best_loss = np.minimum(loss, best_loss)
    return np.clip(np.round(value / best_scale), -127, 127).astype(np.int8), best_scale.astype(
        np.float32
    )


def pixels() -> onnx.ValueInfoProto:
    """(n, 224, 224, 3) sRGB 0..255."""
    return helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", 224, 224, 3])


def ids() -> onnx.ValueInfoProto:
    """(n, t) token numbers, 0 = padding."""
    return helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", "t"])
