"""Networks in the form of ONNX, opened so that they give the same bytes for the same batch."""

from pathlib import Path
from typing import Any

import onnxruntime


class Network(onnxruntime.InferenceSession):
    """A session that can be pickled: it travels to other processes with its weights.

    Args:
        graph: a file, or its bytes.
    """

    def __init__(self, graph: Path | bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.use_deterministic_compute = True
        options.log_severity_level = 3
        super().__init__(graph, options, providers=["CPUExecutionProvider"])
        self._graph = graph

    def __reduce__(self) -> tuple[Any, ...]:
        graph = self._graph
        return Network, (graph if isinstance(graph, bytes) else graph.read_bytes(),)


def session(graph: Path | bytes) -> onnxruntime.InferenceSession:
    """A network on one core a call, the same bytes for the same batch; calls may be concurrent."""
    return Network(graph)
