"""The whole graphs that ship: towers with their heads."""

from __future__ import annotations

import numpy as np
import onnx
from torch import nn

from tools.mini import export_image, export_text
from tools.mini.export_image import array
from tools.mini.graph import Graph, ids, pixels
from tools.mini.heads import TOP, WIDTH, ImageHead, TextHead
from tools.mini.image_tower import ImageTower
from tools.mini.text_tower import TextTower


def linear(g: Graph, x: str, layer: nn.Linear, gain: float = 1.0) -> str:
    """Product with the layer's weight (times `gain`) in 8 bits, plus its bias."""
    product = g.add("MatMul", x, g.int8(array(layer.weight).T * np.float32(gain), axis=1))
    return g.add("Add", product, g.const(array(layer.bias)))


def image_model(tower: ImageTower, head: ImageHead, names: np.ndarray) -> onnx.ModelProto:
    """Pixels to image vectors; `names` are the class names' sentence vectors."""
    g = Graph("mini-image")
    f, chances = export_image.features(g, tower)
    names = names / np.linalg.norm(names, axis=1, keepdims=True)
    expected = g.add("MatMul", chances, g.half(names - names.mean(axis=0)))
    standard = g.add("Sub", f, g.const(array(head.mean)))
    standard = g.add("Mul", standard, g.const(1 / array(head.std)))
    x = g.add("Concat", standard, g.add("Mul", expected, g.const(np.float32(4))), axis=1)
    hidden = g.add("Gelu", linear(g, x, head.up))
    out = linear(g, hidden, head.down)
    straight = g.add("Mul", linear(g, x, head.straight), g.const(np.float32(0.1)))
    own = g.add("Mul", expected, weight(g, standard, head))
    return g.model([pixels()], g.add("Add", g.add("Add", out, straight), own), WIDTH)


def weight(g: Graph, standard: str, head: ImageHead) -> str:
    """(n, 1) weight of the expected class name."""
    top = g.add("Slice", standard, *(g.const(np.array([i])) for i in (0, TOP, 1)))
    mean = g.add("ReduceMean", g.add("Mul", top, top), g.const(np.array([1])), keepdims=1)
    above = g.add("Relu", g.add("Sub", g.add("Sqrt", mean), g.const(np.float32(1))))
    base = float(head.share.detach()) * head.trust
    more = g.add("Mul", above, g.const(np.float32(base * head.surprise)))
    return g.add("Add", more, g.const(np.float32(base)))


def text_model(tower: TextTower, head: TextHead) -> onnx.ModelProto:
    """Token numbers to text vectors."""
    g = Graph("mini-text")
    unit = g.add("LpNormalization", export_text.tower(g, tower), axis=1, p=2)
    hidden = g.add("Gelu", linear(g, unit, head.up, WIDTH**0.5))
    out = linear(g, hidden, head.down)
    return g.model([ids()], g.add("Add", unit, out), WIDTH)
