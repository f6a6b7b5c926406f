"""A trained network as an ONNX graph: ``python -m tools.clips.export mixer WEIGHTS OUT``.

The graph takes ``frames`` of one clip, (1, 8, d) or (1, 8, 64, 64, 3), and is held to what torch
computes.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from isthmus.encode import mini
from isthmus.encode.clips.networks import Mixer, SpaceTime
from isthmus.encode.clips.towers import SIDE
from isthmus.view.frames import COUNT

NETWORKS = {"mixer": Mixer, "direct": SpaceTime}


def example(kind: str) -> torch.Tensor:
    """Inputs of one clip."""
    rng = np.random.default_rng(0)
    if kind == "direct":
        return torch.from_numpy(rng.integers(0, 256, (1, COUNT, SIDE, SIDE, 3)).astype(np.uint8))
    vectors = rng.standard_normal((1, COUNT, 384)).astype(np.float32)
    return torch.from_numpy(vectors / np.linalg.norm(vectors, axis=2, keepdims=True))


def export(kind: str, network: torch.nn.Module, out: Path) -> float:
    """Write the graph; the largest difference from torch on one clip."""
    torch.backends.mha.set_fastpath_enabled(False)
    inputs = example(kind)
    torch.onnx.export(network.eval(), (inputs,), out, input_names=["frames"],
                      output_names=["embedding"], dynamo=True, external_data=False)  # fmt: skip
    found = mini.session(out).run(None, {"frames": inputs.numpy()})[0]
    with torch.inference_mode():
        return float(np.abs(np.asarray(found) - network(inputs).numpy()).max())


def main() -> None:
    """Export one network."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", choices=NETWORKS)
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    network = NETWORKS[args.kind]()
    network.load_state_dict(torch.load(args.weights, weights_only=True)["network"])
    args.out.parent.mkdir(parents=True, exist_ok=True)
    print(args.out.name, f"differs by {export(args.kind, network, args.out):.1e},",
          f"{args.out.stat().st_size:,} bytes")  # fmt: skip


if __name__ == "__main__":
    main()
