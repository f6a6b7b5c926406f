"""A small writer of ONNX graphs whose weights are stored in 4, 8 or 16 bits and used in 32.

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
    """Nodes and constants in the order they are added; values are called by prefix and number."""

    def __init__(self, name: str, prefix: str = "") -> None:
        self.name, self.prefix = name, prefix
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append a node, return the name of its (first) output."""
        out = f"{self.prefix}v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [out], domain=domain, **attributes))
        return out

    def const(self, value: np.ndarray) -> str:
        """A constant as it is."""
        name = f"{self.prefix}c{len(self.stored)}"
        self.stored.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def half(self, value: np.ndarray) -> str:
        """A weight stored in 16 bits."""
        return self.add("Cast", self.const(value.astype(np.float16)), to=TensorProto.FLOAT)

    def int8(self, value: np.ndarray, axis: int) -> str:
        """A weight stored in 8 bits with one scale for each index along `axis`."""
        codes, scale = codes_of(value, axis, 127)
        whole = self.add("Cast", self.const(codes.astype(np.int8)), to=TensorProto.FLOAT)
        return self.add("Mul", whole, self.const(scale))

    def int4(self, value: np.ndarray) -> str:
        """A matrix of evenly many rows stored in 4 bits with one scale for each column.

        The upper half of the rows lies in the low bits, the lower half in the high bits.
        """
        codes, scale = codes_of(value, 1, 7)
        low, high = np.split((codes + 8).astype(np.uint8), 2)
        both = self.add("Cast", self.const(low | high << 4), to=TensorProto.INT32)
        sixteen = self.const(np.int32(16))
        high_bits = self.add("Div", both, sixteen)
        low_bits = self.add("Sub", both, self.add("Mul", high_bits, sixteen))
        whole = self.add(
            "Sub", self.add("Concat", low_bits, high_bits, axis=0), self.const(np.int32(8))
        )
        return self.add("Mul", self.add("Cast", whole, to=TensorProto.FLOAT), self.const(scale))

    def model(
        self, inputs: list[onnx.ValueInfoProto], outputs: dict[str, tuple[str, int]]
    ) -> onnx.ModelProto:
        """The finished model; `outputs` gives each output's value and number of columns."""
        nodes = [*self.nodes]
        nodes += [helper.make_node("Identity", [v], [name]) for name, (v, _) in outputs.items()]
        out = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", columns])
            for name, (_, columns) in outputs.items()
        ]
        graph = helper.make_graph(nodes, self.name, inputs, out, self.stored)
        domains = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(
            graph, opset_imports=domains, ir_version=9, producer_name="isthmus"
        )


def codes_of(value: np.ndarray, axis: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers in -most..most and scales; each channel is clipped where it loses least."""
    others = tuple(i for i in range(value.ndim) if i != axis)
    top = np.maximum(np.abs(value).max(axis=others, keepdims=True), 1e-12).astype(np.float32)
    best_scale, best_loss = top / most, np.full(top.shape, np.inf, np.float32)
    for share in (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5):
        scale = top * np.float32(share / most)
        error = np.clip(np.round(value / scale), -most, most) * scale - value
        loss = (error**2).sum(axis=others, keepdims=True)
        best_scale = np.where(loss < best_loss, scale, best_scale)
        best_loss = np.minimum(loss, best_loss)
    codes = np.clip(np.round(value / best_scale), -most, most).astype(np.int32)
    return codes, best_scale.astype(np.float32)


def pixels() -> onnx.ValueInfoProto:
    """(n, 224, 224, 3) sRGB 0..255."""
    return helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", 224, 224, 3])


def ids() -> onnx.ValueInfoProto:
    """(n, t) token numbers, 0 = padding."""
    return helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", "t"])
