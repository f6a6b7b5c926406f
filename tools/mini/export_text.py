"""Text tower as an ONNX graph, in ONNX Runtime's fused operators."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto
from torch import nn

from tools.mini.export_image import array
from tools.mini.graph import Graph
from tools.mini.text_tower import EPS, HEADS, Layer, TextTower


def tower(g: Graph, module: TextTower) -> str:
    """`ids` → mean of the token vectors (n, 384)."""
    words = g.int8(array(module.words.weight), axis=0)
    length = g.add("Slice", g.add("Shape", "ids"), g.const(np.array([1])), g.const(np.array([2])))
    places = g.add(
        "Slice",
        g.half(array(module.places.weight)),
        g.const(np.array([0])),
        length,
        g.const(np.array([0])),
    )
    x = g.add("Add", g.add("Gather", words, "ids"), places)
    x = g.add("LayerNormalization", x, *norm(g, module.norm), axis=-1, epsilon=EPS)
    present = g.add(
        "Cast", g.add("Not", g.add("Equal", "ids", g.const(np.array(0)))), to=TensorProto.INT32
    )
    for part in module.layers:
        assert isinstance(part, Layer)
        x = layer(g, x, present, part)
    kept = g.add("Unsqueeze", g.add("Cast", present, to=TensorProto.FLOAT), g.const(np.array([2])))
    axis = g.const(np.array([1]))
    total = g.add("ReduceSum", g.add("Mul", x, kept), axis, keepdims=0)
    return g.add("Div", total, g.add("ReduceSum", kept, axis, keepdims=0))


def layer(g: Graph, x: str, present: str, module: Layer) -> str:
    """Attention and feed-forward, each with its residual."""
    weight, bias = linear(g, module.qkv)
    y = g.add("Attention", x, weight, bias, present, domain="com.microsoft", num_heads=HEADS)
    weight, bias = linear(g, module.mix)
    x = skip(g, g.add("MatMul", y, weight), x, norm(g, module.norm1), bias)
    weight, bias = linear(g, module.up)
    y = g.add("BiasGelu", g.add("MatMul", x, weight), bias, domain="com.microsoft")
    weight, bias = linear(g, module.down)
    return skip(g, g.add("MatMul", y, weight), x, norm(g, module.norm2), bias)


def linear(g: Graph, module: nn.Linear) -> tuple[str, str]:
    """(in, out) weight with one scale per output, and the bias."""
    return g.int8(array(module.weight).T, axis=1), g.const(array(module.bias))


def norm(g: Graph, module: nn.LayerNorm) -> tuple[str, str]:
    """Scale and shift."""
    return g.const(array(module.weight)), g.const(array(module.bias))


def skip(g: Graph, y: str, x: str, scale: tuple[str, str], bias: str) -> str:
    """Residual, bias and layer normalisation in one node."""
    return g.add("SkipLayerNormalization", y, x, *scale, bias, domain="com.microsoft", epsilon=EPS)
