"""A graph for tfjs as a graph of ONNX: every operator as TensorFlow defines it."""

import base64
import json

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
torch = pytest.importorskip("torch")

SIDE = 16


def said(text):
    return base64.b64encode(text.encode()).decode()


def convolution(name, kind, inputs, strides, *after):
    attr = {"strides": {"list": {"i": ["1", str(strides), str(strides), "1"]}}}
    attr |= {"padding": {"s": said("SAME")}, "fused_ops": {"list": {"s": [said(x) for x in after]}}}
    return {"name": name, "op": kind, "input": inputs, "attr": attr}


def write(folder):
    """A small graph of all operators, and its arrays."""
    rng = np.random.default_rng(0)
    arrays = {
        "k1": rng.normal(size=(3, 3, 3, 4)),
        "b1": rng.normal(size=4),
        "k2": rng.normal(size=(5, 5, 4, 1)),
        "k3": rng.normal(size=(1, 1, 8, 80)),
        "k4": rng.normal(size=(1, 1, 8, 4)),
        "b4": rng.normal(size=4),
        "three": np.array(3.0),
    }
    arrays = {name: one.astype(np.float16) for name, one in arrays.items()}
    whole = {"axes": np.array([1, 2], np.int32), "size": np.array([8, 8], np.int32),
             "axis": np.array(3, np.int32)}  # fmt: skip
    nodes = [
        {"name": "tower_0/images", "op": "Placeholder"},
        convolution("c1", "_FusedConv2D", ["tower_0/images", "k1", "b1"], 2, "BiasAdd", "Relu"),
        convolution("c2", "DepthwiseConv2dNative", ["c1", "k2"], 2),
        {"name": "add", "op": "Add", "input": ["c2", "three"]},
        {"name": "six", "op": "Relu6", "input": ["add"]},
        {"name": "mean", "op": "Mean", "input": ["six", "axes"]},
        {"name": "times", "op": "Mul", "input": ["six", "mean"]},
        {"name": "up", "op": "ResizeBilinear", "input": ["times", "size"]},
        {"name": "both", "op": "ConcatV2", "input": ["c1", "up", "axis"]},
        convolution("cls", "Conv2D", ["both", "k3"], 2),
        {"name": "likely", "op": "Sigmoid", "input": ["cls"]},
        {"name": "tower_0/keypoints", "op": "Identity", "input": ["likely"]},
        convolution("tower_0/wh", "_FusedConv2D", ["both", "k4", "b4"], 2, "BiasAdd"),
    ]
    listed = [{"name": name, "shape": list(one.shape), "dtype": "float32",
               "quantization": {"dtype": "float16"}} for name, one in arrays.items()]  # fmt: skip
    listed += [{"name": name, "shape": list(one.shape), "dtype": "int32"}
               for name, one in whole.items()]  # fmt: skip
    held = b"".join(one.tobytes() for one in (*arrays.values(), *whole.values()))
    (folder / "graph.bin").write_bytes(held)
    dims = {"dim": [{"size": str(x)} for x in (1, SIDE, SIDE, 3)]}
    (folder / "graph.json").write_text(json.dumps({
        "signature": {"inputs": {"tower_0/images": {"tensorShape": dims}}},
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"paths": ["graph.bin"], "weights": listed}],
    }))  # fmt: skip
    return folder / "graph.json", arrays


def by_hand(arrays, pixels):
    """The same in torch: an even side padded at the end only, as TensorFlow does."""
    from torch.nn.functional import conv2d, pad

    known = {name: torch.from_numpy(one.astype(np.float32)) for name, one in arrays.items()}
    first = conv2d(pad(pixels, (0, 1, 0, 1)), known["k1"].permute(3, 2, 0, 1), known["b1"], 2)
    first = first.relu()
    deep = conv2d(pad(first, (1, 2, 1, 2)), known["k2"].permute(2, 3, 0, 1), None, 2, groups=4)
    six = (deep + 3).clip(0, 6)
    times = six * six.mean(dim=(2, 3), keepdim=True)
    at = torch.arange(8) / 2  # the first pixel of each on the first of the other
    low = at.floor().long()
    high, part = (low + 1).clip(max=3), at - low
    rows = times[:, :, low] * (1 - part)[:, None] + times[:, :, high] * part[:, None]
    up = rows[..., low] * (1 - part) + rows[..., high] * part
    both = torch.cat([first, up], dim=1)
    likely = conv2d(both, known["k3"].permute(3, 2, 0, 1), None, 2).sigmoid()
    return likely, conv2d(both, known["k4"].permute(3, 2, 0, 1), known["b4"], 2)


def test_a_converted_graph_gives_what_its_operators_say(tmp_path):
    import onnxruntime

    from tools.centernet import converted

    graph, arrays = write(tmp_path)
    held = converted(graph).SerializeToString()
    run = onnxruntime.InferenceSession(held, providers=["CPUExecutionProvider"])
    pixels = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    found = run.run(None, {"tower_0/images": pixels.numpy()})
    for ours, theirs in zip(found, by_hand(arrays, pixels), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-4, atol=1e-4)


def test_an_unknown_operator_is_named(tmp_path):
    from tools.centernet import converted

    graph, _ = write(tmp_path)
    graph.write_text(graph.read_text().replace('"Relu6"', '"Softmax"'))
    with pytest.raises(SystemExit, match="six is a Softmax"):
        converted(graph)
