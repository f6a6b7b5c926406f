"""Towers for voxels and for points that learn the world ``primitives`` against ``mini``'s texts.

    python -m tools.shapes.primitives points --out .build/shapes/primitives --part test

Trained on the training part; a part's texts, in all wordings, then look for its shapes. Recipe:
multi-positive cross entropy both ways, and the cosine to the text.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import isthmus
from isthmus.encode.shapes.inputs import grouped, rows
from isthmus.encode.shapes.networks import PatchTransformer, PointNetPlus, VoxelNet
from isthmus.read.points import PointCloud
from isthmus.read.voxels import Voxels
from isthmus.train.losses.contrastive import multi_positive
from isthmus.worlds.babel.primitives import CONFIGURATIONS, TEMPLATES, primitives_world
from tools.shapes.loop import Plan, trained, unit

DIM, BATCH, EACH = 384, 96, 10
NETWORKS = {
    "points": lambda: PatchTransformer(DIM, width=96, depth=2, heads=4),
    "pointnet": lambda: PointNetPlus(DIM, width=32),
    "voxels": lambda: VoxelNet(DIM),
}
FACTS = ("shape", "colour", "height", "width")


@dataclass(frozen=True, eq=False)
class Data:
    """Inputs of every solid, sentences of every configuration, and which solid is which."""

    inputs: Mapping[str, np.ndarray]
    texts: np.ndarray
    """(756, 6, 384) unit vectors of every configuration in every wording."""
    configuration: np.ndarray
    split: np.ndarray

    def batch(self, some: np.ndarray) -> tuple[Tensor, ...]:
        """What a network takes of these rows."""
        return tuple(
            torch.from_numpy(x[some]).float() / (255 if x.dtype == np.uint8 else 1)
            for x in self.inputs.values()
        )


def prepared(kind: str, item: Any) -> dict[str, np.ndarray]:
    """The inputs of one solid. Sizes are facts, so that nothing is fitted to a ball or a cube."""
    if isinstance(item, Voxels):
        return {"voxels": item.colours.transpose(3, 0, 1, 2)}
    assert isinstance(item, PointCloud)
    if kind == "pointnet":
        return {"points": rows(item, 256).astype(np.float16)}
    patches, centres = grouped(item, 24)
    return {"patches": patches.astype(np.float16), "centres": centres.astype(np.float16)}


def data(kind: str, folder: Path) -> Data:
    """Everything, made once."""
    world, path = primitives_world(EACH), folder / f"{kind}-inputs.npz"
    ids = world.items["text"].ids
    if not path.exists():
        items = world.items["voxels" if kind == "voxels" else "points"]
        made = [prepared(kind, make()) for make in items]
        np.savez(path, **{name: np.stack([one[name] for one in made]) for name in made[0]})
    said = [
        template.format(**dict(zip(FACTS, values, strict=True)))
        for values in CONFIGURATIONS
        for template in TEMPLATES
    ]
    texts = isthmus.load("mini", workers=1)["text"].encode(said)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    return Data(
        dict(np.load(path)),
        texts.reshape(len(CONFIGURATIONS), len(TEMPLATES), -1),
        np.array([int(name.split("-")[1]) for name in ids]),
        np.array([world.split[name] for name in ids]),
    )


def main() -> None:
    """Train, then judge a part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(NETWORKS))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--part", default="val")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net, known = NETWORKS[options.kind](), data(options.kind, options.out)
    train = np.flatnonzero(known.split == "train")

    def loss(step: int, scale: Tensor) -> Tensor:
        rng = np.random.default_rng([1, step])
        some = rng.choice(train, BATCH, replace=False)
        own = known.configuration[some]
        z = unit(net(*known.batch(some)))
        t = torch.from_numpy(known.texts[own, rng.integers(len(TEMPLATES), size=BATCH)])
        same = torch.from_numpy(own[:, None] == own[None]).float()
        return multi_positive(scale * z @ t.T, same) + 10 * (1 - (z * t).sum(dim=1)).mean()

    plan = Plan(options.steps, 2e-3, options.out / f"{options.kind}.pt", most=100.0)
    trained(net, loss, plan, lambda: judged(net, known, "val"))
    found = judged(net, known, options.part)
    (options.out / f"{options.kind}-{options.part}.json").write_text(json.dumps(found, indent=1))
    print(options.part, found)


def judged(net: nn.Module, known: Data, part: str) -> dict[str, float]:
    """Texts look for shapes of the part: by configuration, and for the one solid each stands for.

    As instance the first solid of a configuration counts, whose text does not tell it from others.
    """
    chosen = np.flatnonzero(known.split == part)
    with torch.inference_mode():
        pieces = [chosen[at : at + 128] for at in range(0, len(chosen), 128)]
        z = unit(torch.cat([net(*known.batch(some)) for some in pieces])).numpy()
    own = known.configuration[chosen]
    which, first = np.unique(own, return_index=True)
    asked = np.repeat(which, len(TEMPLATES))
    scores = known.texts[which].reshape(len(asked), -1) @ z.T
    order = np.argsort(-scores, axis=1, kind="stable")[:, :5]
    hit = own[order] == asked[:, None]
    same = order == np.repeat(first, len(TEMPLATES))[:, None]
    gain = 1 / np.log2(np.arange(2, 7))
    return {
        "queries": len(asked), "configurations": len(which), "shapes": len(chosen),
        "RR@1": float(hit[:, 0].mean()), "RR@5": float(hit.any(axis=1).mean()),
        "NDCG@5": float((hit @ gain).mean() / gain.sum()),
        "instance RR@1": float(same[:, 0].mean()), "instance RR@5": float(same.any(axis=1).mean()),
        "chance RR@1": 1 / len(which),
        "configurations found": float(hit[:, 0].reshape(len(which), -1).all(axis=1).mean()),
    }  # fmt: skip


if __name__ == "__main__":
    main()
