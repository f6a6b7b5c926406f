"""Train ``view/upright.npz``: which way is up, of furniture's training shapes.

python -m tools.shapes.upright --bank .build/shapes/furniture --out src/isthmus/view/upright.npz
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from isthmus.read.points import PointCloud
from isthmus.view.upright import seen_from
from isthmus.worlds import load

SEEN = 1024


def network(x: list[np.ndarray], up: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Two layers that give the face on which a thing stands the largest number."""
    every = np.concatenate(x)
    mean, spread = every.mean(axis=0), every.std(axis=0) + 0.02
    wide = max(map(len, x))
    inputs = np.zeros((len(x), wide, x[0].shape[1]), np.float32)
    aims = np.full((len(x), wide), -1e9, np.float32)
    for row, (one, ups) in enumerate(zip(x, up, strict=True)):
        inputs[row, : len(one)] = (one - mean) / spread
        aims[row, : len(one)] = 50 * (ups[:, 1] - 1)
    there, inputs, aims = (torch.from_numpy(a) for a in (aims > -1e8, inputs, aims))
    aims = aims.softmax(1)
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Dropout(0.2),
        nn.Linear(inputs.shape[2], 48),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(48, 1, bias=False),
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.1)
    for _ in range(60):
        for some in torch.randperm(len(inputs)).split(64):
            scores = net(inputs[some])[..., 0].masked_fill(~there[some], -1e9)
            loss = -(aims[some] * scores.log_softmax(1)).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    first, last = net[1], net[4]
    return {
        "mean": mean,
        "spread": spread,
        "matrix0": first.weight.detach().numpy().T,
        "bias0": first.bias.detach().numpy(),
        "matrix1": last.weight.detach().numpy()[0],
    }


def chosen(weights: dict[str, np.ndarray], x: np.ndarray) -> int:
    """The row with the largest number."""
    hidden = np.maximum(
        (x - weights["mean"]) / weights["spread"] @ weights["matrix0"] + weights["bias0"], 0
    )
    return int((hidden @ weights["matrix1"]).argmax())


def main() -> None:
    """Print how often five folds by family are right, and write a network of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    world, made, families, split = load("furniture"), [], [], []
    for name in world.items["mesh"].ids:
        if world.split[name] == "test":
            continue
        kept = np.load(options.bank / f"{name.replace('/', '__')}.npz")
        rng = np.random.default_rng(len(made))
        some = rng.choice(len(kept["points"]), SEEN, replace=False)
        made.append(
            seen_from(
                PointCloud(
                    kept["points"][some].astype(np.float32),
                    kept["colours"][some],
                    kept["normals"][some].astype(np.float32),
                )
            )
        )
        families.append(world.factors[name]["family"])
        split.append(world.split[name])
    fold = np.unique(families, return_inverse=True)[1] % 5
    right = []
    for number in range(5):
        train = [made[row] for row in np.flatnonzero(fold != number)]
        weights = network([x for _, x in train], [up for up, _ in train])
        for row in np.flatnonzero(fold == number):
            up, x = made[row]
            right.append((split[row], up[chosen(weights, x), 1]))
    for part in ("train", "val"):
        cosines = np.array([c for s, c in right if s == part])
        print(
            part,
            len(cosines),
            {d: round(float((cosines > np.cos(np.deg2rad(d))).mean()), 3) for d in (5, 10, 20, 45)},
            "upside down",
            round(float((cosines < -0.9).mean()), 3),
        )
    weights = network([x for _, x in made], [up for up, _ in made])
    np.savez(options.out, **{key: np.asarray(a, np.float16) for key, a in weights.items()})


if __name__ == "__main__":
    main()
