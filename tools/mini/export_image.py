"""Image tower as an ONNX graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from onnx import TensorProto
from torch import Tensor, nn

from tools.mini.branch import Branch
from tools.mini.graph import Graph
from tools.mini.image_tower import Block, Conv, ImageTower


def array(x: Tensor) -> np.ndarray:
    """Weights as float32."""
    return x.detach().numpy().astype(np.float32)


def start(g: Graph) -> str:
    """uint8 (n, 224, 224, 3) → float (n, 3, 224, 224), (x - 127)/128."""
    x = g.add("Cast", g.add("Transpose", "pixels", perm=[0, 3, 1, 2]), to=TensorProto.FLOAT)
    return g.add("Mul", g.add("Sub", x, g.const(np.float32(127))), g.const(np.float32(1 / 128)))


def conv(g: Graph, x: str, module: Conv, eight: bool = False) -> str:
    """One convolution, stored in 16 or in `eight` bits, with ReLU6 as a clip that is fused."""
    before, after = module.pads()
    size, weight = module.spec.kernel, array(module.weight)
    x = g.add(
        "Conv",
        x,
        g.int8(weight, axis=0) if eight else g.half(weight),
        g.const(array(module.bias)),
        kernel_shape=[size, size],
        strides=[module.spec.stride] * 2,
        pads=[before, before, after, after],
        group=module.spec.groups,
    )
    return (
        g.add("Clip", x, g.const(np.float32(0)), g.const(np.float32(6))) if module.spec.relu6 else x
    )


def layers(g: Graph, x: str, modules: nn.Sequential, eight: bool = False) -> str:
    """A chain of convolutions and blocks."""
    for module in modules:
        if isinstance(module, Conv):
            x = conv(g, x, module, eight)
        elif isinstance(module, Block):
            y = x
            for part in module.convs:
                y = conv(g, y, part, eight)
            x = g.add("Add", x, y) if module.residual else y
    return x


@dataclass(frozen=True)
class Seen:
    """Names of what the frozen tower makes of `pixels`."""

    features: str  # (n, 1840)
    chances: str  # (n, 1000), softmax of the classifier
    middle: str  # (n, 560), the second part of the features
    maps: str  # (n, 192, 7, 7), where the second branch starts


def pooled(g: Graph, maps: str) -> str:
    """(n, c, h, w) → (n, c) means."""
    return g.add("ReduceMean", maps, g.const(np.array([2, 3])), keepdims=0)


def seen(g: Graph, tower: ImageTower) -> Seen:
    """Run the frozen tower.

    Features are the means of the top map and, for colours, lines and where they are, the middle
    map's means over four quarters and its maxima.
    """
    middle = layers(g, start(g), tower.middle)
    maps = layers(g, middle, tower.down)
    top = pooled(g, layers(g, layers(g, maps, tower.late), tower.top))
    quarters = g.add("AveragePool", middle, kernel_shape=[7, 7], strides=[7, 7])
    largest = g.add("ReduceMax", middle, g.const(np.array([2, 3])), keepdims=0)
    both = g.add("Concat", g.add("Flatten", quarters, axis=1), largest, axis=1)
    weight, bias = array(tower.classifier.weight), array(tower.classifier.bias)
    logits = g.add("Add", g.add("MatMul", top, g.int8(weight.T, axis=1)), g.const(bias))
    features = g.add("Concat", top, both, axis=1)
    return Seen(features, g.add("Softmax", logits, axis=1), both, maps)


def branch(g: Graph, found: Seen, second: Branch) -> str:
    """(n, 1840) features of the second branch, whose weights are stored in 8 bits."""
    maps = layers(g, layers(g, found.maps, second.late, eight=True), second.top, eight=True)
    return g.add("Concat", pooled(g, maps), found.middle, axis=1)
