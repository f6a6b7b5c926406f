"""What joins the two towers.

Text: t = unit(m + R(m)) from the sentence vector m, R a small residual network.
Image: z = unit(w(f)·s·e + H([f, e])), e = P M - μ, where P is the classifier's softmax, M the
sentence vectors of its 1,000 class names (so P M is the expected class name), μ their mean, and f
the standardised features of the tower. Photographs speak through e, drawings through f: w is the
learned `share` in training and afterwards share times `NameWeight`, which rises with two numbers
read from the standardised top features: r, their root mean square, below 1 on most drawings and
about 1.5 on photographs, and d, a linear gate between the two (photograph_gate.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH, FEATURES, TOP, HIDDEN = 384, 1840, 1280, 512
GATE = Path(__file__).parent / "photograph_gate.npy"
MAPS = 192 * 49  # numbers of the maps where the second branch starts


@dataclass(frozen=True)
class NameWeight:
    """1 + slope·max(0, r - 1) + steep·max(0, d - 1/2), d = row·f + bias of the top features f."""

    slope: float
    steep: float
    gate: np.ndarray
    """(1281,) float32: `row` and `bias`."""

    def of(self, top: np.ndarray) -> np.ndarray:
        """(n, 1280) standardised top features → (n, 1)."""
        rms = np.sqrt((top**2).mean(1, keepdims=True))
        d = top @ self.gate[:-1, None] + self.gate[-1]
        return 1 + self.slope * np.maximum(0, rms - 1) + self.steep * np.maximum(0, d - 0.5)


SHIPPED = NameWeight(18.0, 60.0, np.load(GATE))
"""Chosen on validation drawings and on photographs without labels (photograph_proxies.py)."""


class TextHead(nn.Module):
    """A sentence vector and a small correction of it."""

    def __init__(self, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(WIDTH, hidden), nn.Linear(hidden, WIDTH)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, m: Tensor) -> Tensor:
        """(n, 384) sentence vectors → unit vectors."""
        m = F.normalize(m, dim=-1)
        return F.normalize(m + self.down(F.gelu(self.up(m * WIDTH**0.5))), dim=-1)


class ImageHead(nn.Module):
    """`mean` and `std` standardise features."""

    def __init__(self, mean: Tensor, std: Tensor, drop: float = 0.2, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.straight = nn.Linear(FEATURES + WIDTH, WIDTH)
        self.up, self.down = nn.Linear(FEATURES + WIDTH, hidden), nn.Linear(hidden, WIDTH)
        nn.init.zeros_(self.down.weight)
        self.share, self.drop = nn.Parameter(torch.tensor(1.0)), drop
        self.name_weight: NameWeight | None = None  # none in training

    def standard(self, f: Tensor) -> Tensor:
        """(n, 1840) features, standardised."""
        return (f - self.mean) / self.std

    def weight(self, f: Tensor) -> Tensor:
        """(n, 1) weight of the expected class name, of standardised features."""
        if not self.name_weight:
            return self.share.expand(len(f), 1)
        return self.share * torch.from_numpy(self.name_weight.of(f[:, :TOP].numpy()))

    def own(self, f: Tensor, expected: Tensor) -> Tensor:
        """(n, 384): what standardised features say beside the expected class name."""
        x = torch.cat([f, expected * 4], dim=1)
        x = F.dropout(x, self.drop, self.training)
        h = F.dropout(F.gelu(self.up(x)), self.drop, self.training)
        return self.straight(x) * 0.1 + self.down(h)

    def forward(self, f: Tensor, expected: Tensor) -> Tensor:
        """(n, 1840) features and (n, 384) expected class names → (n, 384), any length."""
        f = self.standard(f)
        return self.weight(f) * expected + self.own(f, expected)


def expected_names(chances: Tensor, names: Tensor) -> Tensor:
    """(n, 1000) softmax and (1000, 384) sentence vectors of the class names → e (n, 384)."""
    names = F.normalize(names, dim=1)
    return chances @ names - names.mean(0)
