"""What the data are like before any measuring: counts, twins, cut texts, faults."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from isthmus.arrays import Vectors, blocks

TWIN = 0.98
"""Cosine from which two items of one modality count as near-duplicates."""


@dataclass(frozen=True)
class DataFacts:
    """What was counted in the data of a study."""

    items: Mapping[str, int]
    """Vectors by modality."""
    dim: int
    """Coordinates of the space."""
    links: int
    objects: int
    """Connected components of the links: the exchangeable unit."""
    unlinked: Mapping[str, int]
    """Items without a link, by modality."""
    twins: Mapping[str, int]
    """Items with a near-duplicate in another object, by modality."""
    twins_of: Mapping[str, int]
    """Items that were looked at for it."""
    truncated: int
    faults: Mapping[str, int]
    """Skipped items by reason."""


def twins(x: Vectors, objects: np.ndarray) -> int:
    """Rows of unit vectors with a near-duplicate (cosine >= ``TWIN``) in another object."""
    found = 0
    for start, part in blocks(x, 1024):
        close = part @ x.T >= TWIN
        close &= objects[start : start + len(part), None] != objects[None, :]
        found += int(close.any(axis=1).sum())
    return found


def reasons(faults: Mapping[str, str]) -> dict[str, int]:
    """Faults counted by reason, most frequent first; the item's own name is left out of it."""
    counted = Counter(reason.replace(name, "the item") for name, reason in faults.items())
    return dict(counted.most_common())
