"""Train the small point tower of ``mini`` against frozen vectors of texts and of renders.

    python -m tools.shapes.point_tower --data .build/shapes/tower_data.npz --out .build/shapes/tower

It goes on where it was stopped. Terms: points to texts and points to what views say, both ways
(ULIP, CLIP Goes 3D), several shapes of a text being positives of each other, and the cosines to
both. A text is the shape's name or, now and then, its category. A quarter of the patches is left
out of each step. The last step writes ``tower.npz``, weights in 16 bits. The recipe was judged with
``--parts train``; what ships went on from there (``--start``) with validation objects too.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from isthmus.encode.shapes.networks import PatchTransformer
from isthmus.train.losses.contrastive import multi_positive
from tools.shapes.loop import Plan, trained, unit

DIM = 384
SHARES = {"furniture": 30, "units": 14, "glyphs": 18, "babel": 2}
"""Shapes of each kind in a batch."""
TURN = {"furniture": np.pi, "units": np.pi, "glyphs": 0.8, "babel": np.pi}
"""Radians that a shape is turned by at most, to either side."""
PATCHES, CATEGORY = 24, 0.2
"""Patches of 32 that a step sees, and how often a shape with a category is called by that."""


def tower() -> PatchTransformer:
    """The network that ships."""
    return PatchTransformer(DIM, width=160, depth=4, heads=5)


@dataclass(frozen=True, eq=False)
class Data:
    """What ``tower_data`` wrote."""

    patches: np.ndarray
    centres: np.ndarray
    kinds: np.ndarray
    parts: np.ndarray
    name: np.ndarray
    """Row of each shape's name in ``texts``."""
    label: np.ndarray
    """The same of its category, where it has one; else its name again."""
    texts: np.ndarray
    """(texts, 384) unit vectors."""
    views: np.ndarray
    """(n, 384) unit vectors of what views say; zero where there are none."""


def read(path: Path) -> Data:
    """The training data."""
    kept = np.load(path)
    kinds, named, parts, labels = kept["rows"].T
    row = {name: number for number, name in enumerate(kept["names"])}
    views = kept["views"] / np.maximum(np.linalg.norm(kept["views"], axis=1, keepdims=True), 1e-9)
    name = np.array([row[one] for one in named])
    label = np.array([row[one or other] for one, other in zip(labels, named, strict=True)])
    texts = kept["texts"].astype(np.float32)
    return Data(
        kept["patches"], kept["centres"], kinds, parts, name, label, texts,
        views.astype(np.float32),
    )  # fmt: skip


def varied(
    patches: np.ndarray, centres: np.ndarray, most: np.ndarray, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Turned about y by up to ``most``, stretched, mirrored, and in other colours."""
    n = len(patches)
    x, c = patches.astype(np.float32), centres.astype(np.float32)
    angle = rng.uniform(-1, 1, n) * most
    cos, sin, zero, one = np.cos(angle), np.sin(angle), np.zeros(n), np.ones(n)
    turn = np.stack([cos, zero, sin, zero, one, zero, -sin, zero, cos], 1).reshape(n, 3, 3)
    stretch = np.exp(rng.normal(0, 0.12, (n, 1, 3))) * np.where(
        rng.random((n, 1, 1)) < 0.5, [-1, 1, 1], 1.0
    )
    places = (turn * stretch).astype(np.float32)
    straight = (turn / stretch).astype(np.float32)
    for part, matrix in ((slice(0, 3), places), (slice(9, 12), places), (slice(6, 9), straight)):
        x[..., part] = np.einsum("ngkc,ndc->ngkd", x[..., part], matrix)
    x[..., 6:9] /= np.maximum(np.linalg.norm(x[..., 6:9], axis=-1, keepdims=True), 1e-6)
    c = np.einsum("ngc,ndc->ngd", c, places)
    far = np.linalg.norm(c, axis=2).max(axis=1)
    x[..., :3] /= far[:, None, None, None]
    x[..., 9:12] /= far[:, None, None, None]
    c /= far[:, None, None]
    gain = np.exp(rng.normal(0, 0.25, (n, 1, 1, 1))) * np.exp(rng.normal(0, 0.1, (n, 1, 1, 3)))
    colours = ((x[..., 3:6] + 0.5) * gain).clip(0, 1) - 0.5
    grey = rng.random(n) < 0.25
    colours[grey] = 0.22
    x[..., 3:6] = colours
    return torch.from_numpy(x), torch.from_numpy(c.astype(np.float32))


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", default=["train", "val"])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--start", type=Path, help="weights to go on from, a tower.npz")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    data, net = read(options.data), tower()
    if options.start:
        kept = np.load(options.start)
        net.load_state_dict({key: torch.from_numpy(kept[key]).float() for key in kept.files})
    pools = {
        kind: np.flatnonzero((data.kinds == kind) & np.isin(data.parts, options.parts))
        for kind in SHARES
    }

    def loss(step: int, scale: Tensor) -> Tensor:
        rng = np.random.default_rng([3, step])
        some = np.concatenate(
            [rng.choice(pools[kind], many, replace=False) for kind, many in SHARES.items()]
        )
        copy = rng.integers(data.patches.shape[1], size=len(some))
        most = np.array([TURN[kind] for kind in data.kinds[some]])
        kept = rng.permuted(np.tile(np.arange(data.centres.shape[2]), (len(some), 1)), axis=1)
        taken = (some[:, None], copy[:, None], kept[:, :PATCHES])
        z = unit(net(*varied(data.patches[taken], data.centres[taken], most, rng)))
        own, label = data.name[some], data.label[some]
        said = np.where(rng.random(len(some)) < CATEGORY, label, own)
        t = torch.from_numpy(data.texts[said])
        same = (own[:, None] == said) | (label[:, None] == said)
        seen = np.flatnonzero(data.kinds[some] != "babel")
        v, zv = torch.from_numpy(data.views[some[seen]]), z[torch.from_numpy(seen)]
        names = multi_positive(scale * z @ t.T, torch.from_numpy(same).float())
        contrast = names + multi_positive(scale * zv @ v.T)
        return contrast + 2 * (2 - (zv * v).sum(dim=1).mean() - (z * t).sum(dim=1).mean())

    print({kind: len(rows) for kind, rows in pools.items()}, flush=True)
    plan = Plan(options.steps, options.rate, options.out / "state.pt")
    trained(net, loss, plan, lambda: judged(net, data))
    weights = {name: x.numpy().astype(np.float16) for name, x in net.state_dict().items()}
    np.savez(options.out / "tower.npz", **weights)


def judged(net: nn.Module, data: Data) -> dict[str, float]:
    """Share of validation names with one of their shapes among the first five."""
    held = np.flatnonzero((data.parts == "val") & (data.kinds == "furniture"))
    with torch.inference_mode():
        inputs = (data.patches[held, 0], data.centres[held, 0])
        z = unit(net(*(torch.from_numpy(x.astype(np.float32)) for x in inputs))).numpy()
    asked = np.unique(data.name[held])
    order = np.argsort(-(data.texts[asked] @ z.T), axis=1)
    hit = data.name[held][order] == asked[:, None]
    return {f"hit@{k}": round(float(hit[:, :k].any(axis=1).mean()), 3) for k in (1, 5, 10)}


if __name__ == "__main__":
    main()
