"""Train a network over clips against the frozen space `mini`; a killed run goes on.

    python -m tools.clips.train mixer --data FOLDER --out FOLDER/mixer.pt
    python -m tools.clips.train direct --data FOLDER --out FOLDER/direct.pt

`--data` holds ``lessons.npz``, ``split.npy`` (0 train, 1 val), ``often.npy`` and ``inputs.npy``:
(n, t, d) vectors of frames, or (n, t, 64, 64, 3) pixels, with ``bridge.npy`` (n, d), the mean of
`mini`'s frames.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize, softplus

from isthmus.encode.clips.networks import Mixer, SpaceTime
from tools.clips.lessons import Lessons, load

SCALE, SHARP = 30.0, 60.0
"""Of cosines among sentences, and of the difference of a sentence and its opposite."""


@dataclass(frozen=True)
class Recipe:
    """How long and how fast, and how much each term counts."""

    steps: int
    rate: float
    bridge: float
    noise: float
    batch: int


RECIPES = {
    "mixer": Recipe(1000, 5e-4, 0.3, 0.002, 96),
    "direct": Recipe(2000, 1e-3, 1.0, 0.0, 48),
}


class Class:
    """The clips, their lessons, and batches of them."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.inputs = np.load(folder / "inputs.npy", mmap_mode="r")
        self.bridge = torch.from_numpy(np.load(folder / "bridge.npy").astype(np.float32))
        self.split = np.load(folder / "split.npy")
        self.often = np.load(folder / "often.npy")
        self.lessons: Lessons = load(folder / "lessons.npz")
        self.texts = torch.from_numpy(self.lessons.texts.astype(np.float32))
        self.recipe = recipe
        self.weights = self._weights()

    def _weights(self) -> np.ndarray:
        """Chance of each training clip: a world as often as another, rare actions more often."""
        kind = np.where(self.lessons.opposite[:, 0] >= 0, 0,
                        np.where(self.lessons.actions[:, 0] >= 0, 1, 2))  # fmt: skip
        chance = (self.split == 0).astype(float)
        for label in np.unique(self.lessons.label):
            rows = (kind == 1) & (self.lessons.label == label) & (self.split == 0)
            if rows.any():
                chance[rows] /= np.sqrt(rows.sum())
        chance[self.often] *= 2
        for one, share in ((0, 0.6), (1, 0.3), (2, 0.1)):
            rows = (kind == one) & (self.split == 0)
            if rows.any():
                chance[rows] *= share / chance[rows].sum()
        return chance / chance.sum()

    def batch(self, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Inputs, the bridge, own and wrong sentences, action sentences, labels, families."""
        rows = rng.choice(len(self.weights), self.recipe.batch, p=self.weights)
        back = (self.lessons.opposite[rows, 0] >= 0) & (rng.random(len(rows)) < 0.5)
        x = np.stack([_augmented(self.inputs[row], turn, self.lessons.label[row], rng)
                      for row, turn in zip(rows, back, strict=True)])  # fmt: skip
        word = rng.integers(self.lessons.own.shape[1], size=len(rows))
        own, other = self.lessons.own[rows, word], self.lessons.opposite[rows, word]
        own, other = np.where(back, other, own), np.where(back, own, other)
        arrays = (own, np.where(other < 0, own, other), self.lessons.actions[rows],
                  self.lessons.label[rows], self.lessons.family[rows])  # fmt: skip
        inputs = torch.from_numpy(x)
        if self.recipe.noise:
            inputs = inputs.float()
            inputs = inputs + self.recipe.noise * torch.from_numpy(
                rng.standard_normal(x.shape, np.float32)
            )
        return inputs, self.bridge[rows], *map(torch.from_numpy, arrays)

    def loss(self, found: Tensor, batch: tuple[Tensor, ...]) -> Tensor:
        """Own sentences before all others, the true action before the unit's others, the bridge."""
        _, bridge, own, other, actions, label, family = batch
        texts = self.texts
        logits = SCALE * found @ texts[own].T
        same = (family[:, None] == family[None]) & ~torch.eye(len(own), dtype=torch.bool)
        same |= (own[:, None] == own[None]) & ~torch.eye(len(own), dtype=torch.bool)
        logits = logits.masked_fill(same, -1e4)
        wrong = SCALE * (found * texts[other]).sum(dim=1, keepdim=True)
        wrong = wrong.masked_fill((other == own)[:, None], -1e4)
        total = cross_entropy(torch.cat([logits, wrong], dim=1), torch.arange(len(own)))
        total = total + self.turned(found, own, other)
        told = (label >= 0).nonzero()[:, 0]
        if len(told):
            doing = SCALE * torch.einsum("nd,nad->na", found[told], texts[actions[told]])
            total = total + cross_entropy(doing, label[told])
        return total + self.recipe.bridge * (1 - (found * bridge).sum(dim=1)).mean()

    def turned(self, found: Tensor, own: Tensor, other: Tensor) -> Tensor:
        """Own sentences before those of the clip shown backwards."""
        gap = (found * (self.texts[own] - self.texts[other])).sum(dim=1)
        return softplus(-SHARP * gap)[other != own].sum() / len(own)

    def scores(self, network: torch.nn.Module) -> dict[str, float]:
        """On validation clips: true sentence before its opposite, balanced accuracy of actions."""
        network.eval()
        rows = np.flatnonzero(self.split == 1)
        with torch.inference_mode():
            parts = [network(torch.from_numpy(np.stack([_seen(self.inputs[row]) for row in some])))
                     for some in np.array_split(rows, max(1, len(rows) // 64))]  # fmt: skip
        network.train()
        found = torch.cat(parts)
        own, other = self.lessons.own[rows, 0], self.lessons.opposite[rows, 0]
        turned = torch.from_numpy(other >= 0)
        gap = (found * (self.texts[own] - self.texts[other])).sum(dim=1)[turned]
        label = self.lessons.label[rows]
        told = np.flatnonzero(label >= 0)
        doing = torch.einsum(
            "nd,nad->na", found[told], self.texts[self.lessons.actions[rows[told]]]
        )
        right = (doing.argmax(dim=1).numpy() == label[told]).astype(float)
        recall = [right[label[told] == one].mean() for one in np.unique(label[told])]
        return {
            **self._opposites(rows, gap > 0),
            "actions": round(float(np.mean(recall)), 4) if recall else 0.0,
            "bridge": round(float((found * self.bridge[rows]).sum(dim=1).mean()), 4),
        }

    def _opposites(self, rows: np.ndarray, right: Tensor) -> dict[str, float]:
        """Shares of true sentences before their opposites: all, and the slowest to be learned."""
        return {"opposites": round(float(right.float().mean()), 4)}


def _seen(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float32) if x.dtype == np.float16 else np.ascontiguousarray(x)


def _augmented(x: np.ndarray, back: bool, label: int, rng: np.random.Generator) -> np.ndarray:
    """Backwards where that is asked for; a unit's cycle begins anywhere; pixels may be mirrored."""
    x = _seen(x)[::-1] if back else _seen(x)
    if 0 <= label <= 2 or label == 4:  # standing, walking, attacking, working run in circles
        x = np.roll(x, int(rng.integers(len(x))), axis=0)
    if x.ndim == 4:
        if label >= 0 and rng.random() < 0.5:
            x = x[:, :, ::-1]
        shift = rng.integers(-4, 5, 2)
        x = np.roll(x, tuple(shift), axis=(1, 2))
    return np.ascontiguousarray(x)


def elsewhere(frames: Tensor) -> Tensor:
    """The changes of each clip, weaker or stronger, about the mean of another clip."""
    mean = frames.mean(dim=1, keepdim=True)
    strength = 0.7 + 0.7 * torch.rand(len(frames), 1, 1)
    return normalize(mean.roll(1, dims=0) + strength * (frames - mean), dim=2)


def train(kind: str, folder: Path, out: Path) -> None:
    """Train, keep the state now and then, and write scores beside the weights."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    recipe = RECIPES[kind]
    network = {"mixer": Mixer, "direct": SpaceTime}[kind]()
    lessons = Class(folder, recipe)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=0.1)
    if kind == "mixer":
        rows = np.flatnonzero(lessons.split == 0)[::3]
        network.begin(torch.from_numpy(lessons.inputs[rows].astype(np.float32)))
    first, spent = 0, 0.0
    if out.exists():
        kept = torch.load(out, weights_only=True)
        network.load_state_dict(kept["network"])
        optimiser.load_state_dict(kept["optimiser"])
        first, spent = kept["step"], kept["seconds"]
    start = time.process_time()
    for step in range(first, recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * _rate(step, recipe.steps)
        batch = lessons.batch(np.random.default_rng((0, step)))
        found = network(batch[0])
        loss = lessons.loss(found, batch)
        if kind == "mixer":
            moved = lessons.turned(network(elsewhere(batch[0])), batch[2], batch[3])
            loss = loss + moved + lessons.turned(found, batch[2], batch[3])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if (step + 1) % 100 == 0 or step + 1 == recipe.steps:
            seconds = spent + time.process_time() - start
            scores = lessons.scores(network)
            print(
                step + 1,
                round(float(loss.detach()), 4),
                round(seconds),
                json.dumps(scores),
                flush=True,
            )
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(),
                     "step": step + 1, "seconds": seconds}  # fmt: skip
            torch.save(state, out.with_suffix(".part"))
            out.with_suffix(".part").replace(out)


def _rate(step: int, steps: int) -> float:
    return float(min((step + 1) / 100, 0.5 * (1 + np.cos(np.pi * step / steps))))


def main() -> None:
    """Train one network."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", choices=RECIPES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    train(args.kind, args.data, args.out)


if __name__ == "__main__":
    main()
