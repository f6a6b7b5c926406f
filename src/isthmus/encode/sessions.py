"""Networks in the form of ONNX, opened so that they give the same bytes for the same batch."""

from pathlib import Path

import onnxruntime


def session(graph: Path | bytes) -> onnxruntime.InferenceSession:
    """A network on one core a call, the same bytes for the same batch; calls may be concurrent."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
