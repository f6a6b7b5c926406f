"""The training material: what the frozen towers make of all renditions and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Maps:
    """Maps of 7 x 7 of all renditions, shard after shard, read from disk as they are needed."""

    shards: Sequence[np.ndarray]  # (n, 192 * 49) float16 each

    def take(self, rows: np.ndarray) -> Tensor:
        """(k, 192, 49) float32 of some rows."""
        starts = np.cumsum([0, *(len(shard) for shard in self.shards)])
        of = np.searchsorted(starts, rows, side="right") - 1
        found = [self.shards[s][row - starts[s]] for s, row in zip(of, rows, strict=True)]
        return torch.from_numpy(np.stack(found).astype(np.float32)).unflatten(1, (-1, 49))


@dataclass(frozen=True)
class Bank:
    """Row i of `features`, `expected` and `maps` is one rendition of object `key[i]`."""

    features: Tensor  # (n, 1840) float16
    expected: Tensor  # (n, 384) float16, expected class name
    maps: Maps
    key: np.ndarray  # (n,) int64
    groups: dict[str, np.ndarray]  # rows of each source that are trained on
    texts: Tensor  # (k, 4, 384) sentence vectors of each object's texts, its name first
    names: Tensor  # (1000, 4, 384) the same for the class names
