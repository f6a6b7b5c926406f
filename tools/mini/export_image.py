"""Image tower as an ONNX graph."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto
from torch import Tensor, nn

from tools.mini.graph import Graph
from tools.mini.image_tower import Block, Conv, ImageTower


def array(x: Tensor) -> np.ndarray:
    """Weights as float32."""
    return x.detach().numpy().astype(np.float32)


def start(g: Graph) -> str:
    """uint8 (n, 224, 224, 3) → float (n, 3, 224, 224), (x - 127)/128."""
    x = g.add("Cast", g.add("Transpose", "pixels", perm=[0, 3, 1, 2]), to=TensorProto.FLOAT)
    return g.add("Mul", g.add("Sub", x, g.const(np.float32(127))), g.const(np.float32(1 / 128)))


def conv(g: Graph, x: str, module: Conv) -> str:
    """One convolution, with ReLU6 as a clip that the runtime fuses."""
    before, after = module.pads()
    size = module.spec.kernel
    x = g.add(
        "Conv",
        x,
        g.half(array(module.weight)),
        g.const(array(module.bias)),
        kernel_shape=[size, size],
        strides=[module.spec.stride] * 2,
        pads=[before, before, after, after],
        group=module.spec.groups,
    )
    return (
        g.add("Clip", x, g.const(np.float32(0)), g.const(np.float32(6))) if module.spec.relu6 else x
    )


def layers(g: Graph, x: str, modules: nn.Sequential) -> str:
    """A chain of convolutions and blocks."""
    for module in modules:
        if isinstance(module, Conv):
            x = conv(g, x, module)
        elif isinstance(module, Block):
            y = x
            for part in module.convs:
                y = conv(g, y, part)
            x = g.add("Add", x, y) if module.residual else y
    return x


def features(g: Graph, tower: ImageTower) -> tuple[str, str]:
    """`image_tower.features` of `pixels`: (n, 1840) features and (n, 1000) class probabilities."""
    middle = layers(g, start(g), tower.middle)
    top = layers(g, layers(g, middle, tower.late), tower.top)
    places = g.const(np.array([2, 3]))
    pooled = g.add("ReduceMean", top, places, keepdims=0)
    parts = [
        pooled,
        g.add("Flatten", g.add("AveragePool", middle, kernel_shape=[7, 7], strides=[7, 7]), axis=1),
        g.add("ReduceMax", middle, places, keepdims=0),
    ]
    weight, bias = array(tower.classifier.weight), array(tower.classifier.bias)
    logits = g.add("Add", g.add("MatMul", pooled, g.int8(weight.T, axis=1)), g.const(bias))
    return g.add("Concat", *parts, axis=1), g.add("Softmax", logits, axis=1)
