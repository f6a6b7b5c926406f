"""The training material: what the frozen towers make of all renditions and texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor


@dataclass(frozen=True)
class Bank:
    """Row i of `features` and `expected` is one rendition; `key[i]` says of which object."""

    features: Tensor  # (n, 1840) float16
    expected: Tensor  # (n, 384) float16, expected class name
    key: np.ndarray  # (n,) int64
    groups: dict[str, np.ndarray]  # rows of each source that are trained on
    texts: Tensor  # (k, 4, 384) sentence vectors of each object's texts, its name first
    names: Tensor  # (1000, 4, 384) the same for the class names
