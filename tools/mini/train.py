"""Contrastive training of the heads on cached features."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tools.mini.bank import Bank
from tools.mini.heads import ImageHead, TextHead, expected_names


@dataclass(frozen=True)
class Plan:
    """How long and how hard to train."""

    steps: int
    batch: int
    rate: float
    weight_decay: float = 0.2
    anchors: int = 64  # class names in a batch
    strangers: int = 256  # names of objects that are not in the batch: more texts to tell apart
    soft: float = 0.3  # share of the target that goes by likeness of the names
    hide: float = 0.15  # chance that a picture loses its expected class name
    drop: float = 0.3
    shares: dict[str, float] = field(
        default_factory=lambda: {"glyphs": 0.45, "clipart": 0.2, "icons": 0.35}
    )
    seed: int = 0


@dataclass
class Model:
    """Everything that is trained."""

    image: ImageHead
    text: TextHead
    log_scale: nn.Parameter

    def parameters(self) -> list[nn.Parameter]:
        """Of both heads and the scale."""
        return [*self.image.parameters(), *self.text.parameters(), self.log_scale]

    def train(self, mode: bool) -> None:
        """Switch dropout on or off."""
        self.image.train(mode)
        self.text.train(mode)


@dataclass(frozen=True)
class Batch:
    """Pictures as the tower sees them, and their texts; row i belongs to row i."""

    features: Tensor
    expected: Tensor  # (n, 384)
    texts: Tensor  # (n, 384)
    names: Tensor  # (n, 384), each object's plain name: which texts are alike


def drawn(bank: Bank, plan: Plan, rng: np.random.Generator) -> np.ndarray:
    """Rows of the bank: `plan.shares` from each source, each object at most once."""
    rows: list[int] = []
    for source, share in plan.shares.items():
        if source in bank.groups:
            rows += rng.choice(bank.groups[source], round(plan.batch * share), False).tolist()
    found = np.array(rows)
    return found[np.unique(bank.key[found], return_index=True)[1]]


def told(bank: Bank, rows: np.ndarray, features: Tensor, rng: np.random.Generator) -> Batch:
    """Some rows as they are seen, each with a random one of its texts."""
    key = bank.key[rows]
    variant = rng.integers(bank.texts.shape[1], size=len(key))
    return Batch(
        features, bank.expected[rows].float(), bank.texts[key, variant], bank.texts[key, 0]
    )


def anchors(
    bank: Bank, rows: Tensor, head: ImageHead, count: int, rng: np.random.Generator
) -> Batch:
    """Photographs that never were: a class's row as features, a softmax that mostly names it.

    `rows` (1000, 1280) are the classifier's centred, unit rows; other features stay at their mean.
    """
    classes = rng.choice(len(rows), count, replace=False)
    alike = (rows[classes] @ rows.T * float(rng.uniform(6, 14))).softmax(1)
    sure, strength = torch.from_numpy(rng.uniform(0.25, 1.0, (2, count, 1)).astype(np.float32))
    chances = (1 - sure) * alike
    chances[torch.arange(count), torch.from_numpy(classes)] += sure[:, 0]
    noise = torch.from_numpy(rng.normal(0, 0.6, (count, rows.shape[1])).astype(np.float32))
    standard = torch.zeros(count, len(head.mean))
    standard[:, : rows.shape[1]] = rows[classes] * rows.shape[1] ** 0.5 * strength + noise
    names = bank.names[classes, 0]
    texts = bank.names[classes, rng.integers(bank.names.shape[1], size=count)]
    expected = expected_names(chances, bank.names[:, 0])
    return Batch(head.mean + head.std * standard, expected, texts, names)


def joined(a: Batch, b: Batch) -> Batch:
    """One batch after the other."""
    return Batch(*(torch.cat([getattr(a, f), getattr(b, f)]) for f in Batch.__dataclass_fields__))


def contrast(model: Model, batch: Batch, strangers: Tensor, plan: Plan) -> Tensor:
    """InfoNCE both ways; a share of each target goes to texts of like meaning."""
    shown = (torch.rand(len(batch.expected), 1) >= plan.hide).float()
    z = F.normalize(model.image(batch.features, batch.expected * shown), dim=1)
    t = model.text(torch.cat([batch.texts, strangers]))
    n = len(z)
    names = F.normalize(torch.cat([batch.names, strangers]), dim=1)
    likeness = names[:n] @ names.T / 0.12
    logits = model.log_scale.exp().clamp(max=100) * z @ t.T
    return (
        cross_entropy(logits, likeness, plan.soft)
        + cross_entropy(logits[:, :n].T, likeness[:, :n], plan.soft)
    ) / 2


def cross_entropy(logits: Tensor, likeness: Tensor, soft: float) -> Tensor:
    """Against the diagonal, mixed with the softmax of `likeness`."""
    target = (1 - soft) * torch.eye(*logits.shape) + soft * likeness.softmax(1)
    return -(target * logits.log_softmax(1)).sum(1).mean()


def names_seen(bank: Bank, plan: Plan, rng: np.random.Generator) -> Tensor:
    """(`plan.strangers`, 384) names of any objects."""
    return bank.texts[rng.integers(len(bank.texts), size=plan.strangers), 0]


def centred(rows: Tensor) -> Tensor:
    """The classifier's rows (1000, 1280) without their mean, of length 1."""
    return F.normalize(rows.detach() - rows.detach().mean(0), dim=1)


def pace(step: int, steps: int) -> float:
    """Share of the rate: rises over 50 steps, falls as a cosine to 0.02."""
    cosine = (1 + math.cos(math.pi * step / steps)) / 2
    return min(1, (step + 1) / 50) * max(0.02, cosine)


def run(model: Model, bank: Bank, rows: Tensor, plan: Plan) -> None:
    """Train in place; `rows` are the classifier's rows (1000, 1280)."""
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    rows = centred(rows)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=plan.rate, weight_decay=plan.weight_decay, betas=(0.9, 0.98)
    )
    model.train(True)
    for step in range(plan.steps):
        optimiser.param_groups[0]["lr"] = plan.rate * pace(step, plan.steps)
        found = drawn(bank, plan, rng)
        batch = told(bank, found, bank.features[found].float(), rng)
        batch = joined(batch, anchors(bank, rows, model.image, plan.anchors, rng))
        loss = contrast(model, batch, names_seen(bank, plan, rng), plan)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 100 == 0:
            print(f"step {step} loss {loss.item():.3f}", flush=True)
    model.train(False)
