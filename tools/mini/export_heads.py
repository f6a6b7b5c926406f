"""The whole graphs that ship: towers with their heads."""

from __future__ import annotations

import numpy as np
import onnx
from torch import nn

from tools.mini import export_image, export_text
from tools.mini.averaging import Heads
from tools.mini.branch import Branch
from tools.mini.export_image import array
from tools.mini.graph import Graph, ids, pixels
from tools.mini.heads import TOP, WIDTH, ImageHead, NameWeight, TextHead
from tools.mini.image_tower import ImageTower
from tools.mini.text_tower import TextTower


def linear(g: Graph, x: str, layer: nn.Linear, gain: float = 1.0) -> str:
    """Product with the layer's weight (times `gain`) in 4 bits, plus its bias."""
    product = g.add("MatMul", x, g.int4(array(layer.weight).T * np.float32(gain)))
    return g.add("Add", product, g.const(array(layer.bias)))


def image_model(
    tower: ImageTower, branch: Branch, heads: Heads, names: np.ndarray
) -> onnx.ModelProto:
    """Pixels to image vectors; `names` are the class names' sentence vectors."""
    g = Graph("mini-image")
    seen = export_image.seen(g, tower)
    names = names / np.linalg.norm(names, axis=1, keepdims=True)
    expected = g.add("MatMul", seen.chances, g.int8(names - names.mean(axis=0), axis=1))
    second = export_image.branch(g, seen, branch)
    standard = standardised(g, seen.features, heads.frozen)
    one = own(g, standard, expected, heads.frozen)
    other = own(g, standardised(g, second, heads.second), expected, heads.second)
    said = [g.add("Mul", expected, weight(g, standard, heads.frozen))]
    for part, value in ((1 - heads.part, one), (heads.part, other)):
        said.append(g.add("Mul", value, g.const(np.float32(part))))
    z = g.add("Add", g.add("Add", said[0], said[1]), said[2])
    return g.model([pixels()], {"embedding": (z, WIDTH)})


def standardised(g: Graph, features: str, head: ImageHead) -> str:
    """`ImageHead.standard`."""
    centred = g.add("Sub", features, g.const(array(head.mean)))
    return g.add("Mul", centred, g.const(1 / array(head.std)))


def own(g: Graph, standard: str, expected: str, head: ImageHead) -> str:
    """`ImageHead.own`."""
    x = g.add("Concat", standard, g.add("Mul", expected, g.const(np.float32(4))), axis=1)
    out = linear(g, g.add("Gelu", linear(g, x, head.up)), head.down)
    straight = g.add("Mul", linear(g, x, head.straight), g.const(np.float32(0.1)))
    return g.add("Add", out, straight)


def weight(g: Graph, standard: str, head: ImageHead) -> str:
    """`ImageHead.weight`: (n, 1) of the expected class name."""
    assert head.name_weight, "the head has no weight of the class name yet"
    top = g.add("Slice", standard, *(g.const(np.array([i])) for i in (0, TOP, 1)))
    mean = g.add("ReduceMean", g.add("Mul", top, top), g.const(np.array([1])), keepdims=1)
    return risen(g, top, g.add("Sqrt", mean), float(head.share.detach()), head.name_weight)


def risen(g: Graph, top: str, rms: str, share: float, by: NameWeight) -> str:
    """`share` times `NameWeight.of`, from (n, 1280) top features and (n, 1) values r."""
    d = g.add("MatMul", top, g.const(by.gate[:-1, None]))
    whole = g.const(np.float32(share))
    for value, start, slope in ((rms, 1.0, by.slope), (d, 0.5 - by.gate[-1], by.steep)):
        above = g.add("Relu", g.add("Sub", value, g.const(np.float32(start))))
        whole = g.add("Add", g.add("Mul", above, g.const(np.float32(share * slope))), whole)
    return whole


def text_model(tower: TextTower, head: TextHead) -> onnx.ModelProto:
    """Token numbers to text vectors."""
    g = Graph("mini-text")
    unit = g.add("LpNormalization", export_text.tower(g, tower), axis=1, p=2)
    hidden = g.add("Gelu", linear(g, unit, head.up, WIDTH**0.5))
    out = linear(g, hidden, head.down)
    return g.model([ids()], {"embedding": (g.add("Add", unit, out), WIDTH)})
