"""Pictures by the image tower of ``mini``: its vectors, and the features that they are made of.

A graph is a message of Protocol Buffers, and two such messages behind each other are read as one,
whose lists are joined. So the names of inner values, as outputs of an otherwise empty graph, are
written behind the file, and ONNX Runtime gives them too.
"""

from collections.abc import Sequence

import numpy as np
import onnxruntime

from isthmus.encode.mini import WEIGHTS

FEATURES = {"first": ("v144", 1280), "second": ("v210", 1840), "expected": ("v157", 384)}
"""Means of the top map, the same of the second branch with the middle map's 560 numbers behind it,
and the expected class name; ``tools.mini.export_image`` makes them."""


def message(number: int, content: bytes) -> bytes:
    """A field that holds bytes: its number and kind, its length, what it holds."""
    length, size = b"", len(content)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def output(name: str) -> bytes:
    """A model whose graph has this output of numbers and nothing else."""
    number = message(2, message(1, b"\x08\x01"))  # type: a tensor of float32
    return message(7, message(12, message(1, name.encode()) + number))


def tower() -> onnxruntime.InferenceSession:
    """The image tower with its inner values as outputs, on one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    graph = (WEIGHTS / "image.onnx").read_bytes()
    graph += b"".join(output(name) for name, _ in FEATURES.values())
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def seen(network: onnxruntime.InferenceSession, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """(n, 384 + 3504) float16 of pictures (224, 224, 3): the vector, then the features."""
    names = ["embedding", *(name for name, _ in FEATURES.values())]
    parts = [
        np.concatenate(network.run(names, {"pixels": np.stack(pictures[at : at + 12])}), axis=1)
        for at in range(0, len(pictures), 12)
    ]
    return np.concatenate(parts).astype(np.float16)
