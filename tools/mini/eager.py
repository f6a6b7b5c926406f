"""The shipped graphs in plain eager torch, operator by operator: reference of speed and parity.

Weights are dequantised once at the start, as ONNX Runtime does when it opens the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper
from torch import Tensor

Values = Sequence[Tensor]
Given = Mapping[str, Any]
TYPES = {onnx.TensorProto.FLOAT: torch.float32, onnx.TensorProto.INT32: torch.int32}


def conv(x: Values, a: Given) -> Tensor:
    """Convolution; torch pads one side more than the other only by a step of its own."""
    top, left, bottom, right = a["pads"]
    same = top == bottom and left == right
    image = x[0] if same else F.pad(x[0], (left, right, top, bottom))
    return F.conv2d(image, x[1], x[2], a["strides"], (top, left) if same else 0, groups=a["group"])


def attention(x: Values, a: Given) -> Tensor:
    """Multi-head self-attention over the tokens that are there."""
    n, t, d = x[0].shape
    q, k, v = (x[0] @ x[1] + x[2]).view(n, t, 3, a["num_heads"], -1).permute(2, 0, 3, 1, 4)
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=x[3].bool()[:, None, None, :])
    return mixed.transpose(1, 2).reshape(n, t, d)


def divided(x: Values, _: Given) -> Tensor:
    """Quotient, of whole numbers a whole number."""
    return x[0] / x[1] if x[0].is_floating_point() else x[0] // x[1]


def cut(x: Values, a: Given) -> Tensor:
    """From x[1] to x[2] along axis x[3]."""
    return x[0].narrow(int(x[3]) if len(x) > 3 else 0, int(x[1]), int(x[2]) - int(x[1]))


def skip(x: Values, a: Given) -> Tensor:
    """Residual, bias and layer normalisation."""
    return F.layer_norm(x[0] + x[1] + x[4], x[2].shape, x[2], x[3], a["epsilon"])


OPERATORS: dict[str, Callable[[Values, Given], Any]] = {
    "Add": lambda x, a: x[0] + x[1],
    "Attention": attention,
    "AveragePool": lambda x, a: F.avg_pool2d(x[0], a["kernel_shape"], a["strides"]),
    "BiasGelu": lambda x, a: F.gelu(x[0] + x[1]),
    "Cast": lambda x, a: x[0].to(TYPES[a["to"]]),
    "Clip": lambda x, a: F.hardtanh(x[0], 0.0, 6.0),
    "Concat": lambda x, a: torch.cat(list(x), a["axis"]),
    "Conv": conv,
    "Div": divided,
    "Equal": lambda x, a: x[0] == x[1],
    "Flatten": lambda x, a: x[0].flatten(a["axis"]),
    "Gather": lambda x, a: F.embedding(x[1], x[0]),
    "Gelu": lambda x, a: F.gelu(x[0]),
    "Identity": lambda x, a: x[0],
    "LayerNormalization": lambda x, a: F.layer_norm(x[0], x[1].shape, x[1], x[2], a["epsilon"]),
    "LpNormalization": lambda x, a: x[0] / x[0].norm(dim=a["axis"], keepdim=True),
    "MatMul": lambda x, a: x[0] @ x[1],
    "Mul": lambda x, a: x[0] * x[1],
    "Not": lambda x, a: ~x[0],
    "ReduceMax": lambda x, a: x[0].amax(tuple(x[1].tolist())),
    "ReduceMean": lambda x, a: x[0].mean(tuple(x[1].tolist()), keepdim=bool(a["keepdims"])),
    "ReduceSum": lambda x, a: x[0].sum(tuple(x[1].tolist())),
    "Relu": lambda x, a: F.relu(x[0]),
    "Shape": lambda x, a: torch.tensor(x[0].shape),
    "Slice": cut,
    "SkipLayerNormalization": skip,
    "Softmax": lambda x, a: x[0].softmax(a["axis"]),
    "Sqrt": lambda x, a: x[0].sqrt(),
    "Sub": lambda x, a: x[0] - x[1],
    "Transpose": lambda x, a: x[0].permute(a["perm"]).contiguous(),
    "Unsqueeze": lambda x, a: x[0].unsqueeze(int(x[1])),
}


class Eager:
    """A graph that is called like a function of its one input."""

    def __init__(self, path: Path) -> None:
        graph = onnx.load(path).graph
        self.input, self.output = graph.input[0].name, graph.output[0].name
        self.known = {
            t.name: torch.from_numpy(np.array(numpy_helper.to_array(t))) for t in graph.initializer
        }
        self.steps: list[tuple[Callable[[Values, Given], Any], list[str], Given, str]] = []
        for node in graph.node:
            given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            step = (OPERATORS[node.op_type], list(node.input), given, node.output[0])
            if all(name in self.known for name in node.input):
                self.known[step[3]] = step[0]([self.known[name] for name in node.input], given)
            else:
                self.steps.append(step)

    @torch.inference_mode()
    def __call__(self, value: np.ndarray) -> np.ndarray:
        """The graph's output."""
        values = {**self.known, self.input: torch.from_numpy(value)}
        for operator, inputs, given, output in self.steps:
            values[output] = operator([values[name] for name in inputs], given)
        return values[self.output].numpy()
