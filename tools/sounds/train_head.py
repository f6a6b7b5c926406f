"""The join of YAMNet with the space `mini`: vectors of its classes, and a head on its features.

    python -m tools.sounds.train_head [--build .build] [--parts train val] [--out ...]

Needs `hear`. A name's vector X solves (T T' + LAMBDA) X = T for the centred text vectors T of all
names: its product with a text is large for that name alone, where T's own would be large for its
neighbours as well (that is LAMBDA without bound). The head is a classifier of the training sounds
by their names; what it gives is the expected name, as YAMNet's classes do.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from isthmus.encode import mini
from isthmus.encode.sounds.towers import CLASSES, JOIN, pooled
from isthmus.store import read_table
from isthmus.types import LoadOptions
from tools.sounds import DATA, TOWER
from tools.sounds.instruments import DRUMS, INSTRUMENTS
from tools.sounds.names import named

LAMBDA, SPREAD, PRIOR = 0.3, 1.5, 0.25
"""Chosen on MegaGlest's animals, plain and with silence and noise around (never trained on), and on
phrases of the orchestra by what people call the instruments. PRIOR is the share of a class's mean
score over music that is taken from its scores: some classes of music are always likely."""
SHARP, SHARE, OWN = 0.5, 3.0, 0.8
"""Softmax of the head, its share, and how much of a vector is the exact name's where people call
the thing less exactly as well: chosen on instruments and on recordings held out for validation."""
SEEDS, HIDDEN, EPOCHS, BATCH, RATE, DROP, SMOOTH = 2, 512, 32, 256, 2e-3, 0.3, 0.1


class Vectors:
    """Vectors of names, each apart from all other names'."""

    def __init__(self, classes: Sequence[dict[str, Any]], tower: Any) -> None:
        self.also = {one.name: one.also for one in INSTRUMENTS if one.split != "test"}
        own = {name for one, also in self.also.items() for name in (one, *also)}
        said = {name for one in classes for name in one["said"]}
        recorded = read_table(DATA / "samples/sounds.parquet", ["name", "split"])
        rows = zip(recorded["name"], recorded["split"], strict=True)
        known = own | said | {*DRUMS} | {str(name) for name, split in rows if split != "test"}
        self.names = sorted(known)
        texts = named(tower, self.names)
        texts = texts - texts.mean(axis=0)
        self.found = np.linalg.solve(texts @ texts.T + LAMBDA * np.eye(len(texts)), texts)

    def of(self, name: str) -> np.ndarray:
        """(d,) of length one; less exact names have their share."""
        also = self.also.get(name, ())
        found = self.plain([name])
        if also:
            found = OWN * found + (1 - OWN) * self.plain(also)
        return found / np.linalg.norm(found)

    def plain(self, names: Sequence[str]) -> np.ndarray:
        """(d,) mean over some."""
        return self.found[[self.names.index(name) for name in names]].mean(axis=0)


def class_weights(classes: Sequence[dict[str, Any]], vectors: Vectors) -> dict[str, np.ndarray]:
    """What ``joined`` takes of the classes: names, named, music and spread."""
    order = [one["name"] for one in classes]
    music = np.zeros(len(classes), np.float32)
    music[order.index("Music") : order.index("Wind")] = 1
    return {
        "names": np.stack([vectors.plain(one["said"]) for one in classes]).astype(np.float32),
        "named": np.array([one["named"] for one in classes], np.float32),
        "music": music,
        "spread": np.float32(SPREAD),
        "prior": np.zeros(len(classes), np.float32),
    }


def prior(file: Path, weights: dict[str, np.ndarray]) -> np.ndarray:
    """(classes,) 0 or less: what is taken from the scores of classes of music."""
    with np.load(file) as found:
        scores, clip, parts = (found[key] for key in ("scores", "clip", "parts"))
    music = (weights["music"] * weights["named"]) > 0
    some = scores[(parts[clip] == "train") & (scores[:, weights["music"] > 0].max(axis=1) > 0)]
    mean = some.astype(np.float32).mean(axis=0)
    return np.where(music, PRIOR * (mean - mean[music].max()), 0).astype(np.float32)


@dataclass(frozen=True)
class Material:
    """Pooled sounds, their names, and the parts and variants that they are of."""

    features: np.ndarray
    classes: np.ndarray
    music: np.ndarray
    names: np.ndarray
    parts: np.ndarray
    variants: np.ndarray


def material(file: Path, weights: dict[str, np.ndarray]) -> Material:
    """Of what `hear` wrote."""
    with np.load(file) as found:
        stored = {key: found[key] for key in found.files}
    key = stored["clip"].astype(np.int64) * 100 + stored["variant"]
    cut = np.flatnonzero(np.r_[True, key[1:] != key[:-1], True])
    rows = [
        pooled(weights, *(stored[x][a:b].astype(np.float32) for x in ("features", "scores")))
        for a, b in pairwise(cut)
    ]
    first = cut[:-1]
    clips = stored["clip"][first]
    return Material(
        np.stack([row[0] for row in rows]),
        np.stack([row[1] for row in rows]),
        np.array([row[2] for row in rows], np.float32),
        stored["names"][clips],
        stored["parts"][clips],
        stored["variant"][first],
    )


def trained(some: Material, names: Sequence[str], seed: int) -> dict[str, np.ndarray]:
    """A classifier of the training sounds' names, from pooled features."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    mean, std = some.features.mean(axis=0), some.features.std(axis=0) + 0.05
    x = torch.from_numpy(np.float32((some.features - mean) / std))
    y = torch.tensor([names.index(name) for name in some.names])
    up, down = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, len(names))
    drop = nn.Dropout(DROP)
    net = nn.Sequential(drop, up, nn.GELU(), drop, down)
    steps = EPOCHS * (len(x) // BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    chance = 1 / np.bincount(y.numpy())[y.numpy()] ** 0.5
    for _ in range(steps):
        at = torch.from_numpy(rng.choice(len(x), BATCH, p=chance / chance.sum()))
        loss = nn.functional.cross_entropy(net(x[at]), y[at], label_smoothing=SMOOTH)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    state = [one.detach().numpy().T for one in (up.weight, up.bias, down.weight, down.bias)]
    return {"mean": mean, "std": std} | dict(
        zip(("up", "up_bias", "down", "bias"), state, strict=True)
    )


def averaged(heads: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The mean of heads, as one whose hidden layer holds all of theirs."""
    share = np.float32(1 / len(heads))
    return {
        "mean": heads[0]["mean"], "std": heads[0]["std"],
        "up": np.concatenate([one["up"] for one in heads], axis=1),
        "up_bias": np.concatenate([one["up_bias"] for one in heads]),
        "down": share * np.concatenate([one["down"] for one in heads]),
        "bias": share * np.sum([one["bias"] for one in heads], axis=0),
    }  # fmt: skip


def head_of(some: Material, vectors: Vectors) -> dict[str, np.ndarray]:
    """All that ``joined`` takes of the head."""
    names = sorted(set(some.names))
    heads = [trained(some, names, seed) for seed in range(SEEDS)]
    found = averaged(heads) | {"own": np.stack([vectors.of(name) for name in names])}
    return found | {"sharp": np.float32(SHARP), "share": np.float32(SHARE)}


def main() -> None:
    """Train, and write `join.npz` in 16 bits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path(".build"))
    parser.add_argument("--out", type=Path, default=TOWER)
    parser.add_argument("--parts", nargs="+", default=["train", "val"])
    args = parser.parse_args()
    torch.set_num_threads(1)
    tower = mini.load("", LoadOptions(workers=1))["text"]
    classes = json.loads((TOWER / CLASSES).read_text("utf-8"))
    vectors = Vectors(classes, tower)
    weights = class_weights(classes, vectors)
    file = args.build / "sounds/heard.npz"
    weights["prior"] = prior(file, weights)
    every = material(file, weights)
    seen = np.isin(every.parts, args.parts)
    some = Material(**{key: value[seen] for key, value in vars(every).items()})
    found = weights | head_of(some, vectors)
    args.out.mkdir(parents=True, exist_ok=True)
    np.savez(args.out / JOIN, **{key: np.asarray(x, np.float16) for key, x in found.items()})


if __name__ == "__main__":
    main()
